"""The tables of the records, on SQLite and PostgreSQL alike. Instants are BIGINT ms; enums are stored by value.

`storage/migrations` builds the same tables; a test compares the two.
"""

from enum import Enum
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
)

from domain.alarms import AlarmState, Category, EventKind, Outcome, Priority, Rule
from domain.audit import Change
from domain.calls import CallReason
from domain.care import CareKind
from domain.consents import Consenter, Shape
from domain.contacts import WayKind
from domain.deliveries import DeliveryState, Failure
from domain.pauses import PauseEnd, PauseReason
from domain.people import Role
from domain.readings import Occupancy
from domain.residents import Side
from domain.roster import Post


class Choice(TypeDecorator[Any]):
    """A member of the enum `kind`, stored by its value in a column of the type `stored`."""

    impl = String
    cache_ok = True

    def __init__(self, kind: type[Enum], stored: Any = String) -> None:
        super().__init__()
        self.kind = kind
        self.stored = stored

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(self.stored())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else self.kind(value)


class Words(TypeDecorator[str]):
    """Free text. What no database takes (NUL, lone surrogates) is replaced: words must not stop a record."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


_Serial: Final = BigInteger().with_variant(Integer, "sqlite")

metadata: Final = MetaData(
    naming_convention={
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

centers: Final = Table(
    "centers",
    metadata,
    Column("center_id", String, primary_key=True),
    Column("name", Words, nullable=False),
    Column("timezone", String, nullable=False),
    Column("morning", String, nullable=False, server_default="10:15"),
    Column("round_times", JSON),
)
"""`morning` is a local time as HH:MM."""

rooms: Final = Table(
    "rooms",
    metadata,
    Column("center_id", String, ForeignKey("centers.center_id"), primary_key=True),
    Column("room_id", String, primary_key=True),
    Column("name", Words, nullable=False),
)

beds: Final = Table(
    "beds",
    metadata,
    Column("bed_id", String, primary_key=True),
    Column("side", Choice(Side), primary_key=True),
    Column("center_id", String, nullable=False),
    Column("room_id", String, nullable=False),
    Column("name", Words, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("retired_at", BigInteger),
    ForeignKeyConstraint(["center_id", "room_id"], ["rooms.center_id", "rooms.room_id"]),
)
"""One row for a bed, or one for each side of a shared one; it is shown during [`added_at`, `retired_at`)."""

belts: Final = Table("belts", metadata, Column("belt_id", String, primary_key=True))

residents: Final = Table(
    "residents",
    metadata,
    Column("resident_id", String, primary_key=True),
    Column("name", Words, nullable=False),
    Column("leave_bed", JSON, nullable=False),
    Column("vitals", JSON),
)


def _spans(name: str, who: str, of: str) -> Table:
    """Who (a resident or a belt) was on which bed and side during [`start_at`, `end_at`); at most one at a time."""
    table = Table(
        name,
        metadata,
        Column("span_id", _Serial, primary_key=True),
        Column(who, String, ForeignKey(of), nullable=False),
        Column("bed_id", String, nullable=False),
        Column("side", Choice(Side), nullable=False),
        Column("start_at", BigInteger, nullable=False),
        Column("end_at", BigInteger),
        ForeignKeyConstraint(["bed_id", "side"], ["beds.bed_id", "beds.side"]),
        Index(f"ix_{name}_bed", "bed_id", "side", "start_at"),
        Index(f"ix_{name}_{who}", who, "start_at"),
    )
    lasting = table.c.end_at.is_(None)
    for columns, what in (((table.c.bed_id, table.c.side), "bed"), ((table.c[who],), who)):
        Index(f"uq_{name}_{what}", *columns, unique=True, sqlite_where=lasting, postgresql_where=lasting)
    return table


stays: Final = _spans("stays", "resident_id", "residents.resident_id")
mountings: Final = _spans("mountings", "belt_id", "belts.belt_id")

people: Final = Table(
    "people",
    metadata,
    Column("person_id", String, primary_key=True),
    Column("login", String, nullable=False),
    Column("name", Words, nullable=False),
    Column("role", Choice(Role), nullable=False),
    Column("password_hash", String, nullable=False),
    Column("center_id", String, nullable=False),
    Column("language", String, nullable=False),
    Index("uq_people_login", "login", unique=True),
)

relatives: Final = Table(
    "relatives",
    metadata,
    Column("person_id", String, ForeignKey("people.person_id"), primary_key=True),
    Column("resident_id", String, primary_key=True),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("token_hash", String, primary_key=True),
    Column("person_id", String, ForeignKey("people.person_id"), nullable=False),
    Column("csrf", String, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

alarms: Final = Table(
    "alarms",
    metadata,
    Column("alarm_id", String, primary_key=True),
    Column("rule", Choice(Rule), nullable=False),
    Column("category", Choice(Category), nullable=False),
    Column("priority", Choice(Priority), nullable=False),
    Column("center_id", String, nullable=False),
    Column("resident_id", String, nullable=False),
    Column("bed_id", String, nullable=False),
    Column("belt_id", String, nullable=False),
    Column("state", Choice(AlarmState), nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("raised_at", BigInteger, nullable=False),
    Column("reason", JSON, nullable=False),
    Column("acknowledged_at", BigInteger),
    Column("acknowledged_by", String),
    Column("cleared_at", BigInteger),
    Column("resolved_at", BigInteger),
    Column("resolved_by", String),
    Column("outcome", Choice(Outcome)),
    Column("note", Words, nullable=False),
    Column("latches", Boolean, nullable=False, server_default=false()),
    Column("snoozed_until", BigInteger),
    Column("snoozed_by", String),
    Column("held_by", String),
    Column("escalated_at", BigInteger),
    Column("escalated_by", String),
    Column("rearm_at", BigInteger),
    Column("run_id", String),
    Column("repeats", Integer, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="0"),
    Index("ix_alarms_open", "center_id", "state"),
    Index("ix_alarms_resident_id", "resident_id", "began_at"),
    Index("ix_alarms_state", "state"),
    Index("ix_alarms_resolved_at", "resolved_at"),
    Index("ix_alarms_rearm_at", "rearm_at"),
    Index("ix_alarms_center_id", "center_id", "began_at"),
)
"""No foreign keys to residents, beds and people: an alarm is kept whatever the register knows."""

alarm_events: Final = Table(
    "alarm_events",
    metadata,
    Column("event_id", _Serial, primary_key=True),
    Column("alarm_id", String, ForeignKey("alarms.alarm_id"), nullable=False, index=True),
    Column("kind", Choice(EventKind), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("person_id", String),
    Column("note", Words, nullable=False),
    Column("after", JSON, nullable=False),
    sqlite_autoincrement=True,
)
"""`after` is the whole alarm as it stood after the event."""

outbox: Final = Table(
    "outbox",
    metadata,
    Column("key", String, primary_key=True),
    Column("alarm_id", String, ForeignKey("alarms.alarm_id"), nullable=False),
    Column("kind", Choice(EventKind), nullable=False),
    Column("due_at", BigInteger, nullable=False),
)

bed_states: Final = Table(
    "bed_states",
    metadata,
    Column("belt_id", String, primary_key=True),
    Column("occupancy", Choice(Occupancy, SmallInteger), nullable=False),
    Column("since_at", BigInteger, nullable=False),
    Column("observed_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("clock_offset_ms", BigInteger, nullable=False),
    Column("interval_ms", BigInteger, nullable=False),
    Column("entered_at", BigInteger),
    Column("left_at", BigInteger),
    Column("rated_at", BigInteger),
)

belt_statuses: Final = Table(
    "belt_statuses",
    metadata,
    Column("belt_id", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("online", Boolean),
    Column("battery", Float),
    Column("charging", Boolean),
    Column("firmware", Words),
)
"""`battery` in percent. No foreign key to belts: what a belt says is kept whether it is enrolled or not."""

condition_states: Final = Table(
    "condition_states",
    metadata,
    Column("belt_id", String, primary_key=True),
    Column("rule", Choice(Rule), primary_key=True),
    Column("subject", String),
    Column("began_at", BigInteger, nullable=False),
    Column("deadline_at", BigInteger, nullable=False),
    Column("broken_at", BigInteger),
    Column("over", Boolean, nullable=False),
    Column("raised", Boolean, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("alarm_began_at", BigInteger),
    Column("times", Integer),
)

quarantine: Final = Table(
    "quarantine",
    metadata,
    Column("entry_id", _Serial, primary_key=True),
    Column("received_at", BigInteger, nullable=False),
    Column("topic", Words, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("reason", String, nullable=False, index=True),
    Column("detail", Words, nullable=False),
)

contact_points: Final = Table(
    "contact_points",
    metadata,
    Column("contact_id", String, primary_key=True),
    Column("center_id", String, nullable=False),
    Column("person_id", String, nullable=False, index=True),
    Column("rank", Integer, nullable=False),
    Column("kind", Choice(WayKind), nullable=False),
    Column("address", Words, nullable=False),
    Column("label", Words, nullable=False),
    Column("language", String, nullable=False),
)
"""`address` is a secret. No foreign key to people: a centre's own ways have "" there."""

