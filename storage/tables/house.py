"""Beds, belts, residents, people, consents, and what was changed."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Table,
)

from domain.audit import Change
from domain.consents import Consenter, Shape
from domain.people import Role
from domain.residents import Side
from storage.tables.base import SERIAL, Choice, Words, metadata

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
        Column("span_id", SERIAL, primary_key=True),
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


audit: Final = Table(
    "audit",
    metadata,
    Column("entry_id", SERIAL, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("person_id", String, nullable=False),
    Column("what", Choice(Change), nullable=False),
    Column("subject", String, nullable=False, index=True),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
)
