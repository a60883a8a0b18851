"""Makes each resident's report when the night is over, for nights that were missed, and anew when readings came late.

Fails towards doing it again: what could not be made or stored is owed still, and is looked at in the next round.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from api.reports import Hours, by_maker, resident_report
from domain.clock import Clock
from domain.errors import UnavailableError
from domain.nights import NIGHT_END, local_instant, night_of, night_span
from domain.ports import LateReadings, NightReports, ReadingsStore, Register
from domain.reports import KeptReport, LateDay
from domain.residents import Side
from domain.units import DAY_MS, LONG_AGO, MINUTE_MS
from nightbelt.learning import Learner
from sleep.report import VERSION

CATCH_UP_NIGHTS: Final = 35
"""How many nights back are made up for or made anew: the four weeks that are compared with, and one more."""
EVERY_MS: Final = MINUTE_MS
LOOK_FLOOR_S: Final = 1.0
"""Real time between two looks at least, however fast the clock."""
REST_S: Final = 0.05
"""Real time between two reports: one takes about as long, and alarms share the processor."""
STOP_TIMEOUT_S: Final = 10.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sleeper:
    """Somebody who had a bed in a night."""

    resident_id: str
    zone: ZoneInfo
    shared_bed: bool
    center_id: str


class NightReporter:
    """On a thread of its own (`start`, `stop`); `look` is one round, for tests.

    `closed_at` is up to when nights are taken to be over (ms): readings from before it that are written from now on
    have to be noted in `late`. In `maker_centers` (ids, `*` for all) the makers' stages are taken. `learner` learns
    from each night whose report is there.
    """

    def __init__(
        self,
        *,
        register: Register,
        readings: ReadingsStore,
        reports: NightReports,
        late: LateReadings,
        clock: Clock,
        version: int = VERSION,
        maker_centers: tuple[str, ...] = (),
        learner: Learner | None = None,
    ) -> None:
        self._register, self._readings, self._reports, self._late = register, readings, reports, late
        self._clock, self._version, self._maker_centers = clock, version, maker_centers
        self._learner = learner
        self._closed_at = LONG_AGO
        self._done: set[date] = set()
        self._well = True
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="night-reports", daemon=True)

    def closed_at(self) -> int:
        return self._closed_at

    def start(self) -> None:
        self._close(self._clock.now())
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_TIMEOUT_S)

    def look(self) -> int:
        """Make what is owed; how many were stored. UnavailableError when register or a store are away."""
        now = self._clock.now()
        self._close(now)
        late = self._late.waiting()
        anew = self._late_nights(late, now)
        made = 0
        for night in sorted(self._nights(now) | set(anew), reverse=True):
            made += self._make_night(night, anew.get(night, set()), now)
            if self._stopping.is_set():
                return made
        if late:
            self._late.done(late)
        return made

    def _close(self, now: int) -> None:
        """Before any report of a night is made: what is written later is noted."""
        ends = [night_span(_last_night(zone, now), zone)[1] for zone in self._zones(now)]
        self._closed_at = max([self._closed_at, *ends])

    def _zones(self, now: int) -> set[ZoneInfo]:
        return {ZoneInfo(place.center.timezone) for place in self._register.places(now)}

    def _nights(self, now: int) -> set[date]:
        """The nights that are over somewhere and may want a report; those that were looked through are left out."""
        last = [_last_night(zone, now) for zone in self._zones(now)]
        return {night - timedelta(days=back) for night in last for back in range(CATCH_UP_NIGHTS)} - self._done

    def _make_night(self, night: date, anew: set[str], now: int) -> int:
        """The reports of one night that are not there, were made by an older version, or are wanted `anew`."""
        versions = self._reports.versions(night, night)
        learned = self._learner.learned(night) if self._learner else frozenset()
        made = 0
        for sleeper in self._sleepers(night, now):
            known = versions.get((sleeper.resident_id, night), -1) >= self._version
            if known and sleeper.resident_id not in anew:
                if sleeper.resident_id not in learned:
                    self._learn(sleeper, night)
                continue
            made += self._make(sleeper, night)
            if self._stopping.wait(REST_S):
                return made
        if all(night_span(night, zone)[1] <= now for zone in self._zones(now)):
            self._done.add(night)
        return made

    def _make(self, sleeper: _Sleeper, night: date) -> bool:
        hours = _hours(sleeper, night)
        computed_at = self._clock.now()
        report = resident_report(
            self._register,
            self._readings,
            sleeper.resident_id,
            hours,
            shared_bed=sleeper.shared_bed,
            use_maker_stages=by_maker(self._maker_centers, sleeper.center_id),
        )
        if report is None:
            return False
        self._reports.put([KeptReport(report=report, computed_at=computed_at, version=self._version)])
        self._learn(sleeper, night)
        return True

    def _learn(self, sleeper: _Sleeper, night: date) -> None:
        if self._learner:
            self._learner.learn(sleeper.resident_id, _hours(sleeper, night))

    def _sleepers(self, night: date, now: int) -> list[_Sleeper]:
        """Who had a bed at the beginning, in the middle or at the end of the night, where it is over."""
        found: dict[str, _Sleeper] = {}
        for zone in self._zones(now):
            start_at, end_at = night_span(night, zone)
            if end_at > now:
                continue
            for at in (start_at, (start_at + end_at) // 2, end_at - 1):
                for place in self._register.places(at):
                    if place.resident is None or place.center.timezone != zone.key:
                        continue
                    resident_id = place.resident.resident_id
                    shared = place.side is not Side.WHOLE or (resident_id in found and found[resident_id].shared_bed)
                    center_id = place.center.center_id
                    found[resident_id] = _Sleeper(
                        resident_id=resident_id, zone=zone, shared_bed=shared, center_id=center_id
                    )
        return sorted(found.values(), key=lambda sleeper: sleeper.resident_id)

    def _late_nights(self, late: Sequence[LateDay], now: int) -> Mapping[date, set[str]]:
        """By night, who had the belts of the late readings in it; nights that are not over are left out."""
        found: dict[date, set[str]] = {}
        zones = self._zones(now) if late else set()
        for day, belts in _by_day(late).items():
            first = min((night_of(day * DAY_MS, zone) for zone in zones), default=date.max)
            for night in [first + timedelta(days=n) for n in range(3)] if zones else []:
                found.setdefault(night, set()).update(self._whose(belts, night, now))
        return {night: who for night, who in found.items() if who}

    def _whose(self, belts: set[str], night: date, now: int) -> Iterable[str]:
        for sleeper in self._sleepers(night, now):
            spans = self._register.belt_spans(sleeper.resident_id, *night_span(night, sleeper.zone))
            if belts & {span.belt_id for span in spans}:
                yield sleeper.resident_id

    def _run(self) -> None:
        while not self._stopping.wait(max(self._clock.real_seconds(EVERY_MS), LOOK_FLOOR_S)):
            try:
                made = self.look()
            except UnavailableError as error:
                self._failed(str(error), None)
            except Exception as error:  # noqa: BLE001 - top of the loop: the next look owes the same
                self._failed(str(error), error)
            else:
                self._well = True
                if made:
                    _log.info("night reports made", reports=made)

    def _failed(self, why: str, error: Exception | None) -> None:
        if self._well:
            _log.error("night reports could not be made", error=why, exc_info=error)
        self._well = False


def _hours(sleeper: _Sleeper, night: date) -> Hours:
    start_at, end_at = night_span(night, sleeper.zone)
    return Hours(night=night, start_at=start_at, end_at=end_at, zone=sleeper.zone)


def _last_night(zone: ZoneInfo, now: int) -> date:
    """The latest night that is over at `now`."""
    night = night_of(now, zone)
    return night if local_instant(night + timedelta(days=1), NIGHT_END, zone) <= now else night - timedelta(days=1)


def _by_day(late: Sequence[LateDay]) -> Mapping[int, set[str]]:
    days: dict[int, set[str]] = {}
    for one in late:
        days.setdefault(one.day, set()).add(one.belt_id)
    return days
