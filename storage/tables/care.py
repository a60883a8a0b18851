"""Care that is documented, pauses, and rounds."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    String,
    Table,
)

from domain.care import CareKind
from domain.pauses import PauseEnd, PauseReason
from storage.tables.base import Choice, Words, metadata

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
