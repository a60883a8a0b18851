from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest

from domain.clock import instant
from domain.errors import ConfigurationError
from domain.nights import Schedule, hours_since_noon, night_of, night_span, zone
from domain.residents import NightWindow
from domain.units import HOUR_MS, MINUTE_MS

SHANGHAI = zone("Asia/Shanghai")
BERLIN = zone("Europe/Berlin")


def local(text: str, tz: str = "Asia/Shanghai") -> int:
    return instant(datetime.fromisoformat(text).replace(tzinfo=zone(tz)))


@pytest.mark.parametrize(
    ("exit_at", "counts"),
    [
        ("2026-11-23T19:59:59", None),
        ("2026-11-23T20:00:00", "2026-11-23T21:00:00"),
        ("2026-11-23T20:50:00", "2026-11-23T21:00:00"),
        ("2026-11-23T21:00:00", "2026-11-23T21:00:00"),
        ("2026-11-24T02:13:00", "2026-11-24T02:13:00"),
        ("2026-11-24T05:59:59", "2026-11-24T05:59:59"),
        ("2026-11-24T06:00:00", None),
    ],
)
def test_an_absence_counts_from_the_exit_or_from_the_window_that_opens_soon(exit_at: str, counts: str | None) -> None:
    schedule = Schedule((NightWindow(),), SHANGHAI)
    assert schedule.counts_from(local(exit_at)) == (None if counts is None else local(counts))


def test_several_windows_and_overlaps_are_one_cover() -> None:
    windows = (
        NightWindow(start=time(22), end=time(2)),
        NightWindow(start=time(1), end=time(5)),
        NightWindow(start=time(13), end=time(14)),
    )
    schedule = Schedule(windows, SHANGHAI)
    covered = [hour for hour in range(24) if schedule.covers(local(f"2026-11-23T{hour:02}:30:00"))]
    assert covered == [0, 1, 2, 3, 4, 13, 22, 23]


def test_a_window_closes_at_the_end_of_all_that_overlap_it() -> None:
    windows = (NightWindow(start=time(21), end=time(23)), NightWindow(start=time(22), end=time(6)))
    schedule = Schedule(windows, SHANGHAI)
    assert schedule.closes_at(local("2026-11-23T21:30:00")) == local("2026-11-24T06:00:00")
    assert schedule.closes_at(local("2026-11-24T06:00:00")) is None


def test_no_windows_cover_nothing() -> None:
    schedule = Schedule((), SHANGHAI)
    assert not schedule.covers(local("2026-11-23T23:00:00"))
    assert schedule.counts_from(local("2026-11-23T23:00:00")) is None


@pytest.mark.parametrize(("evening", "hours"), [("2026-10-24", 10), ("2027-03-27", 8), ("2026-11-23", 9)])
def test_windows_keep_local_hours_when_the_clocks_change(evening: str, hours: int) -> None:
    schedule = Schedule((NightWindow(),), BERLIN)
    start = local(f"{evening}T21:00:00", "Europe/Berlin")
    minutes = [n for n in range(-60, 12 * 60) if schedule.covers(start + n * MINUTE_MS)]
    assert minutes == list(range(hours * 60))


def test_the_same_schedule_serves_instants_years_apart() -> None:
    schedule = Schedule((NightWindow(),), BERLIN)
    far = datetime(2031, 7, 1, 23, tzinfo=UTC)
    assert schedule.covers(local("2026-11-23T23:00:00", "Europe/Berlin"))
    assert schedule.covers(instant(far))
    assert not schedule.covers(instant(far + timedelta(hours=12)))
    assert schedule.covers(local("2026-11-23T23:00:00", "Europe/Berlin"))


def test_a_night_runs_from_noon_to_noon_and_is_named_by_its_evening() -> None:
    assert night_of(local("2026-11-23T12:00:00"), SHANGHAI) == date(2026, 11, 23)
    assert night_of(local("2026-11-24T11:59:59"), SHANGHAI) == date(2026, 11, 23)
    start_at, end_at = night_span(date(2026, 11, 23), SHANGHAI)
    assert (start_at, end_at - start_at) == (local("2026-11-23T18:00:00"), 16 * HOUR_MS)


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(ConfigurationError, match="Mars/Olympus"):
        zone("Mars/Olympus")


@pytest.mark.parametrize(
    ("tz", "first_noon", "hours"),
    [
        ("Asia/Shanghai", "2026-11-23T12:00:00", [*range(24), 0, 1]),
        ("Europe/Berlin", "2026-10-24T12:00:00", [*range(24), 23, 0]),
        ("Europe/Berlin", "2026-03-28T12:00:00", [*range(23), 0, 1, 2]),
        ("Pacific/Kiritimati", "2026-11-23T12:00:00", [*range(24), 0, 1]),
        ("Etc/GMT+12", "2026-11-23T12:00:00", [*range(24), 0, 1]),
    ],
)
def test_hours_count_from_the_local_noon_whatever_the_clocks_do(tz: str, first_noon: str, hours: list[int]) -> None:
    at = local(first_noon, tz) + HOUR_MS * np.arange(26) + HOUR_MS // 2
    assert hours_since_noon(at, zone(tz)).tolist() == hours
    assert [int(hours_since_noon(at[[n]], zone(tz))[0]) for n in range(26)] == hours, "one by one as all at once"


def test_no_instants_have_no_hours() -> None:
    assert hours_since_noon(np.array([], np.int64), SHANGHAI).tolist() == []
