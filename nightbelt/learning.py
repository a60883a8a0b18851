"""Learns what is usual for residents, night by night: keeps the minutes of each night, works the levels out anew.

Fails towards doing it again: a night whose rates are not kept is owed still.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerts.baselines import usual_levels
from alerts.drift import NightFigure, told_nights
from alerts.learning import alarmed_nights, training_nights
from api.reports import Hours
from api.resident_page import FIGURES
from domain.clock import Clock
from domain.nights import NOON, local_instant, noon_to_noon
from domain.ports import AlarmBook, NightReports, ReadingsStore, Register, UsualBook
from domain.readings import MinuteColumns
from domain.reports import NightReport
from domain.units import MINUTE_MS
from domain.usual import NightRates

LOOK_BACK_NIGHTS: Final = 56
"""Twice the 28 nights that count: who was away for longer has another usual."""


class Learner:
    """Over the stores; the readings are read by the minute, one night at a time."""

    def __init__(
        self,
        *,
        register: Register,
        readings: ReadingsStore,
        reports: NightReports,
        alarms: AlarmBook,
        usual: UsualBook,
        clock: Clock,
    ) -> None:
        self._register, self._readings, self._reports = register, readings, reports
        self._alarms, self._usual, self._clock = alarms, usual, clock

    def learned(self, night: date) -> frozenset[str]:
        """Whose rates of that night are kept."""
        return self._usual.learned(night)

    def learn(self, resident_id: str, hours: Hours) -> None:
        """Keep the rates of a night whose report is stored, and work the levels out anew.

        UnavailableError when a store is away.
        """
        spans = self._register.belt_spans(resident_id, hours.start_at, hours.end_at)
        parts = [self._readings.minutes(span.belt_id, span.start_at, span.end_at) for span in spans]
        self._usual.put_night(night_rates(resident_id, hours, parts))
        self._put_levels(resident_id, hours.zone)

    def _put_levels(self, resident_id: str, zone: ZoneInfo) -> None:
        kept = self._usual.nights(resident_id, date.min)
        last = kept[-1].night
        first = last - timedelta(days=LOOK_BACK_NIGHTS)
        valid = [one.report for one in self._reports.between(resident_id, first, last) if one.report.valid]
        start_at, end_at = noon_to_noon(first, last, zone)
        told = _told(valid) | alarmed_nights(self._alarms.alarms_of(resident_id, start_at, end_at), zone)
        training = training_nights([report.night for report in valid], told)
        nights = [night for night in kept if night.night in training]
        levels = usual_levels(resident_id, nights, last_night=last, computed_at=self._clock.now())
        self._usual.put_levels(levels, forget_before=first)


def night_rates(resident_id: str, hours: Hours, parts: Sequence[MinuteColumns]) -> NightRates:
    """The night's minutes in bed from those of its belts, one after the other."""
    length = -(-(hours.end_at - hours.start_at) // MINUTE_MS)
    rates = {name: np.full(length, np.nan, np.float32) for name in ("heart_rate", "breathing_rate")}
    for minutes in parts:
        rows = (
            in_bed_throughout(minutes.in_bed, minutes.known_in_bed)
            & (minutes.minute_at >= hours.start_at)
            & (minutes.minute_at < hours.end_at)
        )
        nth = (minutes.minute_at[rows] - hours.start_at) // MINUTE_MS
        for name, column in rates.items():
            column[nth] = getattr(minutes, name)[rows]
    return NightRates(
        resident_id=resident_id,
        night=hours.night,
        noon_at=local_instant(hours.night, NOON, hours.zone),
        start_at=hours.start_at,
        **rates,
    )


def in_bed_throughout(in_bed: NDArray[Any], known: NDArray[Any]) -> NDArray[np.bool_]:
    """Of minutes with so many readings in bed, and so many that tell: in bed in every one, and one does tell."""
    told: NDArray[np.bool_] = (in_bed > 0) & (in_bed == known)
    return told


def _told(valid: Sequence[NightReport]) -> frozenset[date]:
    """The nights that were unlike the person in some figure."""
    told: frozenset[date] = frozenset()
    for figure, of in FIGURES.items():
        series = [NightFigure(night=report.night, value=value) for report in valid if (value := of(report)) is not None]
        told |= told_nights(figure, series)
    return told
