"""What is usual for residents, and the nights of rates that it is worked out from."""

from alembic import op
from sqlalchemy import JSON, BigInteger, Column, Date, Integer, LargeBinary, String

revision = "0011"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "rate_nights",
        Column("resident_id", String, primary_key=True),
        Column("night", Date, primary_key=True),
        Column("noon_at", BigInteger, nullable=False),
        Column("start_at", BigInteger, nullable=False),
        Column("heart_rate", LargeBinary, nullable=False),
        Column("breathing_rate", LargeBinary, nullable=False),
    )
    op.create_index("ix_rate_nights_night", "rate_nights", ["night"])
    op.create_table(
        "usual_levels",
        Column("resident_id", String, primary_key=True),
        Column("nights", Integer, nullable=False),
        Column("last_night", Date, nullable=False),
        Column("limits", JSON, nullable=False),
        Column("computed_at", BigInteger, nullable=False),
    )
