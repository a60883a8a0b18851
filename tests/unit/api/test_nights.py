"""A resident's nights and settings, as page and as JSON."""

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from api.nights import latest_night, marks, night_named
from domain.clock import instant
from domain.errors import NotFoundError
from domain.residents import LeaveBedSettings, NightWindow
from domain.units import HOUR_MS, MINUTE_MS
from tests.unit.api.conftest import Visit
from tests.unit.api.world import NIGHT, World

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
LAST_NIGHT = instant(datetime(2026, 11, 21, 18, tzinfo=SHANGHAI))


def at(*moment: int) -> int:
    return instant(datetime(*moment, tzinfo=SHANGHAI))  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("now", "begun", "over"),
    [
        (at(2026, 11, 22, 17, 59), 21, 21),
        (at(2026, 11, 22, 18, 0), 22, 21),
        (at(2026, 11, 23, 3, 0), 22, 21),
        (at(2026, 11, 23, 9, 59), 22, 21),
        (at(2026, 11, 23, 10, 0), 22, 22),
        (at(2026, 11, 23, 12, 0), 22, 22),
    ],
)
def test_which_night_is_the_latest(now: int, begun: int, over: int) -> None:
    assert latest_night(SHANGHAI, now, whole=False) == date(2026, 11, begun)
    assert latest_night(SHANGHAI, now, whole=True) == date(2026, 11, over)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 10, 24), 17), (date(2026, 3, 28), 15), (date(2026, 6, 1), 16)])
def test_a_night_is_as_long_as_the_clocks_make_it(day: date, hours: int) -> None:
    night = night_named(day, BERLIN, NIGHT)
    assert night.end_at - night.start_at == hours * HOUR_MS
    assert marks(night)[0] == night.start_at
    assert marks(night)[-1] == night.closes_at


@pytest.mark.parametrize("day", [date(2026, 11, 24), date.max, date.min])
def test_a_night_that_has_not_begun_is_not_there(day: date) -> None:
    with pytest.raises(NotFoundError):
        night_named(day, SHANGHAI, NIGHT)


def test_the_night_as_json(world: World, visit: Visit) -> None:
    world.write_night(1, LAST_NIGHT, "o" * 120 + "i" * 240 + "o" * 10 + "i" * 230 + " " * 60 + "i" * 240 + "o" * 60)
    world.raise_alarm(1)
    night = visit("wang").get("/api/residents/r1/nights/2026-11-21").json()
    assert night["in_bed_ms"] == 710 * MINUTE_MS
    assert night["unknown_ms"] == 60 * MINUTE_MS
    assert night["coverage"] == round(900 / 960, 4)
    assert [gone["back_at"] - gone["left_at"] for gone in night["exits"]] == [10 * MINUTE_MS]
    assert night["rose_at"] == LAST_NIGHT + 900 * MINUTE_MS
    assert (night["mean_heart_rate"], night["running"]) == (61.0, False)
    assert night["alarms"] == []


def test_the_page_tells_the_same_and_is_honest_about_gaps(world: World, visit: Visit) -> None:
    world.write_night(1, LAST_NIGHT, "i" * 300 + "o" * 12 + "i" * 348 + " " * 240 + "i" * 60)
    page = visit("wang").get("/residents/r1?night=2026-11-21").text
    for words in (
        "11 hr 48 min",
        "1 time",
        "12 min in all, longest 12 min",
        "75%",
        "For 4 hr nothing is known",
        "Out of bed 23:00 to 23:12",
    ):
        assert words in page


def test_a_night_without_a_word_from_the_belt(visit: Visit) -> None:
    assert "The belt reported nothing this night" in visit("wang").get("/residents/r1?night=2026-11-20").text


def test_staff_get_the_night_that_runs_and_a_family_the_last_whole_one(world: World, visit: Visit) -> None:
    world.raise_alarm(1)
    staff, family = visit("wang").get("/residents/r1").text, visit("son").get("/residents/r1").text
    assert "This night is not over" in staff
    assert "November 22" in staff
    assert "Not back in bed" in staff
    assert "November 21" in family
    assert "Not back in bed" not in family
    assert 'id="settings"' not in staff + family
    assert visit("son").get("/api/residents/r1/nights/2026-11-21").json()["alarms"] is None


def test_a_family_does_not_see_the_night_that_runs(world: World, visit: Visit) -> None:
    son, wang = visit("son"), visit("wang")
    for path in ("/residents/r1?night=2026-11-22", "/api/residents/r1/nights/2026-11-22"):
        assert wang.get(path).status_code == 200
        assert son.get(path).status_code == 404
    after = "?night=2026-11-22"
    assert after in wang.get("/residents/r1?night=2026-11-21").text
    assert after not in son.get("/residents/r1?night=2026-11-21").text
    assert "?night=2026-11-21" in son.get("/residents/r1?night=2026-11-20").text
    world.clock.at = at(2026, 11, 23, 10, 0)
    assert son.get("/residents/r1?night=2026-11-22").status_code == 200


