"""The hand-over sheet: who was up, what was called, which belts need care."""

from datetime import timedelta

from domain.alarms import Category, Reason, Rule
from domain.belts import BeltStatus
from domain.reports import ExitFigures, KeptReport
from domain.units import HOUR_MS, MINUTE_MS
from tests.reports import NIGHT as DAY
from tests.reports import night_report
from tests.unit.api.conftest import Visit
from tests.unit.api.world import NIGHT, World

PAGE, PATH = f"/handover?night={DAY}", f"/api/handover?night={DAY}"


def keep(world: World, **changed: object) -> None:
    world.services.reports.put([KeptReport(report=night_report(**changed), computed_at=NIGHT, version=1)])


def row(told: dict[str, object], resident: str) -> dict[str, object]:
    rows = told["residents"]
    assert isinstance(rows, list)
    return next(each for each in rows if each["resident"] == resident)


def test_every_resident_is_named_told_of_or_not(world: World, visit: Visit) -> None:
    keep(world)
    told = visit("wang").get(PATH).json()
    assert row(told, "r1")["exits"] == 1
    assert row(told, "r2")["exits"] is None
    belts = {care["belt"]: care["why"] for care in told["belts"]}
    assert "The belt told nothing this night." in belts["belt2"]
    assert "belt1" not in belts


def test_what_is_outside_the_own_range_is_said_with_numbers(world: World, visit: Visit) -> None:
    for back in range(1, 11):
        keep(world, night=DAY - timedelta(days=back))
    keep(world, sleep_min=200.0, exits=ExitFigures(count=6, total_min=60.0, longest_min=20.0))
    unusual = row(visit("wang").get(PATH).json(), "r1")["unusual"]
    assert isinstance(unusual, list)
    assert any("3 hr, 20 min" in each or "3 hr 20 min" in each for each in unusual)
    assert any(each.startswith("Times out of bed: 6") for each in unusual)


def test_a_night_that_is_not_valid_is_compared_with_nothing(world: World, visit: Visit) -> None:
    for back in range(1, 11):
        keep(world, night=DAY - timedelta(days=back))
    keep(world, sleep_min=200.0, valid=False, coverage=0.5)
    told = visit("wang").get(PATH).json()
    assert row(told, "r1")["unusual"] == []
    assert any("50%" in why for care in told["belts"] for why in care["why"])


def test_low_batteries_and_belts_that_are_off_need_care(world: World, visit: Visit) -> None:
    keep(world)
    world.statuses.put([BeltStatus(belt_id="belt1", at=NIGHT, online=False, battery=9.0, charging=False)])
    (care,) = [each for each in visit("wang").get(PATH).json()["belts"] if each["belt"] == "belt1"]
    assert care["why"] == ["The belt says it is off.", "Battery at 9 %."]


def test_what_alarms_say_of_a_belt_stands_there_once(world: World, visit: Visit) -> None:
    world.tell(1, online=False)
    off = Reason(code=Rule.BELT_OFFLINE, facts={"limit_s": 120})
    world.raise_alarm(1, Rule.BELT_OFFLINE, category=Category.TECHNICAL, reason=off)
    for _ in range(2):
        world.clear(world.raise_alarm(1, Rule.SIGNAL_POOR, category=Category.TECHNICAL).alarm.alarm_id)
    belts = {care["belt"]: care["why"] for care in visit("wang").get("/api/handover").json()["belts"]}
    assert belts["belt1"][0].startswith("The belt has been offline for longer than 2 min")
    assert belts["belt1"][1] == "Poor signal, 2 times this night."
    assert "The belt says it is off." not in belts["belt1"]
    assert visit("wang").get("/handover").text.count("– Over by itself</span>") == 2


def test_calls_and_how_soon_they_were_taken(world: World, visit: Visit) -> None:
    nurse = visit("wang")
    alarm = world.raise_alarm(1).alarm
    world.clock.at += 2 * MINUTE_MS
    nurse.send(f"/api/alarms/{alarm.alarm_id}/acknowledge")
    told = nurse.get("/api/handover").json()
    assert (told["answers"]["called"], told["answers"]["answered"], told["answers"]["open"]) == (1, 1, 1)
    assert told["answers"]["median_ms"] == world.clock.at - alarm.raised_at
    assert row(told, alarm.resident_id)["alarms"] == 1
    assert told["running"]


def test_the_page_says_the_same_in_both_languages(world: World, visit: Visit) -> None:
    keep(world)
    page = visit("wang").get(PAGE).text
    assert "Hand-over" in page
    assert "8 hr 15 min" in page or "8 hr, 15 min" in page
    zh = visit("wang")
    zh.get("/language/zh-CN")
    assert "交接班" in zh.get(PAGE).text


def test_a_family_sees_no_sheet_and_nobody_a_night_to_come(visit: Visit) -> None:
    assert visit("son").get(PATH).status_code in {403, 404}
    assert visit("wang").get(f"/api/handover?night={DAY + timedelta(days=9)}").status_code == 404


def test_nights_of_another_centre_are_its_own(world: World, visit: Visit) -> None:
    keep(world)
    told = visit("oak").get(PATH).json()
    assert "r1" not in {each["resident"] for each in told["residents"]}
    assert told["end_at"] - told["start_at"] == 16 * HOUR_MS
