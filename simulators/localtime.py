"""Local time of a centre: nights from noon to noon, wall-clock times as instants, windows as spans. DST-safe."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from domain.clock import instant
from domain.residents import NightWindow

NOON: Final = time(12)

Span = tuple[int, int]
"""[from, to) in ms."""


def noon(day: date, zone: ZoneInfo) -> int:
    """The instant of local noon on `day` (ms)."""
    return instant(datetime.combine(day, NOON, tzinfo=zone))


def night_span(night: date, zone: ZoneInfo) -> Span:
    """The night that begins on `night`: local noon to local noon (ms); 23, 24 or 25 hours long."""
    return noon(night, zone), noon(night + timedelta(days=1), zone)


def wall_clock(day: date, minutes: float, zone: ZoneInfo) -> int:
    """The instant (ms) when clocks on the wall show `minutes` (min) after midnight of `day`; may exceed a day."""
    return instant(datetime.combine(day, time(), tzinfo=zone) + timedelta(minutes=minutes))


def window_spans(windows: Sequence[NightWindow], night: date, zone: ZoneInfo) -> list[Span]:
    """The windows of the day before, of `night` and of the day after, as ascending spans; touching ones are one."""
    spans: list[Span] = []
    for day in (night + timedelta(days=shift) for shift in (-1, 0, 1)):
        for window in windows:
            last = day if window.end > window.start else day + timedelta(days=1)
            start_at = instant(datetime.combine(day, window.start, tzinfo=zone))
            spans.append((start_at, instant(datetime.combine(last, window.end, tzinfo=zone))))
    return _joined(sorted(spans))


def _joined(spans: Sequence[Span]) -> list[Span]:
    joined: list[Span] = []
    for start_at, end_at in spans:
        if joined and start_at <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_at))
        else:
            joined.append((start_at, end_at))
    return joined
