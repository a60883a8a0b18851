"""Which nights teach what is usual for a person (pure).

A night of which something was said does not: a week of fever must not become what is normal. What was said in
`alerts.drift.RELEARN_NIGHTS` nights in a row has become the usual, and is learned anew from them.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from alerts.drift import RELEARN_NIGHTS
from domain.alarms import Alarm, Category, Outcome, Rule
from domain.nights import night_of
from domain.usual import NIGHTS_KEPT

_OF_THE_BELT: Final = (Rule.VITALS_LOST, Rule.VITALS_LOST_LONG)
"""Rates that were lost say nothing of those that were not."""


def training_nights(valid: Sequence[date], told: Collection[date]) -> tuple[date, ...]:
    """Of the `valid` nights (ascending) those that train, the last 28 of them; `told`: something was said of them."""
    trained, said = list[date](), list[date]()
    for night in valid:
        if night not in told:
            trained.append(night)
            said = []
            continue
        said.append(night)
        if len(said) >= RELEARN_NIGHTS:
            trained, said = said, []
    return tuple(trained[-NIGHTS_KEPT:])


def about_the_body(rule: Rule, category: Category) -> bool:
    """Is an alarm of the rule about the resident's heart or breath, and not about rates that were lost?"""
    return category is Category.PHYSIOLOGICAL and rule not in _OF_THE_BELT


def alarmed_nights(alarms: Iterable[Alarm], zone: ZoneInfo) -> frozenset[date]:
    """The nights in which an alarm about the resident's heart or breath began that nobody called false."""
    return frozenset(
        night_of(alarm.began_at, zone)
        for alarm in alarms
        if about_the_body(alarm.rule, alarm.category) and alarm.outcome is not Outcome.FALSE_ALARM
    )
