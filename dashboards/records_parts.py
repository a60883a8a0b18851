"""What the questions to PostgreSQL share. Tables are those of `storage/tables/`: epoch ms, choices by their values.

`${center:sqlstring}` and the like are Grafana's variables, `$__unixEpochFrom()` and the like its macros; a macro's
arguments hold no closing parenthesis. Nothing here reads a name of a person.
"""

from typing import Final

FAR_AHEAD_MS: Final = 4_102_444_800_000
"""An end for what lasts: 2100-01-01, which InfluxDB can still hold."""

FROM_MS: Final = "$__unixEpochFrom() * 1000::bigint"
TO_MS: Final = "$__unixEpochTo() * 1000::bigint"

HERE: Final = "center_id = ${center:sqlstring} AND room_id IN (${room:sqlstring})"

PLACES: Final = f"""\
place AS (
  SELECT beds.room_id, rooms.name AS room, beds.bed_id, beds.name AS bed, beds.side,
         mountings.belt_id, stays.resident_id
  FROM beds
  JOIN rooms USING (center_id, room_id)
  LEFT JOIN mountings
    ON mountings.bed_id = beds.bed_id AND mountings.side = beds.side AND mountings.end_at IS NULL
  LEFT JOIN stays ON stays.bed_id = beds.bed_id AND stays.side = beds.side AND stays.end_at IS NULL
  WHERE beds.{HERE} AND beds.retired_at IS NULL
)"""
"""Every bed as it stands now, one row a side, with belt and resident where there are any."""

TOLD: Final = f"""\
spot AS (
  SELECT DISTINCT ON (beds.bed_id) beds.bed_id, beds.room_id, rooms.name AS room, beds.name AS bed
  FROM beds
  JOIN rooms USING (center_id, room_id)
  WHERE beds.{HERE}
  ORDER BY beds.bed_id, beds.added_at DESC
), told AS (
  SELECT alarm_id, rule, priority, resident_id, state, began_at, raised_at, acknowledged_at, cleared_at, resolved_at,
         outcome, spot.room_id, spot.room, spot.bed
  FROM alarms
  LEFT JOIN spot USING (bed_id)
  WHERE center_id = ${{center:sqlstring}}
    AND (spot.bed_id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM beds WHERE beds.bed_id = alarms.bed_id))
    AND NOT EXISTS (
      SELECT 1 FROM alarm_events WHERE alarm_events.alarm_id = alarms.alarm_id AND alarm_events.kind = 'recorded'
    )
)"""
"""Alarms of which somebody was told, of the beds there ever were in the rooms chosen, and those of no bed at all.

An alarm knows its bed and not the side. One that was over before it could be raised was told to nobody.
"""

RAISED: Final = f"raised_at >= {FROM_MS} AND raised_at <= {TO_MS}"
EACH_INTERVAL: Final = "$__unixEpochGroupAlias(raised_at / 1000, $__interval, {fill})"
ANSWERED_AFTER: Final = "acknowledged_at - raised_at"
OF_RESIDENT: Final = "resident_id = ${resident:sqlstring}"

IN_BED: Final = "resident_id IS NOT NULL AND occupancy = 1"
OUT_OF_BED: Final = "resident_id IS NOT NULL AND occupancy = 0"
UNKNOWN: Final = "resident_id IS NOT NULL AND belt_id IS NOT NULL AND coalesce(occupancy, -1) = -1"
"""Of `place` with `bed_states`: a belt that never reported is unknown, as one that cannot tell is."""


def at(column: str) -> str:
    """The instant (ms) in a column as a time Grafana knows."""
    return f"to_timestamp({column} / 1000.0)"


def label(room: str, bed: str, side: str) -> str:
    """Room and bed in words, with the side of a shared bed."""
    return f"{room} || ' · ' || {bed} || CASE WHEN {side} = 'whole' THEN '' ELSE ' ' || {side} END"
