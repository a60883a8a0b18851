"""What is asked of a resident's rates, and what is known of a bed for it."""

from alembic import op
from sqlalchemy import JSON, BigInteger, Column

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("residents", Column("vitals", JSON))
    op.add_column("bed_states", Column("entered_at", BigInteger))
    op.add_column("bed_states", Column("left_at", BigInteger))
    op.add_column("bed_states", Column("rated_at", BigInteger))
