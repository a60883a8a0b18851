"""What the staff documents about residents' care."""

from alembic import op
from sqlalchemy import BigInteger, Column, String

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "care_records",
        Column("resident_id", String, primary_key=True),
        Column("kind", String, primary_key=True),
        Column("at", BigInteger, primary_key=True),
        Column("person_id", String, nullable=False),
    )
