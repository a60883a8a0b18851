"""Rounds in memory, for tests."""

import threading
from collections.abc import Callable
from dataclasses import replace

from domain.errors import NotFoundError
from domain.rounds import Round


class InMemoryRounds:
    """`domain.ports.Rounds` in a dictionary."""

    def __init__(self) -> None:
        self._rounds: dict[str, Round] = {}
        self._lock = threading.Lock()

    def begin(self, begun: Round) -> Round:
        with self._lock:
            for known in self._rounds.values():
                if known.person_id == begun.person_id and known.lasts(begun.started_at):
                    return known
            return self._rounds.setdefault(begun.round_id, begun)

    def change(self, round_id: str, step: Callable[[Round], Round]) -> Round:
        with self._lock:
            self._rounds[round_id] = step(self._known(round_id))
            return self._rounds[round_id]

    def round(self, round_id: str) -> Round:
        with self._lock:
            return self._known(round_id)

    def between(self, center_id: str, start_at: int, end_at: int) -> list[Round]:
        with self._lock:
            found = [each for each in self._rounds.values() if each.center_id == center_id]
        return _in_order([each for each in found if start_at <= each.started_at < end_at])

    def of_resident(self, resident_id: str, start_at: int, end_at: int) -> list[Round]:
        with self._lock:
            known = list(self._rounds.values())
        found = []
        for each in known:
            look = each.of(resident_id)
            if look is not None and start_at <= look.at < end_at:
                found.append(replace(each, seen=(look,)))
        return _in_order(found)

    def _known(self, round_id: str) -> Round:
        if round_id not in self._rounds:
            raise NotFoundError("round", round_id)
        return self._rounds[round_id]


def _in_order(rounds: list[Round]) -> list[Round]:
    return sorted(rounds, key=lambda each: (each.started_at, each.round_id))
