"""Units and clocks, said once.

Names carry their unit only where a type does not; these never do:

- `heart_rate` is beats per minute; `breathing_rate` is breaths per minute.
- `movement` and `signal_quality` run from 0 to 100.
- `turn_overs` is a count since the previous reading of the same belt.
- `sleep_stage` is what the belt's maker takes the sleeper for, and not our own estimate.
- Every `*_at` is an instant: milliseconds since 1970-01-01T00:00:00Z, an `int` (`int64` in columns).
- Every `*_ms` / `*_s` / `*_min` is a length of time in that unit.
- `observed_at` is the belt's clock, `received_at` is ours. Rules and charts use the former, staleness the latter.
"""

from typing import Final

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

NEVER: Final = 2**62
"""An instant that does not come; larger than every real one and safe to add lengths of time to."""
LONG_AGO: Final = -(2**62)
"""An instant before every real one."""
