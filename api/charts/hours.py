"""The hours of a night as an axis: instants, labelled with the centre's local times."""

import json
from typing import Any, Final
from zoneinfo import ZoneInfo

import altair as alt

from api.languages import Language
from domain.clock import utc
from domain.units import HOUR_MS

EVERY_HOURS: Final = 2


def hour_ticks(start_at: int, end_at: int, zone: ZoneInfo) -> list[int]:
    """The instants in [`start_at`, `end_at`] that are an even hour on the wall there."""
    first = -(-start_at // HOUR_MS) * HOUR_MS
    quarter = HOUR_MS // 4
    ticks = range(first - HOUR_MS, end_at + 1, quarter)
    return [at for at in ticks if at >= start_at and _is_tick(at, zone)]


def labelled_axis(ticks: dict[int, str], **more: Any) -> alt.Axis:
    """An axis with these ticks only; the labels are looked up, for no format knows the zone or the language."""
    table = json.dumps({str(at): label for at, label in ticks.items()}, ensure_ascii=False)
    return alt.Axis(title=None, values=list(ticks), labelExpr=f"{table}[datum.value]", labelOverlap=True, **more)


def hours_axis(start_at: int, end_at: int, zone: ZoneInfo, language: Language, **more: Any) -> alt.Axis:
    ticks = hour_ticks(start_at, end_at, zone)
    return labelled_axis({at: language.clock_time(at, zone) for at in ticks}, **more)


def _is_tick(at: int, zone: ZoneInfo) -> bool:
    local = utc(at).astimezone(zone)
    return local.minute == 0 and local.hour % EVERY_HOURS == 0
