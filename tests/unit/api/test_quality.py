"""The quality of alarms as page and as JSON."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time

import pytest

from alerts.quality import measure
from alerts.shares import Lengths, Share
from api import quality_bars
from api.languages import read_languages
from api.quality import asked_nights
from api.quality_words import length_words, lengths_words, share_words
from domain.alarms import Outcome, Rule
from domain.errors import NotFoundError
from domain.nights import zone
from domain.ports import BedEntry
from domain.residents import Center
from domain.roster import Duty, Post, Shift
from domain.units import DAY_MS, MINUTE_MS
from tests.unit.api.conftest import Visit
from tests.unit.api.world import NIGHT, World

LATEST = date(2026, 11, 21)
"""The latest night that is over at 03:12 on 23 November."""


def tell(world: World, visit: Visit, outcomes: Sequence[Outcome | None], n: int = 1, back: int = 2) -> None:
    """One alarm of resident `n` for each, some nights back: taken after a minute, closed by what was found."""
    nurse = visit("wang")
    for i, outcome in enumerate(outcomes):
        world.clock.at = NIGHT - back * DAY_MS + i * 3 * MINUTE_MS
        path = f"/api/alarms/{world.raise_alarm(n).alarm.alarm_id}"
        world.clock.at += MINUTE_MS
        nurse.send(f"{path}/acknowledge")
        if outcome is not None:
            nurse.send(f"{path}/resolve", {"outcome": outcome})
    world.clock.at = NIGHT


def test_shares_come_with_what_they_are_made_of(world: World, visit: Visit) -> None:
    tell(world, visit, [Outcome.HELPED, Outcome.FALSE_ALARM, Outcome.NO_HELP_NEEDED, Outcome.NO_HELP_NEEDED])
    told = visit("ada").get("/api/quality?days=7").json()
    assert (told["center"], told["first"], told["last"]) == ("elm", "2026-11-15", "2026-11-21")
    assert told["bed_nights"] == 7 * 8
    assert told["nuisance"] == {"count": 1, "bed_nights": 56, "value": 0.0179}
    assert told["no_help_needed"]["count"] == 2
    (rule,) = told["rules"]
    assert rule["rule"] == Rule.LEAVE_BED_NOT_BACK
    assert rule["figures"]["right"] == {
        "count": 3,
        "of": 4,
        "value": 0.75,
        "low": 0.3006,
        "high": 0.9544,
        "enough": False,
    }
    assert rule["figures"]["response"] == {"count": 4, "p50_s": 60.0, "p90_s": 60.0}
    assert rule["not_needed_from"] == [{"bed": "b1", "resident": "r1", "alarms": 2}]
    assert told["findings"] == []
    assert sum(night["alarms"] for night in told["nights"]) == 4


def test_nothing_is_no_percentage(visit: Visit) -> None:
    told = visit("ada").get("/api/quality").json()
    assert told["all"]["right"] == {"count": 0, "of": 0, "value": None, "low": None, "high": None, "enough": False}
    assert (told["rules"], told["nuisance"]["value"]) == ([], 0.0)
    assert "No alarm called anybody in these nights." in visit("ada").get("/quality").text


def test_the_page_says_what_to_look_at_and_where(world: World, visit: Visit) -> None:
    tell(world, visit, [Outcome.NO_HELP_NEEDED] * 6 + [Outcome.HELPED] * 2, n=1)
    tell(world, visit, [Outcome.HELPED] * 3, n=2, back=3)
    page = visit("ada").get("/quality").text
    assert "Not back in bed: in 6 of 11 nobody needed help (54%)." in page
    assert "Consider a longer limit" in page
    assert 'href="/residents/r1#settings">101-A</a> <small>6 times' in page
    assert "11 of 11; 74% to 100%" in page
    zh = visit("ada")
    zh.get("/language/zh-CN")
    assert "11次中有6次无需帮助" in zh.get("/quality").text


def test_alarms_without_an_outcome_lead_to_where_it_can_be_given(world: World, visit: Visit) -> None:
    tell(world, visit, [None, Outcome.HELPED])
    waiting, *_ = world.book.alarms_of("r1", 0, NIGHT)
    ada = visit("ada")
    assert "The newest alarms without" not in ada.get("/quality").text
    world.clear(waiting.alarm_id)
    assert f'<a href="/alarms/{waiting.alarm_id}">101-A' in ada.get("/quality").text
    ada.post(f"/alarms/{waiting.alarm_id}/resolve", {"outcome": "no-help-needed"})
    assert "The newest alarms without" not in ada.get("/quality").text
    assert ada.get("/api/quality").json()["no_help_needed"]["count"] == 1


def test_few_outcomes_are_said_to_be_few(world: World, visit: Visit) -> None:
    tell(world, visit, [Outcome.FALSE_ALARM, Outcome.HELPED])
    assert "not enough outcomes yet" in visit("ada").get("/quality").text


def test_a_resident_who_left_has_no_link(world: World, visit: Visit) -> None:
    tell(world, visit, [Outcome.FALSE_ALARM] * 10, n=1)
    (place,) = [place for place in world.register.places(NIGHT) if place.bed_id == "b1"]
    stayed = [place for place in world.register.places(NIGHT) if place.center.center_id == "elm"]
    assert place in stayed
    world.services.register.enroll(place.center, [_emptied(place.bed_id)], NIGHT - MINUTE_MS)
    page = visit("ada").get("/quality").text
    assert "<li>1-1 <small>10 times" in page
    assert "/residents/r1#" not in page


def _emptied(bed_id: str) -> BedEntry:
    return BedEntry(room_id="room101", room="1", bed_id=bed_id, bed="1")


@pytest.mark.parametrize("login", ["wang", "son", "alone"])
def test_only_who_may_judge_sees_it(visit: Visit, login: str) -> None:
    assert visit(login).get("/quality").status_code == 403
    assert visit(login).get("/api/quality").status_code == 403


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("days=1", 200),
        ("from=2026-11-01&to=2026-11-21", 200),
        ("to=2026-11-22", 404),
        ("from=2026-11-21&to=2026-11-20", 404),
        ("from=2025-11-20&to=2026-11-21", 404),
        ("to=0001-01-01", 404),
        ("days=0", 422),
        ("days=400", 422),
        ("from=soon", 422),
    ],
)
def test_nights_that_can_be_asked_for(visit: Visit, asked: str, status: int) -> None:
    ada = visit("ada")
    assert ada.get(f"/quality?{asked}").status_code == status
    assert ada.get(f"/api/quality?{asked}").status_code == status


def test_the_latest_night_is_the_last_that_is_over() -> None:
    shanghai = zone("Asia/Shanghai")
    assert asked_nights(shanghai, NIGHT, days=2) == (date(2026, 11, 20), LATEST)
    with pytest.raises(NotFoundError):
        asked_nights(shanghai, NIGHT, last=date(2026, 11, 22))


def test_bars_are_as_long_as_their_counts(world: World) -> None:
    made = replace(world.build_alarm(1), outcome=Outcome.FALSE_ALARM, resolved_at=NIGHT + MINUTE_MS)
    made = replace(made, acknowledged_at=NIGHT + 6 * MINUTE_MS)
    helped = replace(made, outcome=Outcome.HELPED)
    first = date(2026, 11, 22)
    told = measure([made, helped, made, made], [], first, first, tz=zone("Asia/Shanghai"), now=NIGHT)
    assert [(part.kind, part.x, part.width) for part in quality_bars.row(told.all)] == [
        ("good", 0.0, 25.0),
        ("false", 25.0, 75.0),
    ]
    nights = quality_bars.by_night(told)
    assert (nights.most, nights.width) == (4, quality_bars.STEP)
    assert [(part.kind, part.y, part.height) for part in nights.parts] == [("false", 15.0, 45.0), ("others", 0.0, 15.0)]
    hours = quality_bars.by_hour(told)
    assert {part.x for part in hours.parts} == {15 * quality_bars.STEP + 1}


@pytest.mark.parametrize(
    ("length_s", "said"),
    [(0, "0 sec"), (59, "59 sec"), (60, "1 min"), (89, "1 min 29 sec"), (600, "10 min"), (659, "10 min")],
)
def test_lengths_are_to_the_second_where_it_matters(length_s: int, said: str) -> None:
    assert length_words(length_s * 1000, read_languages()["en"]) == said


def test_of_a_few_lengths_the_longest_is_told() -> None:
    english = read_languages()["en"]
    assert lengths_words(Lengths.of([60_000, 90_000]), english) == ("1 min", "longest 1 min 30 sec; of 2")
    assert lengths_words(Lengths.of([60_000] * 10), english) == ("1 min", "9 of 10 within 1 min; of 10")
    assert lengths_words(Lengths.of([]), english) == ("–", "")


def test_a_percentage_is_for_ten_and_more() -> None:
    english = read_languages()["en"]
    assert share_words(Share(count=0, of=0), english) == ("–", "")
    assert share_words(Share(count=3, of=9), english) == ("3 of 9", "not enough outcomes yet")
    assert share_words(Share(count=3, of=9), english, of_outcomes=False) == ("3 of 9", "")
    assert share_words(Share(count=5, of=10), english) == ("50%", "5 of 10; 23% to 76%")


def test_by_the_shifts_of_the_roster_and_of_nobody(world: World, visit: Visit) -> None:
    tell(world, visit, [Outcome.FALSE_ALARM, Outcome.HELPED])
    assert visit("ada").get("/api/quality").json()["shifts"] == []
    night = Shift(shift_id="night", name="Nachtdienst", start=time(22), end=time(6, 30))
    duty = Duty(shift_id="night", weekday=4, post=Post.A, person_id="p-wang")
    world.services.rosters.plan("elm", [night], [duty])
    (told,) = visit("ada").get("/api/quality").json()["shifts"]
    assert (told["shift"], told["start"], told["end"]) == ("night", "22:00:00", "06:30:00")
    assert (told["figures"]["alarms"], told["nuisance"]["count"]) == (2, 1)
    page = visit("ada").get("/quality").text
    assert "Nachtdienst<small>22:00–06:30</small>" in page
    assert "王芳" not in page
    assert "p-wang" not in visit("ada").get("/api/quality").text


def test_planned_rounds_count_from_the_first_night_on_which_one_was_walked(world: World, visit: Visit) -> None:
    world.register.enroll(Center(center_id="elm", name="Elm House", round_times=(time(22), time(2))), [], NIGHT)
    assert visit("ada").get("/api/quality").json()["rounds"]["done"]["of"] == 0
    assert "Planned rounds done" not in visit("ada").get("/quality").text
    nurse = visit("wang")
    world.clock.at = NIGHT - 3 * DAY_MS - 60 * MINUTE_MS
    path = f"/api/rounds/{nurse.send('/api/rounds').json()['round_id']}"
    nurse.send(f"{path}/seen", {"room": "room101"})
    world.clock.at = NIGHT
    told = visit("ada").get("/api/quality").json()["rounds"]
    assert (told["done"]["count"], told["done"]["of"], told["partial"], told["missing"]) == (0, 6, 1, 5)
    assert "1 in part, 5 missing" in visit("ada").get("/quality").text
