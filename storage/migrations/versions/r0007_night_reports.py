"""The reports of nights, and the days whose readings came too late for one."""

from alembic import op
from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, Float, Integer, String

revision = "0007"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "night_reports",
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
    )
    op.create_index("ix_night_reports_night", "night_reports", ["night"])
    op.create_table(
        "late_readings",
        Column("belt_id", String, primary_key=True),
        Column("day", Integer, primary_key=True),
        Column("times", BigInteger, nullable=False),
    )
