"""Consent to telling families of nights, in memory, for tests."""

import threading
from dataclasses import replace

from domain.consents import ReportConsent, Shape
from domain.errors import NotFoundError


class InMemoryConsents:
    """`domain.ports.Consents` in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], ReportConsent] = {}
        self._lock = threading.Lock()

    def give(self, consent: ReportConsent) -> ReportConsent:
        with self._lock:
            key = (consent.resident_id, consent.person_id)
            earlier = self._kept.get(key)
            self._kept[key] = kept = replace(consent, wish=earlier.wish) if earlier else consent
        return kept

    def withdraw(self, resident_id: str, person_id: str, at: int, by: str) -> None:
        with self._lock:
            kept = self._kept.get((resident_id, person_id))
            if kept is not None and kept.stands:
                self._kept[resident_id, person_id] = replace(kept, withdrawn_at=at, withdrawn_by=by)

    def wish(self, resident_id: str, person_id: str, shape: Shape) -> None:
        with self._lock:
            if (resident_id, person_id) not in self._kept:
                raise NotFoundError("consent", f"{resident_id}/{person_id}")
            kept = self._kept[resident_id, person_id]
            self._kept[resident_id, person_id] = replace(kept, wish=shape)

    def find(self, *, resident_id: str | None = None, person_id: str | None = None) -> list[ReportConsent]:
        with self._lock:
            return [
                self._kept[key]
                for key in sorted(self._kept)
                if resident_id in {None, key[0]} and person_id in {None, key[1]}
            ]
