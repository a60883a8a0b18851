"""Being told to stop: SIGINT and SIGTERM as a wish that is looked at where stopping is safe.

An exception out of nowhere, as Python makes of Ctrl-C, can break a half-made transaction or vanish in a callback.
"""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import Final, Self

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def ended_at_once() -> Iterator[None]:
    """While entered, Ctrl-C ends the process without a word: for imports, which leave nothing half-made behind."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Stopping:
    """While entered, a signal is a wish to stop. A second one does not wait: KeyboardInterrupt."""

    def __init__(self) -> None:
        self.asked = False
        self._act: Callable[[], None] | None = None
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        for number in SIGNALS:
            self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def check(self) -> None:
        """Where it is safe to stop: KeyboardInterrupt when that was asked for."""
        if self.asked:
            raise KeyboardInterrupt

    def then(self, act: Callable[[], None]) -> None:
        """From now on call `act` when asked to stop; at once when that was already."""
        self._act = act
        if self.asked:
            act()

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._act is not None:
            self._act()
        elif self.asked:
            raise KeyboardInterrupt
        self.asked = True
