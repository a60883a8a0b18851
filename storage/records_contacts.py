"""Contact points in the records database. Addresses are secrets; errors and logs of the database show no values."""

from typing import Any

from sqlalchemy import Select, delete, select

from domain.contacts import ContactPoint
from domain.errors import NotFoundError
from storage.records import Records, put
from storage.tables import contact_points


class RecordsContacts:
    """`domain.ports.ContactBook` over `records`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def save(self, point: ContactPoint) -> None:
        row = {name: getattr(point, name) for name in contact_points.c.keys()}  # noqa: SIM118 - a column collection
        with self._records.write() as connection:
            put(connection, contact_points, [row])

    def point(self, contact_id: str) -> ContactPoint:
        found = self._read(select(contact_points).where(contact_points.c.contact_id == contact_id))
        if not found:
            raise NotFoundError("contact", contact_id)
        return found[0]

    def of_person(self, person_id: str) -> list[ContactPoint]:
        if not person_id:
            return []
        return self._read(select(contact_points).where(contact_points.c.person_id == person_id))

    def of_center(self, center_id: str) -> list[ContactPoint]:
        own = (contact_points.c.center_id == center_id, contact_points.c.person_id == "")
        return self._read(select(contact_points).where(*own))

    def remove(self, contact_id: str) -> None:
        with self._records.write() as connection:
            connection.execute(delete(contact_points).where(contact_points.c.contact_id == contact_id))

    def _read(self, query: Select[Any]) -> list[ContactPoint]:
        """By rank; ids are put in order here, for each database has a mind of its own about that."""
        with self._records.read() as connection:
            found = [ContactPoint(**row) for row in connection.execute(query).mappings()]
        return sorted(found, key=lambda point: (point.rank, point.contact_id))