deliveries: Final = Table(
    "deliveries",
    metadata,
    Column("key", String, primary_key=True),
    Column("alarm_id", String, nullable=False, index=True),
    Column("person_id", String, nullable=False),
    Column("level", Integer, nullable=False),
    Column("reason", Choice(CallReason), nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("state", Choice(DeliveryState), nullable=False),
    Column("contact_id", String),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("failure", Choice(Failure)),
    Column("resident_id", String, nullable=False, server_default=""),
    Column("night", Date),
    Index("ix_deliveries_due", "state", "next_at"),
    Index("ix_deliveries_night", "night", "resident_id"),
)
"""`night` is there in letters to families.

No foreign keys: a call is kept, and failed loudly, whatever the alarm book and the register know.
"""

shifts: Final = Table(
    "shifts",
    metadata,
    Column("center_id", String, primary_key=True),
    Column("shift_id", String, primary_key=True),
    Column("name", Words, nullable=False),
    Column("start", String, nullable=False),
    Column("end", String, nullable=False),
)
"""`start` and `end` are local times as HH:MM."""

duties: Final = Table(
    "duties",
    metadata,
    Column("center_id", String, primary_key=True),
    Column("shift_id", String, primary_key=True),
    Column("weekday", SmallInteger, primary_key=True),
    Column("post", Choice(Post), primary_key=True),
    Column("person_id", String, nullable=False),
)

swaps: Final = Table(
    "swaps",
    metadata,
    Column("center_id", String, primary_key=True),
    Column("shift_id", String, primary_key=True),
    Column("day", String, primary_key=True),
    Column("post", Choice(Post), primary_key=True),
    Column("person_id", String, nullable=False),
)

escalations: Final = Table(
    "escalations",
    metadata,
    Column("center_id", String, primary_key=True),
    Column("priority", Choice(Priority), primary_key=True),
    Column("steps", JSON, nullable=False),
)
"""`day` is the ISO date on which the shift begins."""


night_reports: Final = Table(
    "night_reports",
    metadata,
    Column("resident_id", String, primary_key=True),
    Column("night", Date, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("computed_at", BigInteger, nullable=False),
    Column("method", String, nullable=False),
    Column("valid", Boolean, nullable=False),
    Column("coverage", Float, nullable=False),
    Column("time_in_bed_min", Float, nullable=False),
    Column("sleep_min", Float),
    Column("waso_min", Float),
    Column("sleep_efficiency", Float),
    Column("exits", Integer, nullable=False),
    Column("turn_overs", Integer),
    Column("heart_rate", Float),
    Column("breathing_rate", Float),
    Column("score", Float),
    Column("report", JSON, nullable=False),
    Column("epochs", JSON, nullable=False),
    Index("ix_night_reports_night", "night"),
)
"""`report` is all of it but the epochs, `epochs` those as runs; the columns between are what trends ask for.

No foreign key to residents: a report is kept whatever the register knows.
"""

late_readings: Final = Table(
    "late_readings",
    metadata,
    Column("belt_id", String, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("times", BigInteger, nullable=False),
)


care_records: Final = Table(
    "care_records",
    metadata,
    Column("resident_id", String, primary_key=True),
    Column("kind", Choice(CareKind), primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("person_id", String, nullable=False),
)
"""No foreign keys: what was done is kept whatever the register knows."""


care_pauses: Final = Table(
    "care_pauses",
    metadata,
    Column("pause_id", String, primary_key=True),
    Column("center_id", String, nullable=False),
    Column("resident_id", String, nullable=False),
    Column("reason", Choice(PauseReason), nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("began_by", String, nullable=False),
    Column("ends_at", BigInteger, nullable=False, index=True),
    Column("ended_at", BigInteger),
    Column("ended_by", String),
    Column("ended_as", Choice(PauseEnd)),
)
"""No foreign keys, as with alarms."""

audit: Final = Table(
    "audit",
    metadata,
    Column("entry_id", _Serial, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("person_id", String, nullable=False),
    Column("what", Choice(Change), nullable=False),
    Column("subject", String, nullable=False, index=True),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
)

report_consents: Final = Table(
    "report_consents",
    metadata,
    Column("resident_id", String, primary_key=True),
    Column("person_id", String, primary_key=True),
    Column("covers", Choice(Shape), nullable=False),
    Column("consenter", Choice(Consenter), nullable=False),
    Column("given_at", BigInteger, nullable=False),
    Column("given_by", String, nullable=False),
    Column("withdrawn_at", BigInteger),
    Column("withdrawn_by", String),
    Column("wish", Choice(Shape), nullable=False),
)
"""No foreign keys: that somebody consented, and withdrew it, is kept whatever the register knows."""


rounds: Final = Table(
    "rounds",
    metadata,
    Column("round_id", String, primary_key=True),
    Column("center_id", String, nullable=False),
    Column("person_id", String, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("expected", JSON, nullable=False),
    Column("finished_at", BigInteger),
    Index("ix_rounds_center_id", "center_id", "started_at"),
)

round_looks: Final = Table(
    "round_looks",
    metadata,
    Column("round_id", String, primary_key=True),
    Column("resident_id", String, primary_key=True),
    Column("bed_id", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("note", Words, nullable=False),
    Index("ix_round_looks_resident_id", "resident_id", "at"),
)
"""No foreign keys, as with alarms."""


rate_nights: Final = Table(
    "rate_nights",
    metadata,
    Column("resident_id", String, primary_key=True),
    Column("night", Date, primary_key=True),
    Column("noon_at", BigInteger, nullable=False),
    Column("start_at", BigInteger, nullable=False),
    Column("heart_rate", LargeBinary, nullable=False),
    Column("breathing_rate", LargeBinary, nullable=False),
    Index("ix_rate_nights_night", "night"),
)
"""A byte for each minute, see `storage.records_usual`. No foreign keys, as with the reports."""

usual_levels: Final = Table(
    "usual_levels",
    metadata,
    Column("resident_id", String, primary_key=True),
    Column("nights", Integer, nullable=False),
    Column("last_night", Date, nullable=False),
    Column("limits", JSON, nullable=False),
    Column("computed_at", BigInteger, nullable=False),
)
"""`limits` has a list of 24 for each side, null where an hour is not known."""
