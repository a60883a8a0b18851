"""Pauses for care in memory, for tests."""

import threading
from dataclasses import replace

from domain.pauses import CarePause, PauseEnd


class InMemoryCarePauses:
    """`domain.ports.CarePauses` in a dictionary."""

    def __init__(self) -> None:
        self._pauses: dict[str, CarePause] = {}
        self._lock = threading.Lock()

    def begin(self, pause: CarePause) -> None:
        with self._lock:
            self._pauses.setdefault(pause.pause_id, pause)

    def end(self, pause_id: str, at: int, how: PauseEnd, person_id: str | None = None) -> None:
        with self._lock:
            pause = self._pauses.get(pause_id)
            if pause is not None and pause.ended_at is None:
                self._pauses[pause_id] = replace(pause, ended_at=at, ended_by=person_id, ended_as=how)

    def since(self, at: int) -> list[CarePause]:
        with self._lock:
            found = [pause for pause in self._pauses.values() if pause.until > at]
        return sorted(found, key=lambda pause: (pause.began_at, pause.pause_id))
