"""Rounds: when they are planned, who walked them, and who was seen."""

from alembic import op
from sqlalchemy import JSON, BigInteger, Column, String, Text

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("centers", Column("round_times", JSON))
    op.create_table(
        "rounds",
        Column("round_id", String, primary_key=True),
        Column("center_id", String, nullable=False),
        Column("person_id", String, nullable=False),
        Column("started_at", BigInteger, nullable=False),
        Column("expected", JSON, nullable=False),
        Column("finished_at", BigInteger),
    )
    op.create_index("ix_rounds_center_id", "rounds", ["center_id", "started_at"])
    op.create_table(
        "round_looks",
        Column("round_id", String, primary_key=True),
        Column("resident_id", String, primary_key=True),
        Column("bed_id", String, nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("note", Text, nullable=False),
    )
    op.create_index("ix_round_looks_resident_id", "round_looks", ["resident_id", "at"])
