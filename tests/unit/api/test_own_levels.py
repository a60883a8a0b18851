"""What is usual for a resident, on the page and as JSON."""

import numpy as np

from domain.usual import HOURS, Side, UsualLevels
from tests.reports import NIGHT
from tests.unit.api.conftest import Visit
from tests.unit.api.world import World

PATH, PAGE = "/api/residents/r1/usual", "/residents/r1"


def learn(world: World, nights: int, *, hours: slice = slice(0, 0)) -> None:
    limits = np.full((len(Side), HOURS), np.nan, np.float32)
    limits[:, hours] = np.array([48.3, 75.1, 10.4, 19.5], np.float32)[:, None]
    levels = UsualLevels(resident_id="r1", nights=nights, last_night=NIGHT, limits=limits, computed_at=1)
    world.services.usual.put_levels(levels, forget_before=NIGHT)


def test_before_the_first_night_nothing_is_known(visit: Visit) -> None:
    assert visit("wang").get(PATH).json() == {
        "resident_id": "r1",
        "warming_up": True,
        "nights": 0,
        "nights_needed": 7,
        "last_night": None,
        "hours": [],
    }


def test_warming_up_says_how_far(world: World, visit: Visit) -> None:
    learn(world, 4)
    told = visit("wang").get(PATH).json()
    assert (told["warming_up"], told["nights"], told["hours"]) == (True, 4, [])
    assert "Own levels are known after 7 valid nights; 4 so far." in visit("ada").get(PAGE).text
    reader = visit("wang")
    reader.get("/language/zh-CN")
    assert "目前有 4 个" in reader.get(PAGE).text


def test_the_usual_range_of_each_hour_that_is_known(world: World, visit: Visit) -> None:
    learn(world, 12, hours=slice(11, 13))
    told = visit("wang").get(PATH).json()
    assert told["last_night"] == NIGHT.isoformat()
    assert not told["warming_up"]
    assert told["hours"][0] == {
        "start": "23:00",
        "heart_rate": {"low": 48.3, "high": 75.1},
        "breathing_rate": {"low": 10.4, "high": 19.5},
    }
    assert [hour["start"] for hour in told["hours"]] == ["23:00", "00:00"]
    page = visit("ada").get(PAGE).text
    assert "From 12 valid nights" in page
    assert "48 to 75" in page
    assert "10 to 20" in page


def test_only_staff_of_the_centre_are_told(world: World, visit: Visit) -> None:
    learn(world, 12, hours=slice(11, 13))
    assert visit("son").get(PATH).status_code == 403
    assert visit("oak").get(PATH).status_code == 404
    assert "by hour" not in visit("son").get(PAGE).text
