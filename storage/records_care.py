"""What the staff documented about residents' care, in the records database. Fails loudly."""

from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy import func, select

from domain.care import CareKind, CareRecord
from storage.records import Records, put_new
from storage.tables import care_records


class RecordsCare:
    """`domain.ports.CareRecords` over `records`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def record(self, record: CareRecord) -> None:
        with self._records.write_in_turn() as connection:
            put_new(connection, care_records, [asdict(record)])

    def latest(self, kind: CareKind, since_at: int) -> Mapping[str, int]:
        table = care_records.c
        asked = select(table.resident_id, func.max(table.at)).where(table.kind == kind, table.at >= since_at)
        with self._records.read() as connection:
            rows = connection.execute(asked.group_by(table.resident_id))
            return {row[0]: int(row[1]) for row in rows}

    def records_of(self, resident_id: str, kind: CareKind, start_at: int, end_at: int) -> list[CareRecord]:
        table = care_records.c
        within = (table.at >= start_at, table.at < end_at)
        asked = select(care_records).where(table.resident_id == resident_id, table.kind == kind, *within)
        with self._records.read() as connection:
            rows = connection.execute(asked.order_by(table.at)).mappings()
            return [CareRecord(**row) for row in rows]
