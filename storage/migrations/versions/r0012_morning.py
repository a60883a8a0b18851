"""Letters to families about nights: consent, the centre's hour, and the night in a delivery."""

from alembic import op
from sqlalchemy import BigInteger, Column, Date, String

revision = "0012"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("centers", Column("morning", String, nullable=False, server_default="10:15"))
    op.add_column("deliveries", Column("resident_id", String, nullable=False, server_default=""))
    op.add_column("deliveries", Column("night", Date))
    op.create_index("ix_deliveries_night", "deliveries", ["night", "resident_id"])
    op.create_table(
        "report_consents",
        Column("resident_id", String, primary_key=True),
        Column("person_id", String, primary_key=True),
        Column("covers", String, nullable=False),
        Column("consenter", String, nullable=False),
        Column("given_at", BigInteger, nullable=False),
        Column("given_by", String, nullable=False),
        Column("withdrawn_at", BigInteger),
        Column("withdrawn_by", String),
        Column("wish", String, nullable=False),
    )
