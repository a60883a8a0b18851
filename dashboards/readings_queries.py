"""The questions to InfluxDB, in InfluxQL. A belt's clock dates the readings, our clock is the field `received_at`.

`$timeFilter`, `$__interval` and `${belt:raw}` are Grafana's. Ids hold no quote, so they stand raw between quotes.
"""

from typing import Final

from dashboards.dataqueries import Query, Shape, minutes, readings

SILENT_AFTER_S: Final = 30
"""A belt of which nothing was received for this long is silent, as on the board."""
CLOCK_SLACK: Final = "1h"
"""How far belts' clocks may be off and still be heard here; one further off counts as silent."""
LOOK_BACK: Final = "30d"
"""How far back the last sign of a belt is looked for."""

_OF_SPAN: Final = "\"belt\" = '${belt:raw}' AND time >= ${span_from:raw}ms AND time < ${span_to:raw}ms AND $timeFilter"
"""Readings of the chosen belt while it reported for the chosen resident, and of nobody else."""
_OF_CENTER: Final = "\"center\" = '${center:raw}'"

_BY_TIME: Final = "GROUP BY time($__interval) fill(null)"
_BY_TIME_AND_BELT: Final = 'GROUP BY time($__interval), "belt" fill(null)'


def _of_night(measure: str, name: str) -> Query:
    return readings(f'SELECT {measure} AS "{name}" FROM "readings" WHERE {_OF_SPAN} {_BY_TIME}', name, alias=name)


# The resident's night.

HEART_RATE: Final = _of_night('mean("heart_rate")', "heart rate")
BREATHING_RATE: Final = _of_night('mean("breathing_rate")', "breathing rate")
MOVEMENT: Final = _of_night('mean("movement")', "movement")
TURN_OVERS: Final = _of_night('sum("turn_overs")', "turn-overs")
SIGNAL_QUALITY: Final = _of_night('mean("signal_quality")', "signal quality")
OCCUPANCY: Final = _of_night('min("in_bed")', "occupancy")
"""The least of each interval: however short an exit is, and however long the interval, it is seen."""

HEART_RATE_RANGE: Final = minutes(
    'SELECT min("heart_rate_min") AS "lowest", mean("heart_rate") AS "mean", max("heart_rate_max") AS "highest" '
    f'FROM "minutes" WHERE {_OF_SPAN} {_BY_TIME}',
    "lowest",
    "mean",
    "highest",
    alias="$col",
)
BREATHING_RATE_BY_MINUTE: Final = minutes(
    f'SELECT mean("breathing_rate") AS "mean" FROM "minutes" WHERE {_OF_SPAN} {_BY_TIME}', "mean", alias="$col"
)
TIME_IN_BED: Final = minutes(
    f'SELECT sum("in_bed") / sum("known_in_bed") AS "in bed" FROM "minutes" WHERE {_OF_SPAN} {_BY_TIME}',
    "in bed",
    alias="$col",
)
RESTLESSNESS: Final = minutes(
    'SELECT sum("turn_overs") AS "turn-overs", mean("movement") AS "movement" '
    f'FROM "minutes" WHERE {_OF_SPAN} {_BY_TIME}',
    "turn-overs",
    "movement",
    alias="$col",
)

# Belts.

BELTS_HEARD: Final = readings(
    'SELECT count("received_at") AS "heard" FROM ('
    'SELECT last("received_at") AS "received_at" FROM "readings" '
    f"WHERE {_OF_CENTER} AND time > ${{__to:raw}}ms - {CLOCK_SLACK} AND time < ${{__to:raw}}ms + {CLOCK_SLACK} "
    f'AND "received_at" > ${{__to:raw}} - {SILENT_AFTER_S * 1000} GROUP BY "belt")',
    "heard",
    shape=Shape.TABLE,
)
LAST_HEARD: Final = readings(
    'SELECT last("received_at") AS "last heard" FROM "readings" '
    f"WHERE {_OF_CENTER} AND time > ${{__to:raw}}ms - {LOOK_BACK} AND time < ${{__to:raw}}ms + {CLOCK_SLACK} "
    'GROUP BY "belt"',
    "belt",
    "last heard",
    shape=Shape.TABLE,
)
SIGNAL_BY_BELT: Final = readings(
    f'SELECT mean("signal_quality") AS "signal" FROM "readings" WHERE {_OF_CENTER} AND $timeFilter GROUP BY "belt"',
    "belt",
    "signal",
    shape=Shape.TABLE,
)
SIGNAL_OVER_TIME: Final = readings(
    f'SELECT mean("signal_quality") AS "signal" FROM "readings" WHERE {_OF_CENTER} AND $timeFilter {_BY_TIME_AND_BELT}',
    "signal",
    alias="$tag_belt",
)
READINGS_PER_MINUTE: Final = minutes(
    'SELECT sum("readings") * 60000 / $__interval_ms AS "readings" '
    f'FROM "minutes" WHERE {_OF_CENTER} AND $timeFilter {_BY_TIME_AND_BELT}',
    "readings",
    alias="$tag_belt",
)
READINGS_IN_ALL: Final = minutes(
    'SELECT sum("readings") * 60000 / $__interval_ms AS "readings" '
    f'FROM "minutes" WHERE {_OF_CENTER} AND $timeFilter {_BY_TIME}',
    "readings",
    alias="all belts",
)