@pytest.mark.parametrize("day", ["2026-11-23", "9999-12-31", "0001-01-01"])
def test_no_page_for_nights_to_come(visit: Visit, day: str) -> None:
    assert visit("wang").get(f"/residents/r1?night={day}").status_code == 404
    assert visit("wang").get(f"/api/residents/r1/nights/{day}").status_code == 404


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", ""])
def test_nonsense_dates_are_refused(visit: Visit, day: str) -> None:
    assert visit("wang").get(f"/residents/r1?night={day}").status_code in (200, 422)
    assert visit("wang").get(f"/api/residents/r1/nights/{day or 'x'}").status_code == 422


GOOD: dict[str, object] = {
    "immediate": "on",
    "immediate_after_s": "20",
    "away_limit_min": "30",
    "window_from": ["22:00", "12:30", ""],
    "window_to": ["05:30", "14:00", ""],
}


def test_an_admin_changes_the_settings(world: World, visit: Visit) -> None:
    ada = visit("ada")
    answer = ada.post("/residents/r1/settings", GOOD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/residents/r1#settings")
    assert world.register.resident("r1").leave_bed == LeaveBedSettings(
        immediate=True,
        immediate_after_s=20,
        not_back=False,
        away_limit_min=30,
        windows=(
            NightWindow(start=time(22, 0), end=time(5, 30)),
            NightWindow(start=time(12, 30), end=time(14, 0)),
        ),
    )
    assert world.changes == ["register"]
    assert "Saved." not in ada.get("/residents/r2").text
    page = ada.get("/residents/r1").text
    assert "Saved." in page
    assert 'value="22:00"' in page
    assert "Saved." not in ada.get("/residents/r1?saved=1").text


def test_hours_can_be_removed(world: World, visit: Visit) -> None:
    visit("ada").post("/residents/r1/settings", {**GOOD, "remove": ["0", "1"]})
    assert world.register.resident("r1").leave_bed.windows == ()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"immediate_after_s": "601"}, "Out of bed for (seconds): write a whole number from 0 to 600."),
        ({"immediate_after_s": "x"}, "Out of bed for (seconds): write a whole number"),
        ({"away_limit_min": "0"}, "Not back within (minutes): write a whole number from 1 to 240."),
        ({"away_limit_min": ""}, "Not back within (minutes): write a whole number from 1 to 240."),
        ({"away_limit_min": "²"}, "Not back within (minutes): write a whole number from 1 to 240."),
        ({"window_to": ["", "14:00", ""]}, "Hours 1: write both from and to"),
        ({"window_from": ["22:00", "25:00", ""]}, "Hours 2: write times as 21:00."),
        ({"window_from": ["22:00", "noon", ""]}, "Hours 2: write times as 21:00."),
        ({"window_from": ["01:00"] * 7, "window_to": ["02:00"] * 7}, "Hours: at most 6."),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(
    world: World, visit: Visit, wrong: dict[str, object], message: str
) -> None:
    answer = visit("ada").post("/residents/r1/settings", {**GOOD, **wrong})
    assert answer.status_code == 422
    assert message in answer.text
    assert world.register.resident("r1").leave_bed == LeaveBedSettings()
    assert world.changes == []


def test_a_refused_form_opens_at_its_faults(visit: Visit) -> None:
    wrong = {**GOOD, "away_limit_min": "0", "window_from": ["22:00", "noon", ""]}
    page = visit("ada").post("/residents/r1/settings", wrong).text
    assert 'action="/residents/r1/settings#settings"' in page
    fields = re.findall(r"<input[^>]*aria-invalid[^>]*>", page)
    assert [re.findall(r'name="(\w+)"', field)[0] for field in fields] == ["away_limit_min", "window_from", "window_to"]
    assert ['id="settings" autofocus' in field for field in fields] == [True, False, False]
    assert page.count('id="settings"') == 1


def test_settings_that_raise_nothing_say_so(visit: Visit) -> None:
    ada = visit("ada")
    off = {name: value for name, value in GOOD.items() if name != "immediate"}
    hints = ("With both switched off there are no", "Without hours there are no", "From and to are the same")
    for form, said in [
        (GOOD, []),
        (off, [hints[0]]),
        ({**GOOD, "remove": ["0", "1"]}, [hints[1]]),
        ({**GOOD, "window_to": ["22:00", "14:00", ""]}, [hints[2]]),
    ]:
        ada.post("/residents/r1/settings", form)
        page = ada.get("/residents/r1").text.partition('id="vitals"')[0]
        assert [hint for hint in hints if hint in page] == said


def test_an_admin_of_another_centre_cannot_change_them(world: World, visit: Visit) -> None:
    assert visit("ada").post("/residents/r99/settings", GOOD).status_code == 404


def test_utc_is_not_local() -> None:
    late = instant(datetime(2026, 11, 22, 20, tzinfo=UTC))
    assert latest_night(SHANGHAI, late, whole=False) == date(2026, 11, 22)
