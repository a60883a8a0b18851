"""What is usual for one resident by hour of the night: how far it is known, for the page and for programs."""

from dataclasses import dataclass
from datetime import date, time

from api.bodies import Body
from api.languages import N_, Language
from api.nights import visible_resident
from api.services import Services
from api.viewer import Viewer
from domain.nights import NOON
from domain.usual import HOURS, NIGHTS_NEEDED

Between = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnHour:
    """Between what the rates are usual in the hour from local time `start` on; None while that is not known."""

    start: time
    heart_rate: Between | None
    breathing_rate: Between | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLevels:
    """A resident's own levels: `hours` are those that are known, from the evening on; none while warming up."""

    resident_id: str
    nights: int
    last_night: date | None
    hours: tuple[OwnHour, ...]

    @property
    def warming_up(self) -> bool:
        return not self.hours


def read_own_levels(services: Services, viewer: Viewer, resident_id: str) -> OwnLevels:
    """Of a resident whom the viewer may see. NotFoundError for others."""
    visible_resident(services, viewer, resident_id)
    for levels in services.usual.levels(resident_id):
        hours = [
            OwnHour(
                start=time((NOON.hour + hour) % HOURS),
                heart_rate=levels.between("heart_rate", hour),
                breathing_rate=levels.between("breathing_rate", hour),
            )
            for hour in range(HOURS)
        ]
        known = tuple(hour for hour in hours if hour.heart_rate or hour.breathing_rate)
        return OwnLevels(resident_id=resident_id, nights=levels.nights, last_night=levels.last_night, hours=known)
    return OwnLevels(resident_id=resident_id, nights=0, last_night=None, hours=())


WARMING_UP = N_(
    "Own levels are known after %(needed)s valid nights; %(so_far)s so far. Until then only the fixed limits raise "
    "alarms."
)
KNOWN = N_(
    "From %(nights)s valid nights up to that of %(day)s. What lies outside for long is told as unusual, and warning "
    "limits that nobody set move with it."
)


def own_words(own: OwnLevels, language: Language) -> str:
    """How far the levels are known, in a sentence."""
    if own.warming_up or own.last_night is None:
        return language.say(WARMING_UP, needed=NIGHTS_NEEDED, so_far=min(own.nights, NIGHTS_NEEDED))
    return language.say(KNOWN, nights=own.nights, day=language.long_day(own.last_night))


def own_rows(own: OwnLevels, language: Language) -> list[tuple[str, str, str]]:
    """Hour, heart rate and breathing rate as the page has them."""
    return [
        (f"{hour.start:%H:%M}", _range(hour.heart_rate, language), _range(hour.breathing_rate, language))
        for hour in own.hours
    ]


def _range(between: Between | None, language: Language) -> str:
    if between is None:
        return "–"
    low, high = (language.number(end) for end in between)
    return language.say("%(low)s to %(high)s", low=low, high=high)


class BetweenBody(Body):
    low: float
    high: float

    @classmethod
    def of(cls, between: Between | None) -> "BetweenBody | None":
        return None if between is None else cls(low=round(between[0], 1), high=round(between[1], 1))


class OwnHourBody(Body):
    """`start` is a local time; null means not known."""

    start: str
    heart_rate: BetweenBody | None
    breathing_rate: BetweenBody | None


class OwnLevelsBody(Body):
    """`nights` valid nights train the levels, `nights_needed` are needed; `hours` are those that are known."""

    resident_id: str
    warming_up: bool
    nights: int
    nights_needed: int
    last_night: date | None
    hours: list[OwnHourBody]

    @classmethod
    def of(cls, own: OwnLevels) -> "OwnLevelsBody":
        return cls(
            resident_id=own.resident_id,
            warming_up=own.warming_up,
            nights=own.nights,
            nights_needed=NIGHTS_NEEDED,
            last_night=own.last_night,
            hours=[
                OwnHourBody(
                    start=f"{hour.start:%H:%M}",
                    heart_rate=BetweenBody.of(hour.heart_rate),
                    breathing_rate=BetweenBody.of(hour.breathing_rate),
                )
                for hour in own.hours
            ],
        )
