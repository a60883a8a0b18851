"""The roster's page: who sees it, who changes it, and what a mistake says."""

from dataclasses import replace
from datetime import date, time

import pytest

from domain.calls import Call, CallReason
from domain.people import Person
from domain.roster import WEEK, Duty, Post, Shift, Swap
from tests.unit.api.conftest import Visit
from tests.unit.api.world import NIGHT, World

MONDAY = date(2026, 11, 23)
NIGHT_SHIFT = Shift(shift_id="night", name="Night", start=time(22), end=time(6, 30))


def plan(world: World) -> None:
    wang, li = (person.person_id for login in ("wang", "li") if (person := world.people.by_login(login)))
    duties = [
        Duty(shift_id="night", weekday=day, post=post, person_id=who)
        for day in WEEK
        for post, who in ((Post.A, wang), (Post.B, li))
    ]
    world.services.rosters.plan("elm", [NIGHT_SHIFT], duties)


def id_of(world: World, login: str) -> str:
    person = world.people.by_login(login)
    assert person
    return person.person_id


def change(world: World, day: date = MONDAY, **more: object) -> dict[str, object]:
    return {"shift": "night", "day": str(day), "post": "a", "person": id_of(world, "li"), **more}


def test_staff_sees_the_week_and_who_is_on_now(world: World, visit: Visit) -> None:
    plan(world)
    page = visit("wang").get("/roster").text
    assert "王芳" in page
    assert "22:00–06:30" in page
    assert '<form class="fields" method="post" action="/roster">' not in page
    assert visit("wang").get("/api/duty").json() == {"a": [id_of(world, "wang")], "b": [id_of(world, "li")], "lead": []}


def test_the_lead_gives_a_post_to_somebody_else_once(world: World, visit: Visit) -> None:
    plan(world)
    assert visit("ada").post("/roster", change(world, date(2026, 11, 22))).status_code == 303
    assert visit("wang").get("/api/duty").json()["a"] == [id_of(world, "li")]
    assert "this time only" in visit("wang").get("/roster?week=2026-11-22").text
    roster = world.services.rosters.roster("elm")
    assert roster.holder(NIGHT_SHIFT, date(2026, 11, 29), Post.A) == id_of(world, "wang")


def test_who_changed_it_is_told_under_the_week(world: World, visit: Visit) -> None:
    plan(world)
    assert "<h2>Changes</h2>" not in visit("wang").get("/roster").text
    ada = visit("ada")
    ada.post("/roster", change(world))
    ada.post("/roster", change(world))
    ada.post("/roster", change(world, each_week="true", person="nobody"))
    (weekly, once) = visit("wang").get("/roster").text.split('<ul class="events">')[1].split("<li>")[1:]
    assert "Ada" in once
    assert "Night, Mon, Nov 23, A post: 王芳 → Li Na" in once, "and the same again is no change"
    assert "each week" in weekly
    assert "Night, Mon, A post: 王芳 → nobody" in weekly


def test_or_each_week(world: World, visit: Visit) -> None:
    plan(world)
    visit("ada").post("/roster", change(world, each_week="true"))
    roster = world.services.rosters.roster("elm")
    assert roster.swaps == ()
    assert roster.holder(NIGHT_SHIFT, date(2026, 11, 30), Post.A) == id_of(world, "li")
    assert roster.holder(NIGHT_SHIFT, date(2026, 12, 1), Post.A) == id_of(world, "wang")


def test_two_leads_at_once_lose_neither_change(world: World, visit: Visit) -> None:
    """Whatever a lead changes while another's form is on its way stays."""
    plan(world)
    ada, rosters = visit("ada"), world.services.rosters
    other = Swap(shift_id="night", day=MONDAY, post=Post.LEAD, person_id=id_of(world, "ada"))
    names = world.people.of_center

    def meanwhile(center_id: str) -> list[Person]:
        rosters.each_week("elm", other)
        return names(center_id)

    world.people.of_center = meanwhile  # type: ignore[method-assign]
    assert ada.post("/roster", change(world, each_week="true")).status_code == 303
    roster = rosters.roster("elm")
    assert roster.holder(NIGHT_SHIFT, MONDAY, Post.LEAD) == id_of(world, "ada")
    assert roster.holder(NIGHT_SHIFT, MONDAY, Post.A) == id_of(world, "li")


