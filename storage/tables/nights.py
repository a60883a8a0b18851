"""Reports of nights, days whose readings came late, and what is usual."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
)

from storage.tables.base import metadata

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
