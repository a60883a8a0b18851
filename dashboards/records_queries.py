"""The panels' questions to PostgreSQL. Nothing here reads a name of a person."""

from typing import Final

from dashboards.dataqueries import Shape, records
from dashboards.records_parts import (
    ANSWERED_AFTER,
    EACH_INTERVAL,
    FROM_MS,
    IN_BED,
    OF_RESIDENT,
    OUT_OF_BED,
    PLACES,
    RAISED,
    TO_MS,
    TOLD,
    UNKNOWN,
    at,
    label,
)

# The centre overview.

BEDS_NOW: Final = records(
    f"""
WITH {PLACES}
SELECT count(*) FILTER (WHERE {IN_BED}) AS "in bed",
       count(*) FILTER (WHERE {OUT_OF_BED}) AS "out of bed",
       count(*) FILTER (WHERE {UNKNOWN}) AS "unknown",
       count(*) FILTER (WHERE belt_id IS NULL) AS "without belt"
FROM place
LEFT JOIN bed_states USING (belt_id)
WHERE resident_id IS NOT NULL""",
    "in bed",
    "out of bed",
    "unknown",
    "without belt",
)

BELTS_MOUNTED: Final = records(
    """
SELECT count(*) AS "mounted"
FROM mountings
JOIN beds USING (bed_id, side)
WHERE center_id = ${center:sqlstring} AND end_at IS NULL AND retired_at IS NULL""",
    "mounted",
)
"""Of the whole centre: the readings, which it is held against, know no rooms."""

OPEN_ALARMS: Final = records(
    f"""
WITH {TOLD}
SELECT count(*) FILTER (WHERE state = 'active') AS "nobody is going",
       count(*) FILTER (WHERE state = 'acknowledged') AS "somebody is going"
FROM told
WHERE state <> 'resolved'""",
    "nobody is going",
    "somebody is going",
)

RESPONSE: Final = records(
    f"""
WITH {TOLD}
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY {ANSWERED_AFTER}) AS "half within",
       percentile_cont(0.9) WITHIN GROUP (ORDER BY {ANSWERED_AFTER}) AS "nine of ten within",
       count(*) FILTER (WHERE acknowledged_at IS NULL) AS "never acknowledged"
FROM told
WHERE {RAISED}""",
    "half within",
    "nine of ten within",
    "never acknowledged",
)

ALARMS_BY_RULE: Final = records(
    f"""
WITH {TOLD}
SELECT {EACH_INTERVAL.format(fill=0)}, rule AS metric, count(*) AS alarms
FROM told
WHERE {RAISED}
GROUP BY 1, 2
ORDER BY 1, 2""",
    "time",
    "metric",
    "alarms",
    shape=Shape.SERIES,
)

ALARMS_BY_OUTCOME: Final = records(
    f"""
WITH {TOLD}
SELECT {EACH_INTERVAL.format(fill=0)},
       coalesce(outcome, CASE WHEN state = 'resolved' THEN 'no outcome given' ELSE 'still open' END) AS metric,
       count(*) AS alarms
FROM told
WHERE {RAISED}
GROUP BY 1, 2
ORDER BY 1, 2""",
    "time",
    "metric",
    "alarms",
    shape=Shape.SERIES,
)

RESPONSE_OVER_TIME: Final = records(
    f"""
WITH {TOLD}
SELECT {EACH_INTERVAL.format(fill="NULL")},
       percentile_cont(0.5) WITHIN GROUP (ORDER BY {ANSWERED_AFTER}) AS "half within",
       percentile_cont(0.9) WITHIN GROUP (ORDER BY {ANSWERED_AFTER}) AS "nine of ten within"
FROM told
WHERE {RAISED} AND acknowledged_at IS NOT NULL
GROUP BY 1
ORDER BY 1""",
    "time",
    "half within",
    "nine of ten within",
    shape=Shape.SERIES,
)

ROOMS_NOW: Final = records(
    f"""
WITH {PLACES}, {TOLD}, alarm AS (
  SELECT room_id, count(*) FILTER (WHERE state <> 'resolved') AS standing, count(*) FILTER (WHERE {RAISED}) AS raised
  FROM told
  GROUP BY room_id
)
SELECT room,
       count(*) AS "beds",
       count(resident_id) AS "residents",
       count(*) FILTER (WHERE {IN_BED}) AS "in bed",
       count(*) FILTER (WHERE {OUT_OF_BED}) AS "out of bed",
       count(*) FILTER (WHERE {UNKNOWN}) AS "unknown",
       coalesce(max(alarm.standing), 0) AS "open alarms",
       coalesce(max(alarm.raised), 0) AS "alarms"
FROM place
LEFT JOIN bed_states USING (belt_id)
LEFT JOIN alarm USING (room_id)
GROUP BY room
ORDER BY room""",
    "room",
    "beds",
    "residents",
    "in bed",
    "out of bed",
    "unknown",
    "open alarms",
    "alarms",
)

