"""A source, a watch and stores under the test's control."""

from collections.abc import Callable, Sequence

from domain.belts import BeltStatus
from domain.errors import UnavailableError
from domain.live import BedNow, BedsChanged, LiveEvent
from domain.ports import Quarantined
from domain.readings import Occupancy, ReadingBatch
from domain.units import NEVER
from ingest.inbox import Delivery, Receipt
from tests.fakes.in_memory_belt_statuses import InMemoryBeltStatuses
from tests.fakes.in_memory_quarantine import InMemoryQuarantine
from tests.fakes.in_memory_readings import InMemoryReadings

NOW = 1_795_350_000_000


class FakeClock:
    """Both clocks of the worker; moves only when told."""

    def __init__(self, at: int = NOW) -> None:
        self.at = at
        self.seconds = 0.0

    def now(self) -> int:
        return self.at

    def real_seconds(self, length_ms: float) -> float:
        return length_ms / 1000

    def monotonic(self) -> float:
        return self.seconds

    def pass_s(self, seconds: float) -> None:
        self.at += round(seconds * 1000)
        self.seconds += seconds


class FakeSource:
    """Gives what was put in, collects the acks and the waits asked for."""

    def __init__(self) -> None:
        self.connected = True
        self.waiting: list[Delivery] = []
        self.acked: list[Receipt] = []
        self.timeouts: list[float] = []
        self.limits: list[int] = []
        self.stopped = False
        self.sessions_lost = 0

    @property
    def depth(self) -> int:
        return len(self.waiting)

    def start(self) -> None: ...

    def take(self, limit: int, timeout_s: float) -> list[Delivery]:
        self.timeouts.append(timeout_s)
        self.limits.append(limit)
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return taken

    def ack(self, receipts: Sequence[Receipt]) -> None:
        self.acked.extend(receipts)

    def wake(self) -> None: ...

    def stop(self) -> None:
        self.stopped = True


class Switch:
    """Raises what it is set to on each call."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.calls = 0

    def down(self, engine: str = "engine") -> None:
        self.error = UnavailableError(engine, "gone")

    def up(self) -> None:
        self.error = None

    def __call__(self) -> None:
        self.calls += 1
        if self.error is not None:
            raise self.error


class SwitchedReadings(InMemoryReadings):
    def __init__(self) -> None:
        super().__init__()
        self.switch = Switch()

    def write(self, batch: ReadingBatch) -> int:
        self.switch()
        return super().write(batch)


class SwitchedQuarantine(InMemoryQuarantine):
    def __init__(self) -> None:
        super().__init__()
        self.switch = Switch()

    def put(self, entries: Sequence[Quarantined]) -> None:
        self.switch()
        super().put(entries)


class SwitchedStatuses(InMemoryBeltStatuses):
    def __init__(self) -> None:
        super().__init__()
        self.switch = Switch()

    def put(self, statuses: Sequence[BeltStatus]) -> None:
        self.switch()
        super().put(statuses)


class FakeWatch:
    """Remembers what it was given; `poison` belts raise when observed."""

    def __init__(self) -> None:
        self.switch = Switch()
        self.register = Switch()
        self.observed: list[ReadingBatch] = []
        self.ticks: list[int] = []
        self.heard: list[int] = []
        self.due_at = NEVER
        self.poison: set[str] = set()
        self.told: list[BeltStatus] = []

    def tell(self, statuses: Sequence[BeltStatus], now: int) -> None:
        if self.poison & {status.belt_id for status in statuses}:
            raise ZeroDivisionError
        self.told += statuses

    def observe(self, batch: ReadingBatch, now: int) -> list[LiveEvent]:
        if self.poison & {batch.belts[n] for n in batch.belt}:
            raise ZeroDivisionError
        self.observed.append(batch)
        return [BedsChanged(beds=tuple(_bed(belt_id) for belt_id in batch.belts))]

    def refresh(self, now: int) -> None:
        self.register()

    def tick(self, now: int, heard_until: int) -> None:
        self.ticks.append(now)
        self.heard.append(heard_until)

    def commit(self) -> list[LiveEvent]:
        self.switch()
        return []

    def next_due_at(self) -> int:
        return self.due_at


def _bed(belt_id: str) -> BedNow:
    return BedNow(
        belt_id=belt_id,
        occupancy=Occupancy.UNKNOWN,
        since_at=None,
        observed_at=None,
        received_at=None,
        clock_offset_ms=0,
    )


def delivery(
    body: bytes, *, belt: str = "b1", mid: int = 1, epoch: int = 1, received_at: int = NOW, topic: str | None = None
) -> Delivery:
    return Delivery(f"care/c1/{belt}/readings" if topic is None else topic, body, received_at, epoch, mid)


def reading(at: int = NOW, *, belt: str = "b1", mid: int = 1, epoch: int = 1) -> Delivery:
    return delivery(b'{"ts": %d, "heart_rate": 60, "in_bed": true}' % at, belt=belt, mid=mid, epoch=epoch)


def status(body: bytes, *, belt: str = "b1", mid: int = 1, received_at: int | None = None) -> Delivery:
    return delivery(body, mid=mid, received_at=received_at or NOW, topic=f"care/c1/{belt}/status")


Publish = Callable[[Sequence[LiveEvent]], None]
