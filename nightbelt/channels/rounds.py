"""The thread on which messages go out: round after round of its parts, each of which may fail without the others."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from domain.errors import UnavailableError

EVERY_S: Final = 0.5
"""Real seconds between rounds: how much later a call may go out than it is due."""
STOP_TIMEOUT_S: Final = 30.0
WELL: Final = "ok"
FAILING: Final = "failing, tried again"
HANGING: Final = "hanging"
HANGS_AFTER_S: Final = 60.0
"""A turn takes far less than a second, and each of its stores answers or fails within 15 s (real time)."""

_log = structlog.get_logger(__name__)


class Rounds:
    """Does each of `parts` again and again from `start` to `stop`; logs each change of their state once."""

    def __init__(
        self,
        parts: Mapping[str, Callable[[], None]],
        *,
        name: str = "calls",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parts, self._monotonic = parts, monotonic
        self._turn: tuple[str, float] | None = None
        """Whose turn it is, and since when (real s)."""
        self._well = dict.fromkeys(parts, True)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_TIMEOUT_S)

    def health(self) -> dict[str, str]:
        """By part; from any thread."""
        states = {name: WELL if well else FAILING for name, well in self._well.items()}
        turn = self._turn
        if turn is not None and self._monotonic() - turn[1] > HANGS_AFTER_S:
            states[turn[0]] = HANGING
        return states

    def once(self) -> None:
        """One round."""
        for name, turn in self._parts.items():
            self._turn = name, self._monotonic()
            try:
                turn()
            except UnavailableError as error:
                self._failed(name, error, expected=True)
            except Exception as error:  # noqa: BLE001 - top of the loop: the part keeps its work for the next round
                self._failed(name, error, expected=False)
            else:
                if not self._well[name]:
                    _log.info("calls go on", part=name)
                self._well[name] = True
        self._turn = None

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_S):
            self.once()

    def _failed(self, name: str, error: Exception, *, expected: bool) -> None:
        if self._well[name]:
            _log.error("calls are held up", part=name, error=str(error), exc_info=None if expected else error)
        self._well[name] = False