ALARMS_LISTED_MOST: Final = 200

ALARMS: Final = records(
    f"""
WITH {TOLD}
SELECT {at("raised_at")} AS "raised", rule, priority, room, bed, resident_id AS "resident", state,
       {ANSWERED_AFTER} AS "acknowledged after",
       coalesce(cleared_at, resolved_at) - began_at AS "lasted",
       outcome
FROM told
WHERE {RAISED}
ORDER BY raised_at DESC
LIMIT {ALARMS_LISTED_MOST}""",
    "raised",
    "rule",
    "priority",
    "room",
    "bed",
    "resident",
    "state",
    "acknowledged after",
    "lasted",
    "outcome",
)

# The resident's night.

_TOUCHES_RANGE: Final = f"began_at <= {TO_MS} AND coalesce(cleared_at, resolved_at, {TO_MS}) >= {FROM_MS}"

ALARM_NOTES: Final = records(
    f"""
SELECT {at("began_at")} AS "time",
       {at(f"coalesce(cleared_at, resolved_at, {TO_MS})")} AS "timeend",
       rule || ', ' || priority || ', ' || coalesce(outcome, state) AS "text",
       concat_ws(',', rule, priority, state, outcome) AS "tags"
FROM alarms
WHERE {OF_RESIDENT} AND {_TOUCHES_RANGE}
ORDER BY began_at""",
    "time",
    "timeend",
    "text",
    "tags",
)

RESIDENT_ALARMS: Final = records(
    f"""
SELECT {at("began_at")} AS "left", {at("raised_at")} AS "raised", rule, priority, bed_id AS "bed", state,
       {ANSWERED_AFTER} AS "acknowledged after",
       coalesce(cleared_at, resolved_at) - began_at AS "lasted",
       outcome
FROM alarms
WHERE {OF_RESIDENT} AND {_TOUCHES_RANGE}
ORDER BY began_at DESC""",
    "left",
    "raised",
    "rule",
    "priority",
    "bed",
    "state",
    "acknowledged after",
    "lasted",
    "outcome",
)

# The belt fleet.

BATTERY_LOW: Final = 20
"""Percent under which a battery that is not being charged is low, as on the board."""

BELTS: Final = records(
    f"""
WITH {PLACES}
SELECT belt_id AS "belt", {label("room", "bed", "side")} AS "bed", resident_id AS "resident",
       battery, charging, online, firmware, {at("belt_statuses.at")} AS "status told",
       clock_offset_ms AS "clock ahead"
FROM place
LEFT JOIN bed_states USING (belt_id)
LEFT JOIN belt_statuses USING (belt_id)
WHERE belt_id IS NOT NULL
ORDER BY 2""",
    "belt",
    "bed",
    "resident",
    "battery",
    "charging",
    "online",
    "firmware",
    "status told",
    "clock ahead",
)

FLEET_COUNTS: Final = records(
    f"""
WITH {PLACES}
SELECT count(*) AS "mounted",
       count(*) FILTER (WHERE battery < {BATTERY_LOW} AND charging IS NOT TRUE) AS "battery low",
       count(*) FILTER (WHERE online IS FALSE) AS "offline",
       count(*) FILTER (WHERE belt_statuses.belt_id IS NULL) AS "never told a status"
FROM place
LEFT JOIN belt_statuses USING (belt_id)
WHERE belt_id IS NOT NULL""",
    "mounted",
    "battery low",
    "offline",
    "never told a status",
)

BARS_SHOWN_MOST: Final = 24

BATTERIES: Final = records(
    f"""
WITH {PLACES}
SELECT belt_id AS "belt", battery
FROM place
JOIN belt_statuses USING (belt_id)
WHERE battery IS NOT NULL
ORDER BY battery, belt_id
LIMIT {BARS_SHOWN_MOST}""",
    "belt",
    "battery",
)

CLOCKS: Final = records(
    f"""
WITH {PLACES}
SELECT belt_id AS "belt", clock_offset_ms AS "clock ahead"
FROM place
JOIN bed_states USING (belt_id)
ORDER BY abs(clock_offset_ms) DESC, belt_id
LIMIT {BARS_SHOWN_MOST}""",
    "belt",
    "clock ahead",
)
