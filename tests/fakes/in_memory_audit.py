"""An audit trail in memory, for tests."""

from dataclasses import replace

from domain.audit import AuditEntry


class InMemoryAuditTrail:
    """`domain.ports.AuditTrail` in a list."""

    def __init__(self) -> None:
        self._entries: list[AuditEntry] = []

    def put(self, entry: AuditEntry) -> None:
        self._entries.append(replace(entry, entry_id=len(self._entries) + 1))

    def entries(self, subject: str, *, limit: int = 50) -> list[AuditEntry]:
        return [entry for entry in reversed(self._entries) if entry.subject == subject][:limit]
