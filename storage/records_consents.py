"""Consent to telling families of nights, in the records database. Fails closed: what cannot be read sends nothing."""

from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import ColumnElement, select, update

from domain.consents import ReportConsent, Shape
from domain.errors import NotFoundError
from storage.records import Records, put
from storage.tables import report_consents


class RecordsConsents:
    """`domain.ports.Consents` over `records`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def give(self, consent: ReportConsent) -> ReportConsent:
        whose = _of(consent.resident_id, consent.person_id)
        with self._records.write_in_turn() as connection:
            wish = connection.scalar(select(report_consents.c.wish).where(*whose))
            kept = consent if wish is None else replace(consent, wish=wish)
            put(connection, report_consents, [asdict(kept)])
        return kept

    def withdraw(self, resident_id: str, person_id: str, at: int, by: str) -> None:
        standing = (*_of(resident_id, person_id), report_consents.c.withdrawn_at.is_(None))
        with self._records.write() as connection:
            connection.execute(update(report_consents).where(*standing).values(withdrawn_at=at, withdrawn_by=by))

    def wish(self, resident_id: str, person_id: str, shape: Shape) -> None:
        whose = update(report_consents).where(*_of(resident_id, person_id))
        with self._records.write() as connection:
            if connection.execute(whose.values(wish=shape)).rowcount == 0:
                raise NotFoundError("consent", f"{resident_id}/{person_id}")

    def find(self, *, resident_id: str | None = None, person_id: str | None = None) -> list[ReportConsent]:
        table = report_consents.c
        asked = select(report_consents).where(*_of(resident_id, person_id))
        with self._records.read() as connection:
            rows = connection.execute(asked.order_by(table.resident_id, table.person_id)).mappings()
            return [ReportConsent(**row) for row in rows]


def _of(resident_id: str | None, person_id: str | None) -> tuple[ColumnElement[Any], ...]:
    table = report_consents.c
    asked = ((table.resident_id, resident_id), (table.person_id, person_id))
    return tuple(column == name for column, name in asked if name is not None)
