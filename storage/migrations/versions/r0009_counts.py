"""What a rule counts: exits of tonight outlast a restart."""

from alembic import op
from sqlalchemy import Column, Integer

revision = "0009"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("condition_states", Column("times", Integer))
