"""How good the alarms of a centre were: which nights, from which records, and what is said of it.

The page, the JSON and the command line show the same.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerts.quality import Quality, measure, wants_outcome
from alerts.quality_findings import findings
from api.alarms_shown import AlarmView, AlarmWords
from api.nights import latest_night
from api.quality_words import Beds, FindingWords, finding_words
from api.services import Services
from api.viewer import Viewer
from api.ward import Ward, read_ward
from domain.alarms import Alarm
from domain.errors import NotFoundError
from domain.nights import night_of, noon_to_noon, zone
from domain.ports import AlarmBook, Register, Rosters, Rounds
from domain.residents import Center
from domain.rounds import PlannedRound, Round, planned_rounds

NIGHTS: Final = 28
"""As many as a personal baseline rests on: four of every weekday."""
NIGHTS_OFFERED: Final = (7, 28, 90)
UNFINISHED_SHOWN: Final = 20
MAX_NIGHTS: Final = 366
EARLIEST: Final = date(1971, 1, 3)
"""`MAX_NIGHTS` before it are still after 1970, from which instants count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityView:
    """The quality of a ward's alarms for a reader. `unfinished`: the newest that want an outcome."""

    ward: Ward
    quality: Quality
    findings: tuple[FindingWords, ...]
    unfinished: tuple[AlarmView, ...]
    latest: date

    @property
    def nights(self) -> int:
        return (self.quality.last - self.quality.first).days + 1


def asked_nights(
    tz: ZoneInfo, now: int, *, days: int = NIGHTS, first: date | None = None, last: date | None = None
) -> tuple[date, date]:
    """The first and the last night: `days` of them up to `last`, or up to the latest that is over at `now` (ms).

    NotFoundError for a night that is not over, for none, and for more than `MAX_NIGHTS`.
    """
    latest = latest_night(tz, now, whole=True)
    last = last or latest
    if not EARLIEST <= last <= latest or not 1 <= days <= MAX_NIGHTS:
        raise NotFoundError("nights that are over:", f"{days} up to {last}")
    first = first or last - timedelta(days=days - 1)
    if not 0 <= (last - first).days < MAX_NIGHTS:
        raise NotFoundError("nights that are over:", f"{first} to {last}")
    return first, last


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What quality is measured from."""

    register: Register
    alarms: AlarmBook
    rosters: Rosters
    rounds: Rounds


def measured(books: Books, center: Center, nights: tuple[date, date], *, now: int) -> tuple[Quality, list[Alarm]]:
    """The quality of a centre's alarms in these nights, from the records; and those alarms, oldest first."""
    (first, last), tz = nights, zone(center.timezone)
    start_at, end_at = noon_to_noon(first, last, tz)
    alarms = books.alarms.alarms_between(center.center_id, start_at, end_at)
    quality = measure(
        alarms,
        books.register.watched_spans(center.center_id, start_at, end_at),
        first,
        last,
        tz=tz,
        now=now,
        shifts=books.rosters.roster(center.center_id).shifts,
        planned=_planned(books.rounds.between(center.center_id, start_at, end_at), center, nights, now),
    )
    return quality, alarms


def _planned(rounds: Sequence[Round], center: Center, nights: tuple[date, date], now: int) -> list[PlannedRound]:
    """The rounds planned in these nights, from the first on in which one was walked: before, nobody kept them here."""
    tz = zone(center.timezone)
    walked: dict[date, list[Round]] = defaultdict(list)
    for each in rounds:
        if each.seen:
            walked[night_of(each.started_at, tz)].append(each)
    first, last = min(walked, default=date.max), nights[1]
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [one for day in days for one in planned_rounds(center.round_times, day, tz, walked[day], now)]


def read_quality(
    services: Services, viewer: Viewer, *, days: int, first: date | None, last: date | None
) -> QualityView:
    """The quality of the alarms of the viewer's centre as it stands now; see `asked_nights`."""
    ward, now = read_ward(services, viewer.center_id), services.clock.now()
    nights = asked_nights(ward.zone, now, days=days, first=first, last=last)
    books = Books(register=services.register, alarms=services.book, rosters=services.rosters, rounds=services.rounds)
    quality, alarms = measured(books, ward.center, nights, now=now)
    beds, words = Beds.of(ward.places), AlarmWords(services, ward, viewer)
    wanting = [alarm for alarm in reversed(alarms) if wants_outcome(alarm)][:UNFINISHED_SHOWN]
    return QualityView(
        ward=ward,
        quality=quality,
        findings=tuple(finding_words(one, beds, viewer.language) for one in findings(quality)),
        unfinished=tuple(words.view(alarm) for alarm in wanting),
        latest=latest_night(ward.zone, now, whole=True),
    )
