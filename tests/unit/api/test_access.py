"""Who gets in, and what each role may do."""

import hashlib
from dataclasses import replace

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Mount

from api.access import PUBLIC, SESSION_MS, Needs
from api.addresses import local_path
from api.app import HEADERS, create_app
from api.throttle import MAX_REMEMBERED, MAX_TRIES, WINDOW_MS, Throttle
from domain.people import Role, Session
from domain.residents import Place
from domain.units import HOUR_MS
from tests.unit.api.conftest import Visit, Visitor, browser, field_of
from tests.unit.api.world import NIGHT, PASSWORD, World, build_world

STAFF = ("ada", "wang", "lin", "doc")
CHIEFS = ("ada", "lin")
EVERYBODY = (*STAFF, "son", "alone")


def test_every_route_declares_its_right_or_is_listed_as_public(world: World) -> None:
    app = create_app(world.services)
    bare = set()
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            declared = any(isinstance(dependant.call, Needs) for dependant in route.dependant.dependencies)
            if not declared:
                bare.add(context.path)
        else:
            assert isinstance(route, Mount)
            bare.add(route.path)
    assert bare == PUBLIC


PAGES = [
    ("/", STAFF),
    ("/api/beds", STAFF),
    ("/api/belts/unassigned", ("ada", "wang", "lin")),
    ("/api/alarms", STAFF),
    ("/alarms/{alarm}", STAFF),
    ("/api/alarms/{alarm}", STAFF),
    ("/account", EVERYBODY),
    ("/api/session", EVERYBODY),
    ("/api/openapi.json", EVERYBODY),
    ("/residents/r1", (*STAFF, "son")),
    ("/residents/r2", STAFF),
    ("/api/residents/r1/nights/2026-11-21", (*STAFF, "son")),
    ("/api/residents/r2/nights/2026-11-21", STAFF),
    ("/api/residents/r1/nights/2026-11-21/report", (*STAFF, "son")),
    ("/api/residents/r2/nights/2026-11-21/report", STAFF),
    ("/metrics", CHIEFS),
    ("/roster", STAFF),
    ("/api/duty", STAFF),
    ("/handover", STAFF),
    ("/quality", CHIEFS),
    ("/api/quality", CHIEFS),
]


@pytest.mark.parametrize(("path", "allowed"), PAGES)
def test_each_role_sees_its_own_pages_only(world: World, visit: Visit, path: str, allowed: tuple[str, ...]) -> None:
    alarm = world.raise_alarm(2).alarm.alarm_id
    for n in (1, 2):
        world.write_night(n, NIGHT - 7 * HOUR_MS - 24 * HOUR_MS, "i" * 480)
    hire(world)
    for login in EVERYBODY:
        status = visit(login).get(path.format(alarm=alarm)).status_code
        assert (status == 200) == (login in allowed), (login, status)


@pytest.mark.parametrize("path", [path for path, _ in PAGES] + ["/live"])
def test_a_stranger_sees_nothing(world: World, visit: Visit, path: str) -> None:
    answer = visit().get(path)
    if path.startswith("/api/") or path == "/live":
        assert answer.status_code == 401
    else:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")


def hire(world: World) -> None:
    """A lead and a doctor, with the password of all."""
    ada = world.people.by_login("ada")
    assert ada
    for login, role in (("lin", Role.LEAD), ("doc", Role.DOCTOR)):
        world.people.save(replace(ada, person_id=f"p-{login}", login=login, role=role))


def test_a_doctor_sees_alarms_and_has_no_button_to_answer_them(world: World, visit: Visit) -> None:
    hire(world)
    alarm = world.raise_alarm(1).alarm.alarm_id
    doctor, nurse = visit("doc"), visit("wang")
    for path in ("/", f"/alarms/{alarm}"):
        assert f'action="/alarms/{alarm}' not in doctor.get(path).text
        assert f'action="/alarms/{alarm}' in nurse.get(path).text
    assert f'href="/alarms/{alarm}"' in doctor.get("/").text
    assert doctor.post(f"/alarms/{alarm}/acknowledge").status_code == 403
    assert doctor.post("/residents/r1/settings").status_code == 403
    world.clear(alarm)
    assert len(nurse.get("/api/alarms").json()["without_outcome"]) == 1
    assert doctor.get("/api/alarms").json()["without_outcome"] == []
    assert "what was it?" in nurse.get("/").text
    assert f'action="/alarms/{alarm}' not in doctor.get("/").text


