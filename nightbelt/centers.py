"""Which belt is whose: the centre of each belt, as the register has it."""

import threading
import time
from collections.abc import Callable
from typing import Final

from domain.clock import Clock
from domain.errors import UnavailableError
from domain.ports import Register
from storage.influx_lines import UNASSIGNED

REFRESH_S: Final = 30.0
"""How old (real time) an answer may be; a belt that was enrolled just now is unassigned for so long at most."""


class Centers:
    """Looked up at most every `REFRESH_S`, from any thread.

    Goes on with what it knows while the register is away; UnavailableError before it has ever answered: readings must
    not be stored under a centre that was guessed.
    """

    def __init__(self, register: Register, clock: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._register, self._clock, self._monotonic = register, clock, monotonic
        self._lock = threading.Lock()
        self._by_belt: dict[str, str] | None = None
        self._centers: tuple[str, ...] = ()
        self._looked_s = 0.0

    def center_of(self, belt_id: str) -> str:
        return self._known().get(belt_id, UNASSIGNED)

    def all(self) -> tuple[str, ...]:
        """Every centre that has beds."""
        self._known()
        return self._centers

    def _known(self) -> dict[str, str]:
        with self._lock:
            if self._by_belt is None or self._monotonic() - self._looked_s >= REFRESH_S:
                self._look()
            return self._by_belt or {}

    def _look(self) -> None:
        self._looked_s = self._monotonic()
        try:
            places = self._register.places(self._clock.now())
        except UnavailableError:
            if self._by_belt is None:
                raise
            return
        self._by_belt = {place.belt_id: place.center.center_id for place in places if place.belt_id is not None}
        self._centers = tuple(sorted({place.center.center_id for place in places}))
