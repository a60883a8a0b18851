"""A night's report as JSON: from the store when it is there, else from the readings."""

from dataclasses import replace
from datetime import timedelta

import pytest

from api.nights import night_named
from api.reports import report_now
from api.ward import read_ward
from domain.readings import SleepStage
from domain.reports import Epochs, KeptReport, MakerStage, MakerStages, SleepState
from domain.units import MINUTE_MS
from tests.reports import NIGHT as DAY
from tests.reports import START_AT, night_report
from tests.unit.api.conftest import Visit
from tests.unit.api.world import NIGHT, World, build_world

MAKER = MakerStages(share=0.96, sleep_min=480.0, awake=0.08, light=0.6, deep=0.12, rem=0.2, agreement=0.875)
PATH = f"/api/residents/r1/nights/{DAY}/report"


def with_maker() -> Epochs:
    """The night's epochs with the maker's stages beside ours."""
    epochs = night_report().epochs
    light = tuple(None if state is SleepState.OUT else MakerStage.LIGHT for state in epochs.states)
    return replace(epochs, maker=light)


def keep(world: World, **changed: object) -> None:
    world.services.reports.put([KeptReport(report=night_report(**changed), computed_at=NIGHT, version=1)])


def test_the_stored_report_is_told(world: World, visit: Visit) -> None:
    keep(world)
    told = visit("wang").get(PATH).json()
    assert (told["sleep_min"], told["score"], told["method"]) == (495.0, 84.0, "hand-made-1")
    assert told["exits"] == {
        "count": 1,
        "total_min": 10.0,
        "longest_min": 10.0,
        "spans": [{"left": "2026-11-22T02:00:00+08:00", "back": "2026-11-22T02:10:00+08:00"}],
    }
    assert told["epochs"]["start"] == "2026-11-21T18:00:00+08:00"
    assert (told["epochs"]["length_s"], len(told["epochs"]["states"])) == (60, 960)
    assert told["epochs"]["depth"][200] == "light"


def test_what_the_maker_tells_is_told_as_the_makers(world: World, visit: Visit) -> None:
    keep(world, maker_stages=MAKER, epochs=with_maker())
    told = visit("wang").get(PATH).json()
    assert told["maker_stages"] == {
        "share": 0.96,
        "sleep_min": 480.0,
        "awake": 0.08,
        "light": 0.6,
        "deep": 0.12,
        "rem": 0.2,
        "agreement": 0.875,
    }
    assert (len(told["epochs"]["maker"]), told["epochs"]["maker"][200]) == (960, "light")
    page = visit("wang").get(f"/residents/r1?night={DAY}").text
    assert "By the belt&#39;s maker" in page
    assert "light sleep 60% · deep sleep 12% · REM sleep 20% · awake 8%" in page
    assert "This is the estimate of the belt&#39;s maker, given for 96% of the time in bed." in page
    assert "It agrees with ours on asleep or awake in 87%." in page


def test_a_belt_whose_maker_tells_nothing_has_no_such_row(world: World, visit: Visit) -> None:
    keep(world)
    told = visit("wang").get(PATH).json()
    assert (told["maker_stages"], told["epochs"]["maker"]) == (None, None)
    assert "By the belt&#39;s maker" not in visit("wang").get(f"/residents/r1?night={DAY}").text


def test_a_family_hears_that_makers_overstate_more(world: World, visit: Visit) -> None:
    keep(world, method="maker-stage/1", marks=("maker-stage",))
    assert "it may be up to 1 hr 40 min less" in visit("son").get(f"/residents/r1?night={DAY}").text


def test_without_one_it_is_worked_out_and_not_kept(world: World, visit: Visit) -> None:
    world.write_night(1, START_AT, "o" * 180 + "i" * 300 + "o" * 12 + "i" * 228 + "o" * 240)
    told = visit("wang").get(PATH).json()
    assert (told["exits"]["count"], told["exits"]["total_min"]) == (1, 12.0)
    assert world.services.reports.get("r1", DAY) is None


@pytest.mark.parametrize(("centers", "by_maker"), [((), False), (("oak",), False), (("elm",), True)])
def test_what_is_worked_out_goes_by_the_maker_where_the_centre_wants_it(
    centers: tuple[str, ...], *, by_maker: bool
) -> None:
    world = build_world(maker_centers=centers)
    world.write_night(1, START_AT, "o" * 180 + "i" * 540 + "o" * 240, stage=SleepStage.LIGHT)
    ward = read_ward(world.services, "elm")
    report = report_now(world.services, ward, "r1", night_named(DAY, ward.zone, world.services.clock.now()))
    assert report is not None
    assert report.maker_stages is not None
    assert report.maker_stages.light == 1.0
    assert ("maker-stage" in report.marks) == by_maker


def test_the_night_that_runs_is_told_as_far_as_it_went(world: World, visit: Visit) -> None:
    keep(world, night=DAY + timedelta(days=1))
    world.write_night(1, START_AT + 24 * 60 * MINUTE_MS, "i" * 400)
    path = f"/api/residents/r1/nights/{DAY + timedelta(days=1)}/report"
    told = visit("wang").get(path).json()
    assert told["method"] != "hand-made-1"
    assert told["end"] == "2026-11-23T03:12:00+08:00"
    assert visit("son").get(path).status_code == 404


def test_a_belt_that_told_nothing_has_no_report(visit: Visit) -> None:
    assert visit("wang").get(PATH).status_code == 404


def test_half_a_night_is_not_scored_and_not_held_against_whole_ones(world: World, visit: Visit) -> None:
    for back in range(10):
        keep(world, night=DAY - timedelta(days=back))
    world.write_night(1, START_AT + 24 * 60 * MINUTE_MS, "o" * 180 + "i" * 220)
    running = visit("wang").get(f"/residents/r1?night={DAY + timedelta(days=1)}").text
    assert "This night is not over" in running
    assert "than usual" not in running
    assert "What makes up the score" not in running
    assert "84 – " in visit("wang").get(f"/residents/r1?night={DAY}").text
