"""Alarms and the states they came from, what belts say of themselves, and messages that could not be read."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    false,
)

from domain.alarms import AlarmState, Category, EventKind, Outcome, Priority, Rule
from domain.readings import Occupancy
from storage.tables.base import SERIAL, Choice, Words, metadata

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
    Column("event_id", SERIAL, primary_key=True),
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
    Column("entry_id", SERIAL, primary_key=True),
    Column("received_at", BigInteger, nullable=False),
    Column("topic", Words, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("reason", String, nullable=False, index=True),
    Column("detail", Words, nullable=False),
)
