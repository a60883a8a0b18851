"""The tables of the records, on SQLite and PostgreSQL alike. Instants are BIGINT ms; enums are stored by value.

`storage/migrations` builds the same tables; a test compares the two.
"""

from storage.tables.alarms import alarm_events, alarms, bed_states, belt_statuses, condition_states, outbox, quarantine
from storage.tables.base import metadata
from storage.tables.calls import contact_points, deliveries, duties, escalations, shifts, swaps
from storage.tables.care import care_pauses, care_records, round_looks, rounds
from storage.tables.house import (
    audit,
    beds,
    belts,
    centers,
    mountings,
    people,
    relatives,
    report_consents,
    residents,
    rooms,
    sessions,
    stays,
)
from storage.tables.nights import late_readings, night_reports, rate_nights, usual_levels

__all__ = [
    "alarm_events",
    "alarms",
    "audit",
    "bed_states",
    "beds",
    "belt_statuses",
    "belts",
    "care_pauses",
    "care_records",
    "centers",
    "condition_states",
    "contact_points",
    "deliveries",
    "duties",
    "escalations",
    "late_readings",
    "metadata",
    "mountings",
    "night_reports",
    "outbox",
    "people",
    "quarantine",
    "rate_nights",
    "relatives",
    "report_consents",
    "residents",
    "rooms",
    "round_looks",
    "rounds",
    "sessions",
    "shifts",
    "stays",
    "swaps",
    "usual_levels",
]
