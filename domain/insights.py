"""What was different about a night, as numbers; the pages put it into words in the reader's language."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Figure(StrEnum):
    """A nightly figure that is compared with the person's own nights."""

    RESTING_HEART_RATE = "resting-heart-rate"
    BREATHING_RATE = "breathing-rate"
    EXITS = "exits"
    RESTLESSNESS = "restlessness"
    SLEEP_TIME = "sleep-time"


class InsightKind(StrEnum):
    """ODD_NIGHT: this night alone is unusual. SHIFT: the level has moved over several nights."""

    ODD_NIGHT = "odd-night"
    SHIFT = "shift"


class Sureness(StrEnum):
    """How far beyond the limit it is, and on how many nights the comparison rests."""

    POSSIBLE = "possible"
    LIKELY = "likely"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight:
    """`value` is the night's figure (ODD_NIGHT) or the level it has moved to (SHIFT); `usual` and `spread` the
    person's median and robust standard deviation, all in the figure's unit (bpm, breaths/min, count, share, min).

    `since` is the night from which it holds; `nights` how many nights the comparison rests on.
    """

    kind: InsightKind
    figure: Figure
    night: date
    value: float
    usual: float
    spread: float
    since: date
    nights: int
    sureness: Sureness

    @property
    def higher(self) -> bool:
        return self.value > self.usual
