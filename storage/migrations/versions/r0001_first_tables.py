"""The first tables."""

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    text,
)

revision = "0001"
down_revision = None

_SERIAL = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    _places()
    _spans("stays", "resident_id", "residents")
    _spans("mountings", "belt_id", "belts")
    _people()
    _alarms()
    _states()


def _places() -> None:
    op.create_table(
        "centers",
        Column("center_id", String, primary_key=True),
        Column("name", Text, nullable=False),
        Column("timezone", String, nullable=False),
    )
    op.create_table(
        "rooms",
        Column("center_id", String, primary_key=True),
        Column("room_id", String, primary_key=True),
        Column("name", Text, nullable=False),
        ForeignKeyConstraint(["center_id"], ["centers.center_id"], "fk_rooms_center_id"),
    )
    op.create_table(
        "beds",
        Column("bed_id", String, primary_key=True),
        Column("side", String, primary_key=True),
        Column("center_id", String, nullable=False),
        Column("room_id", String, nullable=False),
        Column("name", Text, nullable=False),
        Column("added_at", BigInteger, nullable=False),
        Column("retired_at", BigInteger),
        ForeignKeyConstraint(["center_id", "room_id"], ["rooms.center_id", "rooms.room_id"], "fk_beds_center_id"),
    )
    op.create_table("belts", Column("belt_id", String, primary_key=True))
    op.create_table(
        "residents",
        Column("resident_id", String, primary_key=True),
        Column("name", Text, nullable=False),
        Column("leave_bed", JSON, nullable=False),
    )


def _spans(table: str, who: str, of: str) -> None:
    op.create_table(
        table,
        Column("span_id", _SERIAL, primary_key=True),
        Column(who, String, nullable=False),
        Column("bed_id", String, nullable=False),
        Column("side", String, nullable=False),
        Column("start_at", BigInteger, nullable=False),
        Column("end_at", BigInteger),
        ForeignKeyConstraint([who], [f"{of}.{who}"], f"fk_{table}_{who}"),
        ForeignKeyConstraint(["bed_id", "side"], ["beds.bed_id", "beds.side"], f"fk_{table}_bed_id"),
    )
    op.create_index(f"ix_{table}_bed", table, ["bed_id", "side", "start_at"])
    op.create_index(f"ix_{table}_{who}", table, [who, "start_at"])
    lasting = text("end_at IS NULL")
    for name, columns in (("bed", ["bed_id", "side"]), (who, [who])):
        op.create_index(
            f"uq_{table}_{name}", table, columns, unique=True, sqlite_where=lasting, postgresql_where=lasting
        )


def _people() -> None:
    op.create_table(
        "people",
        Column("person_id", String, primary_key=True),
        Column("login", String, nullable=False),
        Column("name", Text, nullable=False),
        Column("role", String, nullable=False),
        Column("password_hash", String, nullable=False),
        Column("center_id", String, nullable=False),
        Column("language", String, nullable=False),
    )
    op.create_index("uq_people_login", "people", ["login"], unique=True)
    op.create_table(
        "relatives",
        Column("person_id", String, primary_key=True),
        Column("resident_id", String, primary_key=True),
        ForeignKeyConstraint(["person_id"], ["people.person_id"], "fk_relatives_person_id"),
    )
    op.create_table(
        "sessions",
        Column("token_hash", String, primary_key=True),
        Column("person_id", String, nullable=False),
        Column("csrf", String, nullable=False),
        Column("expires_at", BigInteger, nullable=False),
        ForeignKeyConstraint(["person_id"], ["people.person_id"], "fk_sessions_person_id"),
    )


def _alarms() -> None:
    op.create_table(
        "alarms",
        Column("alarm_id", String, primary_key=True),
        Column("rule", String, nullable=False),
        Column("category", String, nullable=False),
        Column("priority", String, nullable=False),
        Column("center_id", String, nullable=False),
        Column("resident_id", String, nullable=False),
        Column("bed_id", String, nullable=False),
        Column("belt_id", String, nullable=False),
        Column("state", String, nullable=False),
        Column("began_at", BigInteger, nullable=False),
        Column("due_at", BigInteger, nullable=False),
        Column("raised_at", BigInteger, nullable=False),
        Column("reason", JSON, nullable=False),
        Column("acknowledged_at", BigInteger),
        Column("acknowledged_by", String),
        Column("cleared_at", BigInteger),
        Column("resolved_at", BigInteger),
        Column("resolved_by", String),
        Column("outcome", String),
        Column("note", Text, nullable=False),
    )
    op.create_index("ix_alarms_open", "alarms", ["center_id", "state"])
    op.create_index("ix_alarms_resident_id", "alarms", ["resident_id", "began_at"])
    op.create_table(
        "alarm_events",
        Column("event_id", _SERIAL, primary_key=True),
        Column("alarm_id", String, nullable=False),
        Column("kind", String, nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("person_id", String),
        Column("note", Text, nullable=False),
        Column("after", JSON, nullable=False),
        ForeignKeyConstraint(["alarm_id"], ["alarms.alarm_id"], "fk_alarm_events_alarm_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alarm_events_alarm_id", "alarm_events", ["alarm_id"])
    op.create_table(
        "outbox",
        Column("key", String, primary_key=True),
        Column("alarm_id", String, nullable=False),
        Column("kind", String, nullable=False),
        Column("due_at", BigInteger, nullable=False),
        ForeignKeyConstraint(["alarm_id"], ["alarms.alarm_id"], "fk_outbox_alarm_id"),
    )


def _states() -> None:
    op.create_table(
        "bed_states",
        Column("belt_id", String, primary_key=True),
        Column("occupancy", SmallInteger, nullable=False),
        Column("since_at", BigInteger, nullable=False),
        Column("observed_at", BigInteger, nullable=False),
        Column("received_at", BigInteger, nullable=False),
        Column("clock_offset_ms", BigInteger, nullable=False),
        Column("interval_ms", BigInteger, nullable=False),
    )
    op.create_table(
        "condition_states",
        Column("belt_id", String, primary_key=True),
        Column("rule", String, primary_key=True),
        Column("subject", String),
        Column("began_at", BigInteger, nullable=False),
        Column("deadline_at", BigInteger, nullable=False),
        Column("broken_at", BigInteger),
        Column("over", Boolean, nullable=False),
        Column("raised", Boolean, nullable=False),
        Column("passed", Boolean, nullable=False),
        Column("alarm_began_at", BigInteger),
    )
    op.create_table(
        "quarantine",
        Column("entry_id", _SERIAL, primary_key=True),
        Column("received_at", BigInteger, nullable=False),
        Column("topic", Text, nullable=False),
        Column("payload", LargeBinary, nullable=False),
        Column("reason", String, nullable=False),
        Column("detail", Text, nullable=False),
    )
    op.create_index("ix_quarantine_reason", "quarantine", ["reason"])
