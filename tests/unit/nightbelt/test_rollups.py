"""The thread that settles minutes: it goes on through outages and faults, and ends when asked to."""

import threading
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from domain.clock import ScaledClock
from domain.errors import UnavailableError
from domain.units import DAY_MS
from nightbelt.rollups import LATENESS_MS, Rollups

NOW = 1_795_350_000_000
AWAY = UnavailableError("InfluxDB", "cannot be reached")


class Still:
    """A clock that stands; waits take no time."""

    def now(self) -> int:
        return NOW

    def real_seconds(self, length_ms: float) -> float:
        return 0.0


class Told:
    """Settles as told, one answer per call, and then nothing more; `done` is set when all are used up."""

    def __init__(self, *answers: bool | Exception) -> None:
        self.doubted: list[tuple[int, int]] = []
        self.settled: list[int] = []
        self.done = threading.Event()
        self._answers: Iterator[bool | Exception] = iter(answers)

    @property
    def touched(self) -> "Told":
        return self

    def doubt(self, start_at: int, end_at: int) -> None:
        self.doubted.append((start_at, end_at))

    def settle(self, now: int) -> bool:
        answer = next(self._answers, None)
        if answer is None:
            self.done.set()
            return False
        self.settled.append(now)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_a_pass_goes_on_until_nothing_is_left() -> None:
    rollup = Told(True, True, False, True)
    Rollups(rollup, Still()).settle_all()
    assert rollup.settled == [NOW] * 3


def test_an_outage_is_told_once_each_way() -> None:
    rollups = Rollups(Told(AWAY, AWAY, False, AWAY), Still())
    with capture_logs() as logs:
        for _ in range(4):
            rollups.settle_all()
    assert [(entry["log_level"], entry["event"]) for entry in logs] == [
        ("warning", "minutes cannot be settled, trying on"),
        ("info", "minutes are settled again"),
        ("warning", "minutes cannot be settled, trying on"),
    ]
    assert "cannot be reached" in logs[0]["reason"]


def test_the_thread_survives_faults_and_looks_back_a_week() -> None:
    rollup = Told(ValueError("a bug"), True, AWAY, True)
    rollups = Rollups(rollup, Still())
    with capture_logs() as logs:
        rollups.start()
        assert rollup.done.wait(10)
        rollups.stop()
    assert rollup.doubted == [(NOW - LATENESS_MS, NOW)]
    assert len(rollup.settled) == 4
    assert [entry["event"] for entry in logs].count("minutes could not be settled") == 1


@pytest.mark.parametrize("speed", [1.0, 60.0])
def test_a_stop_does_not_wait_for_the_next_pass(speed: float) -> None:
    rollups = Rollups(Told(), ScaledClock(origin_at=NOW, machine_origin_at=NOW - DAY_MS, speed=speed))
    rollups.start()
    stopped = threading.Thread(target=rollups.stop)
    stopped.start()
    stopped.join(5)
    assert not stopped.is_alive()
