"""The alarms of a centre by when they began."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_index("ix_alarms_center_id", "alarms", ["center_id", "began_at"])
