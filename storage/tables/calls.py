"""Ways to reach people, what became of calls, and the roster."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
)

from domain.alarms import Priority
from domain.calls import CallReason
from domain.contacts import WayKind
from domain.deliveries import DeliveryState, Failure
from domain.roster import Post
from storage.tables.base import Choice, Words, metadata

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