def test_a_lead_may_change_settings_and_answer_alarms(world: World, visit: Visit) -> None:
    hire(world)
    alarm = world.raise_alarm(1).alarm.alarm_id
    lead = visit("lin")
    assert lead.post(f"/alarms/{alarm}/acknowledge").status_code == 303
    assert "When leaving the bed raises an alarm" in lead.get("/residents/r1").text
    assert lead.post("/residents/r1/settings").status_code == 422


def test_commands_need_their_right(world: World, visit: Visit) -> None:
    alarm = world.raise_alarm(1).alarm.alarm_id
    assert visit("son").post(f"/alarms/{alarm}/acknowledge").status_code == 403
    assert visit("son").send(f"/api/alarms/{alarm}/acknowledge").status_code == 403
    assert visit("wang").post("/residents/r1/settings").status_code == 403


def test_whoever_may_not_know_of_a_resident_gets_the_answer_for_nobody(visit: Visit) -> None:
    for login in ("son", "alone", "oak"):
        unknown = visit(login).get("/residents/nobody")
        hidden = visit(login).get("/residents/r2")
        assert unknown.status_code == hidden.status_code == 404
        assert unknown.text.replace("nobody", "r2") == hidden.text.replace(
            field_of(hidden.text, "csrf"), field_of(unknown.text, "csrf")
        )


def test_another_centre_does_not_exist(world: World, visit: Visit) -> None:
    alarm = world.raise_alarm(1).alarm.alarm_id
    stranger = visit("oak")
    assert stranger.get(f"/alarms/{alarm}").status_code == 404
    assert stranger.send(f"/api/alarms/{alarm}/acknowledge").status_code == 404
    assert [bed["key"] for bed in stranger.get("/api/beds").json()["beds"]] == ["b99.whole"]
    assert stranger.get("/api/alarms").json()["open"] == []


def test_signing_in_begins_a_session_of_which_only_the_hash_is_kept(world: World, visit: Visit) -> None:
    wang = visit("wang")
    token = wang.client.cookies["nightbelt_session"]
    assert len(token) >= 43
    kept = world.people.session(hashlib.sha256(token.encode()).hexdigest(), world.clock.at)
    assert kept is not None
    assert kept[0].expires_at == world.clock.at + SESSION_MS


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites() -> None:
    world = build_world(secure_cookies=True)
    with browser(world.services, base_url="https://testserver") as client:
        cookies = Visitor(client).sign_in("wang").headers.get_list("set-cookie")
    cookie = next(text for text in cookies if text.startswith("__Host-nightbelt="))
    for attribute in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"):
        assert attribute in cookie


def test_a_session_ends_by_the_clock_and_by_signing_out(world: World, visit: Visit) -> None:
    first, second = visit("wang"), visit("wang")
    assert first.post("/logout").status_code == 303
    assert first.get("/api/session").status_code == 401
    assert second.get("/api/session").status_code == 200
    world.clock.at += SESSION_MS
    assert second.get("/api/session").status_code == 401


def test_on_a_fast_clock_a_session_lasts_as_long_for_the_person() -> None:
    world = build_world(clock_speed=60.0)
    assert world.services.lived(SESSION_MS) == 60 * SESSION_MS


def test_a_planted_session_is_not_taken_over(world: World, visit: Visit) -> None:
    visitor = visit()
    planted = hashlib.sha256(b"planted").hexdigest()
    far = world.clock.at + SESSION_MS
    session = Session(token_hash=planted, person_id="p-oak", csrf="x", expires_at=far)
    world.people.begin(session, at=world.clock.at)
    visitor.client.cookies.set("nightbelt_login", "t")
    visitor.client.cookies.set("nightbelt_session", "planted")
    form = {"csrf": "t", "login": "wang", "password": "a long night"}
    answer = visitor.client.post("/login", data=form)
    assert answer.status_code == 303
    assert "nightbelt_session=planted" not in answer.headers["set-cookie"]
    assert world.people.session(planted, world.clock.at) is None


