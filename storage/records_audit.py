"""The audit trail in the records database: rows are added and never changed."""

from sqlalchemy import insert, select

from domain.audit import AuditEntry
from storage.records import Records
from storage.tables import audit


class RecordsAuditTrail:
    """`domain.ports.AuditTrail` over `records`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def put(self, entry: AuditEntry) -> None:
        row = {
            "at": entry.at,
            "person_id": entry.person_id,
            "what": entry.what,
            "subject": entry.subject,
            "before": dict(entry.before),
            "after": dict(entry.after),
        }
        with self._records.write() as connection:
            connection.execute(insert(audit).values(row))

    def entries(self, subject: str, *, limit: int = 50) -> list[AuditEntry]:
        newest = select(audit).where(audit.c.subject == subject).order_by(audit.c.entry_id.desc()).limit(limit)
        with self._records.read() as connection:
            return [AuditEntry(**row) for row in connection.execute(newest).mappings()]
