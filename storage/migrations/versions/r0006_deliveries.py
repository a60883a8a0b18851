"""Ways to reach people, and what has become of calls to them."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, String, Text

revision = "0006"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "contact_points",
        Column("contact_id", String, primary_key=True),
        Column("center_id", String, nullable=False),
        Column("person_id", String, nullable=False),
        Column("rank", Integer, nullable=False),
        Column("kind", String, nullable=False),
        Column("address", Text, nullable=False),
        Column("label", Text, nullable=False),
        Column("language", String, nullable=False),
    )
    op.create_index("ix_contact_points_person_id", "contact_points", ["person_id"])
    op.create_table(
        "deliveries",
        Column("key", String, primary_key=True),
        Column("alarm_id", String, nullable=False),
        Column("person_id", String, nullable=False),
        Column("level", Integer, nullable=False),
        Column("reason", String, nullable=False),
        Column("due_at", BigInteger, nullable=False),
        Column("state", String, nullable=False),
        Column("contact_id", String),
        Column("attempts", Integer, nullable=False),
        Column("next_at", BigInteger, nullable=False),
        Column("failure", String),
    )
    op.create_index("ix_deliveries_alarm_id", "deliveries", ["alarm_id"])
    op.create_index("ix_deliveries_due", "deliveries", ["state", "next_at"])
