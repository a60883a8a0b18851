"""Who is on duty when."""

from alembic import op
from sqlalchemy import Column, SmallInteger, String, Text

revision = "0005"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "shifts",
        Column("center_id", String, primary_key=True),
        Column("shift_id", String, primary_key=True),
        Column("name", Text, nullable=False),
        Column("start", String, nullable=False),
        Column("end", String, nullable=False),
    )
    op.create_table(
        "duties",
        Column("center_id", String, primary_key=True),
        Column("shift_id", String, primary_key=True),
        Column("weekday", SmallInteger, primary_key=True, autoincrement=False),
        Column("post", String, primary_key=True),
        Column("person_id", String, nullable=False),
    )
    op.create_table(
        "swaps",
        Column("center_id", String, primary_key=True),
        Column("shift_id", String, primary_key=True),
        Column("day", String, primary_key=True),
        Column("post", String, primary_key=True),
        Column("person_id", String, nullable=False),
    )