@pytest.mark.parametrize(
    ("login", "home"), [("ada", "/"), ("wang", "/"), ("son", "/residents/r1"), ("alone", "/account")]
)
def test_everybody_starts_at_home(visit: Visit, login: str, home: str) -> None:
    visitor = visit()
    assert visitor.sign_in(login).headers["location"] == home
    if home != "/":
        assert visitor.get("/").headers["location"] == home


def test_wrong_password_unknown_login_and_unreadable_hash_sound_the_same(world: World, visit: Visit) -> None:
    visitor = visit()
    answers = [visitor.sign_in("wang", "wrong"), visitor.sign_in("nobody", "wrong")]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert all("Login or password is wrong" in answer.text for answer in answers)


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1", "/a\nb", "", None]
)
def test_no_redirect_leads_away(path: str | None) -> None:
    assert local_path(path) is None


def test_after_signing_in_one_is_where_one_wanted_to_be(visit: Visit) -> None:
    assert visit().sign_in("wang", next="/residents/r2").headers["location"] == "/residents/r2"
    assert visit().sign_in("wang", next="//evil.example").headers["location"] == "/"


def test_the_login_form_needs_its_token(visit: Visit) -> None:
    visitor = visit()
    form = {"login": "wang", "password": "a long night"}
    assert visitor.client.post("/login", data=form).status_code == 403
    visitor.get("/login")
    assert visitor.client.post("/login", data={**form, "csrf": "guessed"}).status_code == 403


@pytest.mark.parametrize("token", ["", "guessed"])
def test_a_command_needs_the_token_of_its_session(world: World, visit: Visit, token: str) -> None:
    alarm = world.raise_alarm(1).alarm.alarm_id
    wang = visit("wang")
    assert wang.post(f"/alarms/{alarm}/acknowledge", {"csrf": token}).status_code == 403
    assert wang.send(f"/api/alarms/{alarm}/acknowledge", token=token).status_code == 403
    assert wang.post("/logout", {"csrf": token}).status_code == 403
    assert world.book.alarm(alarm).acknowledged_at is None
    assert wang.get("/api/session").status_code == 200


def test_too_many_tries_shut_the_door_for_this_login_and_address(world: World, visit: Visit) -> None:
    visitor = visit()
    for _ in range(MAX_TRIES):
        assert visitor.sign_in("wang", "wrong").status_code == 401
    shut = visitor.sign_in("wang")
    assert shut.status_code == 429
    assert "Too many tries. Wait 5 min" in shut.text
    assert int(shut.headers["retry-after"]) > 200
    assert visitor.sign_in("li").status_code == 303
    assert visit(address="10.0.0.6").sign_in("wang").status_code == 303
    world.clock.at += WINDOW_MS
    assert visit().sign_in("wang").status_code == 303


def test_the_right_password_forgives() -> None:
    throttle = Throttle()
    for at in range(20):
        assert throttle.admit("wang", "a", at) == 0
        throttle.forgive("wang", "a")


def test_the_throttle_forgets_the_longest_untouched() -> None:
    throttle = Throttle()
    for n in range(MAX_REMEMBERED + 10):
        throttle.admit(str(n), str(n), 0)
    assert len(throttle._pairs) == MAX_REMEMBERED


def test_a_clock_set_back_does_not_shut_the_door_for_long() -> None:
    throttle = Throttle()
    for _ in range(MAX_TRIES):
        throttle.admit("wang", "a", 10 * WINDOW_MS)
    assert throttle.admit("wang", "a", 0) == 0


