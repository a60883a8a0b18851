"""Which ways there are, by the settings."""

import threading
from pathlib import Path

import pytest

from domain.contacts import ContactPoint, WayKind
from domain.deliveries import Failure
from domain.errors import ConfigurationError
from nightbelt.channels.by_web_push import KEY_FILE
from nightbelt.channels.ways import TRIALS, Ways
from nightbelt.settings import Settings, load_settings
from tests.fakes.scripted_sender import ScriptedSender


def test_web_push_is_off_until_it_is_set_up(tmp_path: Path) -> None:
    ways = Ways(Settings(data_dir=tmp_path))
    assert ways.web_push_key == ""
    assert list(ways.senders) == [WayKind.APPRISE]
    assert not (tmp_path / KEY_FILE).exists()
    point = ContactPoint(contact_id="k", center_id="c1", kind=WayKind.WEB_PUSH, address="{}")
    assert ways.send_trial(point, None) is Failure.NO_CONTACT


@pytest.mark.parametrize("contact", ["mailto:care@example.org", "https://care.example"])
def test_web_push_has_one_key_over_restarts(tmp_path: Path, contact: str) -> None:
    settings = Settings(data_dir=tmp_path, web_push_contact=contact)
    first, second = Ways(settings), Ways(settings)
    assert first.web_push_key == second.web_push_key
    assert len(first.web_push_key) == 87
    assert set(first.senders) == set(WayKind)


@pytest.mark.parametrize("contact", ["care@example.org", "mailto:two words@example.org"])
def test_a_contact_that_is_none_stops_the_start(tmp_path: Path, contact: str) -> None:
    with pytest.raises(ConfigurationError, match="web_push_contact"):
        _load(tmp_path, contact)


def test_a_contact_that_push_services_refuse_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="web_push_contact"):
        Ways(Settings(data_dir=tmp_path, web_push_contact="mailto:nobody"))


def test_a_test_message_that_is_never_answered_keeps_nobody_waiting_and_threads_have_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nightbelt.channels.ways.GIVEN_UP_AFTER_S", 0.01)
    answered, begun = threading.Event(), []

    def hang(point: ContactPoint) -> None:
        begun.append(point)
        answered.wait(10)

    ways = Ways(Settings(data_dir=tmp_path))
    ways.senders[WayKind.APPRISE] = ScriptedSender(before=hang)
    point = ContactPoint(contact_id="k", center_id="c1", kind=WayKind.APPRISE, address="bark://slow.example/key")
    try:
        assert {ways.send_trial(point, None) for _ in range(TRIALS + 2)} == {Failure.TIMEOUT}
        assert len(begun) == TRIALS
    finally:
        answered.set()


def _load(tmp_path: Path, contact: str) -> Settings:
    path = tmp_path / "nightbelt.toml"
    path.write_text(f'web_push_contact = "{contact}"\n')
    return load_settings(path, {})
