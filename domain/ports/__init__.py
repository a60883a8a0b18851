"""The ports: what the parts ask of stores and engines, and what those do not promise.

Adapters live in `storage/`; `nightbelt` picks them. Every method may raise `UnavailableError`.
All are safe to call from several threads unless said otherwise.
"""

from domain.ports.alarms import AlarmBook, BeltStatuses, CarePauses, CareRecords
from domain.ports.calls import CallQueue, ContactBook, Outbox, Rosters, Rounds
from domain.ports.house import AuditTrail, BedEntry, Consents, People, Register
from domain.ports.nights import LateReadings, NightReports, UsualBook
from domain.ports.readings import Quarantine, Quarantined, ReadingsSpool, ReadingsStore

__all__ = [
    "AlarmBook",
    "AuditTrail",
    "BedEntry",
    "BeltStatuses",
    "CallQueue",
    "CarePauses",
    "CareRecords",
    "Consents",
    "ContactBook",
    "LateReadings",
    "NightReports",
    "Outbox",
    "People",
    "Quarantine",
    "Quarantined",
    "ReadingsSpool",
    "ReadingsStore",
    "Register",
    "Rosters",
    "Rounds",
    "UsualBook",
]
