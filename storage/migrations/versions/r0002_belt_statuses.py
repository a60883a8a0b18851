"""What belts say of themselves."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Float, String, Text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "belt_statuses",
        Column("belt_id", String, primary_key=True),
        Column("at", BigInteger, nullable=False),
        Column("online", Boolean),
        Column("battery", Float),
        Column("charging", Boolean),
        Column("firmware", Text),
    )
