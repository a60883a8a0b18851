"""What is turned away before anybody looks at it: large bodies, files, and too many tries at the door."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.limits import MAX_BODY_BYTES
from api.passwords import HASHERS, MAX_WAITING
from api.server import BoardServer
from api.throttle import MAX_REMEMBERED, MAX_TRIES, MAX_TRIES_OF_ADDRESS, WINDOW_MS, Throttle, network_of
from tests.unit.api.conftest import Visit, Visitor
from tests.unit.api.world import World

FORM = {"content-type": "application/x-www-form-urlencoded"}
LARGE = b"login=" + b"x" * MAX_BODY_BYTES


def in_parts() -> Iterator[bytes]:
    """A body whose length is not told."""
    for _ in range(MAX_BODY_BYTES // 1000 + 1):
        yield b"x" * 1000


@pytest.mark.parametrize("path", ["/login", "/api/alarms/a/resolve", "/residents/r1/settings", "/nothing"])
def test_a_large_body_is_refused_before_anybody_is_asked_who_they_are(visit: Visit, path: str) -> None:
    answer = visit().client.post(path, content=LARGE, headers=FORM)
    assert answer.status_code == 413
    assert "too large" in answer.text
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("path", ["/login", "/api/alarms/a/resolve", "/residents/r1/settings"])
def test_a_body_of_unknown_length_is_counted(visit: Visit, path: str) -> None:
    headers = {"content-type": "application/json"} if path.startswith("/api/") else FORM
    assert visit("ada").client.post(path, content=in_parts(), headers=headers).status_code == 413


def test_a_body_of_nonsense_length_is_counted(visit: Visit) -> None:
    headers = {**FORM, "content-length": "9" * 5000}
    assert visit().client.post("/login", content=b"x", headers=headers).status_code == 413


def test_files_are_not_taken(visit: Visit) -> None:
    answer = visit("ada").client.post("/residents/r1/settings", files={"window_from": ("a", b"21:00")})
    assert answer.status_code == 415
    assert "not understood" in answer.text


def test_a_form_as_large_as_allowed_is_read(visit: Visit) -> None:
    answer = visit("ada").post("/residents/r1/settings", {"immediate_after_s": "9" * (MAX_BODY_BYTES - 100)})
    assert answer.status_code == 422


def test_who_finds_the_row_full_is_turned_away_at_once_and_nothing_is_counted(visit: Visit) -> None:
    visitor = visit()
    with ExitStack() as row:
        for _ in range(HASHERS + MAX_WAITING):
            row.enter_context(visitor.client.app.state.house.turns.place())
        for _ in range(MAX_TRIES + 1):
            answer = visitor.sign_in("wang")
            assert answer.status_code == 503
            assert "Many people are signing in just now" in answer.text
    assert visitor.sign_in("wang").status_code == 303


def test_many_logins_tried_from_one_address_shut_the_door_for_it() -> None:
    throttle = Throttle()
    for n in range(MAX_TRIES_OF_ADDRESS):
        assert throttle.admit(str(n), f"2001:db8::{n + 1:x}", 0) == 0
    assert throttle.admit("wang", "2001:db8::ffff", 1) == WINDOW_MS - 1
    assert throttle.admit("wang", "2001:db8:0:1::1", 1) == 0
    assert throttle.admit("wang", "2001:db8::ffff", WINDOW_MS) == 0


def test_a_shift_that_signs_in_from_one_address_is_let_in() -> None:
    throttle = Throttle()
    for n in range(10 * MAX_TRIES_OF_ADDRESS):
        assert throttle.admit(str(n), "10.0.0.5", n) == 0
        throttle.forgive(str(n), "10.0.0.5")


def test_a_login_that_is_being_tried_is_not_forgotten() -> None:
    throttle = Throttle()
    for at in range(MAX_TRIES):
        throttle.admit("wang", "10.0.0.5", at)
    for n in range(2 * MAX_REMEMBERED):
        throttle.admit("li", f"10.1.{n // 250}.{n % 250}", n % 1000)
    assert throttle.admit("wang", "10.0.0.5", 1000) > 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.0.0.5", "10.0.0.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.5", "10.0.0.5"),
        ("testclient", "testclient"),
    ],
)
def test_what_counts_as_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


def served_to(world: World, proxies: str) -> TestClient:
    """The pages as the server has them, asked through 10.0.0.1."""
    server = BoardServer(create_app(world.services), world.services.hub, host="127.0.0.1", port=0, proxies=proxies)
    server.config.load()
    return TestClient(server.config.loaded_app, follow_redirects=False, client=("10.0.0.1", 5000))


def shut_out(world: World, proxies: str, neighbour: str) -> bool:
    """Is `neighbour` shut out when somebody else has tried too often through the same proxy?"""
    with served_to(world, proxies) as client:
        visitor = Visitor(client)
        client.headers["x-forwarded-for"] = "203.0.113.7"
        for n in range(MAX_TRIES_OF_ADDRESS):
            assert visitor.sign_in(str(n)).status_code == 401
        client.headers["x-forwarded-for"] = neighbour
        return visitor.sign_in("wang").status_code == 429


def test_nobody_may_say_that_they_come_from_elsewhere(world: World) -> None:
    assert shut_out(world, "", "198.51.100.1")


def test_who_comes_through_a_proxy_that_is_trusted_is_counted_alone(world: World) -> None:
    assert not shut_out(world, "192.0.2.0/24, 10.0.0.1", "198.51.100.1")


def test_a_trusted_proxy_is_asked_where_it_was_asked_from(world: World) -> None:
    assert shut_out(world, "10.0.0.1", "198.51.100.1, 203.0.113.7")