def test_each_week_goes_over_a_swap_of_that_day(world: World, visit: Visit) -> None:
    plan(world)
    ada = visit("ada")
    ada.post("/roster", change(world, person="nobody"))
    ada.post("/roster", change(world, each_week="true"))
    assert world.services.rosters.roster("elm").holder(NIGHT_SHIFT, MONDAY, Post.A) == id_of(world, "li")


def test_a_form_sent_too_early_empties_no_post(world: World, visit: Visit) -> None:
    plan(world)
    ada = visit("ada")
    page = ada.get("/roster").text
    assert '<option value="" selected disabled>' in page
    assert '<option value="2026-11-23" selected>' in page
    assert ada.post("/roster", change(world, person="")).status_code == 422
    assert ada.post("/roster", change(world, person="nobody")).status_code == 303
    assert world.services.rosters.roster("elm").holder(NIGHT_SHIFT, MONDAY, Post.A) == ""


def test_a_caregiver_changes_nothing_and_a_family_sees_nothing(world: World, visit: Visit) -> None:
    plan(world)
    assert visit("wang").post("/roster", change(world)).status_code == 403
    assert visit("son").get("/roster").status_code in {303, 403, 404}
    assert world.services.rosters.roster("elm").swaps == ()


def test_nobody_of_another_centre_or_without_alarms_gets_a_post(world: World, visit: Visit) -> None:
    plan(world)
    ada = visit("ada")
    for login in ("oak", "son"):
        assert 400 <= ada.post("/roster", change(world, person=id_of(world, login))).status_code < 500
    assert ada.post("/roster", change(world, shift="noon")).status_code == 404
    assert ada.post("/roster", change(world, shift="noon", each_week="true")).status_code == 404
    assert world.services.rosters.roster("elm").swaps == ()


def test_an_empty_roster_is_said(visit: Visit) -> None:
    page = visit("wang").get("/roster").text
    assert "Nobody is on duty now" in page
    assert "There are no shifts yet" in page


@pytest.mark.parametrize("week", ["0001-01-01", "0001-01-08", "1969-12-31", "9999-12-20", "9999-12-31"])
def test_the_first_and_the_last_weeks_of_all_are_none(world: World, visit: Visit, week: str) -> None:
    plan(world)
    assert visit("wang").get(f"/roster?week={week}").status_code == 404


def test_a_post_of_no_week_is_not_given(world: World, visit: Visit) -> None:
    plan(world)
    assert visit("ada").post("/roster", change(world, date.max)).status_code == 404
    assert world.services.rosters.roster("elm").swaps == ()


def test_an_alarm_tells_who_was_called(world: World, visit: Visit) -> None:
    alarm = world.raise_alarm(1).alarm
    call = Call(
        key=f"{alarm.alarm_id}/0/0/p",
        alarm_id=alarm.alarm_id,
        person_id=id_of(world, "li"),
        level=0,
        reason=CallReason.NOBODY_ON_DUTY,
        due_at=NIGHT,
    )
    group = replace(call, key=f"{alarm.alarm_id}/center/", person_id="", reason=CallReason.ON_DUTY, due_at=NIGHT + 1)
    world.services.outbox.queue([group, call])
    page = visit("wang").get(f"/alarms/{alarm.alarm_id}").text
    assert "Li Na" in page
    assert "as nobody was on duty" in page
    assert "on its way" in page
    assert "the group of the centre" in page
    told = visit("wang").get(f"/api/alarms/{alarm.alarm_id}").json()["calls"]
    assert [(each["person"], each["reason"], each["due_at"]) for each in told] == [
        ("Li Na", "nobody-on-duty", NIGHT),
        (None, "on-duty", NIGHT + 1),
    ]
    assert (told[0]["level"], told[0]["state"], told[0]["failure"]) == (0, "queued", None)
