"""What becomes of an alarm beside being taken and closed, pauses for care, and who changed what."""

from alembic import op
from sqlalchemy import JSON, BigInteger, Boolean, Column, Integer, String, false

revision = "0004"
down_revision = "0008"

_ALARM_COLUMNS = (
    Column("latches", Boolean, nullable=False, server_default=false()),
    Column("snoozed_until", BigInteger),
    Column("snoozed_by", String),
    Column("held_by", String),
    Column("escalated_at", BigInteger),
    Column("escalated_by", String),
    Column("rearm_at", BigInteger),
    Column("run_id", String),
    Column("repeats", Integer, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="0"),
)


def upgrade() -> None:
    for column in _ALARM_COLUMNS:
        op.add_column("alarms", column)
    for name in ("state", "resolved_at", "rearm_at"):
        op.create_index(f"ix_alarms_{name}", "alarms", [name])
    op.create_table(
        "care_pauses",
        Column("pause_id", String, primary_key=True),
        Column("center_id", String, nullable=False),
        Column("resident_id", String, nullable=False),
        Column("reason", String, nullable=False),
        Column("began_at", BigInteger, nullable=False),
        Column("began_by", String, nullable=False),
        Column("ends_at", BigInteger, nullable=False),
        Column("ended_at", BigInteger),
        Column("ended_by", String),
        Column("ended_as", String),
    )
    op.create_index("ix_care_pauses_ends_at", "care_pauses", ["ends_at"])
    op.create_table(
        "audit",
        Column("entry_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("at", BigInteger, nullable=False),
        Column("person_id", String, nullable=False),
        Column("what", String, nullable=False),
        Column("subject", String, nullable=False),
        Column("before", JSON, nullable=False),
        Column("after", JSON, nullable=False),
    )
    op.create_index("ix_audit_subject", "audit", ["subject"])