def test_one_can_sign_in_again_before_the_session_ends(visit: Visit) -> None:
    wang = visit("wang")
    assert wang.get("/login").status_code == 303
    page = wang.get("/login?again=1")
    assert page.status_code == 200
    form = {"csrf": field_of(page.text, "csrf"), "login": "wang", "password": PASSWORD}
    assert wang.client.post("/login", data=form).status_code == 303


def test_the_way_to_the_login_keeps_the_whole_address(visit: Visit) -> None:
    stranger = visit()
    answer = stranger.get("/residents/r1?night=2026-11-20")
    assert answer.headers["location"] == "/login?next=/residents/r1%3Fnight%3D2026-11-20"
    form = stranger.get(answer.headers["location"]).text
    assert field_of(form, "next") == "/residents/r1?night=2026-11-20"
    assert stranger.post("/residents/r1/settings").headers["location"] == "/login"


@pytest.mark.parametrize("path", ["/residents/r1", "/alarms/{alarm}"])
def test_staff_are_told_where_no_alarm_is_heard(world: World, visit: Visit, path: str) -> None:
    path = path.format(alarm=world.raise_alarm(1).alarm.alarm_id)
    assert "No alarm is heard on this page" in visit("wang").get(path).text
    assert "No alarm is heard on this page" not in visit("son").get(path).text


@pytest.mark.parametrize("path", ["/login", "/", "/static/base.css", "/nothing", "/healthz", "/api/beds"])
def test_every_answer_makes_the_browser_careful(visit: Visit, path: str) -> None:
    answer = visit("wang").get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert answer.headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")


def test_a_fault_of_ours_is_said_and_told_as_carefully(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_at: int) -> list[Place]:
        raise RuntimeError("secret words")

    with browser(world.services, raise_server_exceptions=False) as client:
        wang = Visitor(client)
        wang.sign_in("wang")
        monkeypatch.setattr(world.register, "places", fail)
        page, told = wang.get("/handover"), wang.get("/api/beds")
    assert (page.status_code, told.status_code) == (500, 500)
    assert "Something went wrong here" in page.text
    assert "王芳" in page.text
    assert told.json()["detail"].startswith("Something went wrong here")
    for answer in (page, told):
        assert "secret words" not in answer.text
        assert answer.headers["cache-control"] == "no-store"
        for name, value in HEADERS.items():
            assert answer.headers[name] == value


@pytest.mark.parametrize("path", ["/roster/", "/static", "/login/", "/residents/r1/"])
def test_no_redirect_names_a_host(visit: Visit, path: str) -> None:
    """Behind a proxy that ends TLS it would lead to http."""
    answer = visit("wang").get(path, headers={"host": "elsewhere.example"})
    assert (answer.status_code, answer.headers.get("location")) == (404, None)


def test_a_refusal_is_a_page_with_a_heading(visit: Visit) -> None:
    page = visit("wang").get("/quality")
    assert page.status_code == 403
    assert '<h1 class="refused">You may not see or do this.</h1>' in page.text


def test_what_a_page_does_not_do_is_refused_with_what_it_does(visit: Visit) -> None:
    answer = visit("ada").get("/residents/r1/settings")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ["/", "/login", "/residents/r1", "/account"])
def test_pages_keep_to_their_policy(visit: Visit, path: str) -> None:
    html = visit("ada").get(path).text
    assert "<style" not in html
    assert " style=" not in html
    assert " onclick=" not in html
    assert "http://" not in html
    assert "https://" not in html


def test_health_tells_of_engines_only(visit: Visit) -> None:
    assert visit().get("/healthz").json() == {"status": "ok", "engines": {}}


def test_health_is_bad_when_an_engine_is() -> None:
    world = build_world(health=lambda: {"readings": "unavailable", "records": "ok"})
    with browser(world.services) as client:
        assert client.get("/healthz").status_code == 503


def test_metrics_from_this_machine_need_no_login(visit: Visit) -> None:
    assert visit(address="127.0.0.1").get("/metrics").status_code == 200
    assert visit(address="10.0.0.5").get("/metrics").status_code == 303
    assert visit(address="127.0.0.1").get("/metrics", headers={"x-forwarded-for": "10.0.0.9"}).status_code == 303
