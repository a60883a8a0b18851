"""Contact points in memory, for tests."""

import threading

from domain.contacts import ContactPoint
from domain.errors import NotFoundError


class InMemoryContacts:
    """`domain.ports.ContactBook` in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[str, ContactPoint] = {}
        self._lock = threading.Lock()

    def save(self, point: ContactPoint) -> None:
        with self._lock:
            self._kept[point.contact_id] = point

    def point(self, contact_id: str) -> ContactPoint:
        with self._lock:
            if contact_id not in self._kept:
                raise NotFoundError("contact", contact_id)
            return self._kept[contact_id]

    def of_person(self, person_id: str) -> list[ContactPoint]:
        return [point for point in self._ordered() if person_id and point.person_id == person_id]

    def of_center(self, center_id: str) -> list[ContactPoint]:
        return [point for point in self._ordered() if point.center_id == center_id and not point.person_id]

    def remove(self, contact_id: str) -> None:
        with self._lock:
            self._kept.pop(contact_id, None)

    def _ordered(self) -> list[ContactPoint]:
        with self._lock:
            return sorted(self._kept.values(), key=lambda point: (point.rank, point.contact_id))
