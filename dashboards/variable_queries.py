"""The variables' questions to PostgreSQL: `__value` is what queries get, `__text` what is shown."""

from typing import Final

from dashboards.dataqueries import records
from dashboards.records_parts import FAR_AHEAD_MS, FROM_MS, HERE, OF_RESIDENT, TO_MS, at, label

CENTERS: Final = records(
    """
SELECT center_id AS __value, center_id AS __text
FROM centers
ORDER BY center_id""",
    "__value",
    "__text",
)

ROOMS: Final = records(
    """
SELECT room_id AS __value, name AS __text
FROM rooms
WHERE center_id = ${center:sqlstring}
ORDER BY name""",
    "__value",
    "__text",
)

_STAY_TOUCHES_RANGE: Final = f"stays.start_at <= {TO_MS} AND coalesce(stays.end_at, {FAR_AHEAD_MS}) > {FROM_MS}"

RESIDENTS: Final = records(
    f"""
SELECT __value, __text
FROM (
  SELECT DISTINCT ON (resident_id) resident_id AS __value,
         {label("rooms.name", "beds.name", "beds.side")} || ' · ' || resident_id AS __text
  FROM stays
  JOIN beds USING (bed_id, side)
  JOIN rooms USING (center_id, room_id)
  WHERE {HERE} AND {_STAY_TOUCHES_RANGE}
  ORDER BY resident_id, stays.start_at DESC
) AS latest
ORDER BY __text""",
    "__value",
    "__text",
)

_SPAN_FROM: Final = "greatest(stays.start_at, mountings.start_at)"
_SPAN_TO: Final = f"least(coalesce(stays.end_at, {FAR_AHEAD_MS}), coalesce(mountings.end_at, {FAR_AHEAD_MS}))"
SPAN_PARTS: Final = ("belt", "span_from", "span_to")
"""What the value of the variable `span` holds, parted by slashes; no id has one."""

SPANS: Final = records(
    f"""
SELECT concat_ws('/', mountings.belt_id, {_SPAN_FROM}, {_SPAN_TO}) AS __value,
       mountings.belt_id || ' · ' || {label("rooms.name", "beds.name", "beds.side")} || ' · from '
         || to_char({at(_SPAN_FROM)} AT TIME ZONE centers.timezone, 'YYYY-MM-DD HH24:MI') AS __text
FROM stays
JOIN mountings USING (bed_id, side)
JOIN beds USING (bed_id, side)
JOIN rooms USING (center_id, room_id)
JOIN centers USING (center_id)
WHERE {OF_RESIDENT} AND {_SPAN_FROM} < {_SPAN_TO} AND {_SPAN_FROM} <= {TO_MS} AND {_SPAN_TO} > {FROM_MS}
ORDER BY {_SPAN_FROM} DESC""",
    "__value",
    "__text",
)
"""Which belt reported for the resident, when: one line a stay on one bed with one belt, the latest first."""


SPAN_PART: Final = {
    part: records(
        f"SELECT coalesce(nullif(split_part(${{span:sqlstring}}, '/', {place}), ''), '{nothing}') AS {part}", part
    )
    for place, (part, nothing) in enumerate(zip(SPAN_PARTS, ("none", "0", "0"), strict=True), start=1)
}
"""The parts of the chosen span. A resident without a belt gets a span that holds nothing, not a broken query."""
