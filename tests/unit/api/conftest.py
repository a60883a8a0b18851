"""A world of fakes and browsers that have signed in."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.services import Services
from tests.unit.api.world import PASSWORD, World, build_world


def browser(services: Services, **options: Any) -> Any:
    """A client of the pages that follows no redirect."""
    return TestClient(create_app(services), follow_redirects=False, **options)


@dataclass
class Visitor:
    """One browser; `csrf` is its session's token."""

    client: Any
    csrf: str = ""

    def get(self, path: str, **more: Any) -> httpx2.Response:
        return self.client.get(path, **more)  # type: ignore[no-any-return]

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx2.Response:
        """A form, with the token."""
        return self.client.post(path, data={"csrf": self.csrf, **(data or {})}, **more)  # type: ignore[no-any-return]

    def send(self, path: str, body: object = None, token: str | None = None) -> httpx2.Response:
        """JSON, with the token in its header."""
        headers = {"x-csrf-token": self.csrf if token is None else token}
        return self.client.post(path, json=body, headers=headers)  # type: ignore[no-any-return]

    def sign_in(self, login: str, password: str = PASSWORD, **more: str) -> httpx2.Response:
        token = field_of(self.get("/login").text, "csrf")
        form = {"csrf": token, "login": login, "password": password, **more}
        return self.client.post("/login", data=form)  # type: ignore[no-any-return]


def field_of(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no field {name}"
    return found[1]


@pytest.fixture
def world() -> World:
    return build_world()


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(world: World) -> Iterator[Visit]:
    """visit() is a stranger, visit("wang") has signed in."""
    with ExitStack() as stack:
        one = stack.enter_context(browser(world.services))

        def visit(login: str | None = None, address: str = "10.0.0.5") -> Visitor:
            client = TestClient(one.app, follow_redirects=False, client=(address, 5000))
            visitor = Visitor(client)
            if login is not None:
                assert visitor.sign_in(login).status_code == 303
                page = visitor.get("/account").text
                visitor.csrf = field_of(page, "csrf")
            return visitor

        yield visit
