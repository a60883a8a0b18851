"""TLS and logins at both brokers: what is right connects, what is wrong is named in one line and tried again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from domain.residents import Center
from ingest.source import MqttSource
from nightbelt.broker_tls import tls_context
from tests.integration.certificates import Authority
from tests.integration.configured import Configured, bed_with, configured, enroll, kinds
from tests.integration.engines import mosquitto, until
from tests.integration.test_ingest_brokers import source_at

NOT_TRUSTED = "certificate of the broker is not trusted"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    enroll(data, Center(center_id="c1", name="One"), [bed_with("b1", "bed1")])
    return data


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@contextmanager
def service_at(broker: Configured, trusted: Path, **options: Any) -> Iterator[MqttSource]:
    """As the service logs in."""
    password = broker.logins.service["nightbelt"]
    login = {"username": "nightbelt", "password": password, "tls": tls_context(trusted)}
    with source_at(broker, client_id="nightbelt", **{**login, **options}) as source:
        yield source


def one_line(logs: list[Any], source: MqttSource, tries: int = 2) -> dict[str, Any]:
    """What was logged while it was tried that often."""
    until(lambda: source._epoch > tries)
    assert not source.connected
    (line,) = logs
    return dict(line)


@kinds
def test_over_tls_with_login(kind: str, tmp_path: Path, data: Path, authority: Authority) -> None:
    with (
        configured(kind, tmp_path / kind, data, authority.sign("broker")) as broker,
        service_at(broker, authority.certificate) as source,
    ):
        until(lambda: source.connected)


@kinds
def test_a_wrong_password_is_named_and_tried_again(kind: str, tmp_path: Path, data: Path, authority: Authority) -> None:
    with (
        configured(kind, tmp_path / kind, data, authority.sign("broker")) as broker,
        capture_logs() as logs,
        service_at(broker, authority.certificate, password="wrong") as source,
    ):
        line = one_line(logs, source)
    assert line["event"] == "broker refused the connection"
    assert (line["log_level"], line["username"]) == ("error", "nightbelt")
    assert line["reason"] in {"Not authorized", "Bad user name or password"}
    assert "wrong" not in str(line)


@kinds
@pytest.mark.parametrize(
    ("trouble", "problem"),
    [
        ("authority", "self-signed certificate in certificate chain|unable to get local issuer certificate"),
        ("expired", "certificate has expired"),
        ("name", "IP address mismatch, certificate is not valid for '127.0.0.1'"),
    ],
)
def test_a_certificate_that_is_not_to_be_trusted_is_named_and_tried_again(
    kind: str, tmp_path: Path, data: Path, authority: Authority, trouble: str, problem: str
) -> None:
    certificate = {
        "authority": lambda: Authority(tmp_path / "stranger", "stranger").sign("broker"),
        "expired": lambda: authority.sign("broker", days=-1),
        "name": lambda: authority.sign("broker", subject="DNS:elsewhere.example,IP:10.0.0.1"),
    }[trouble]()
    with (
        configured(kind, tmp_path / kind, data, certificate) as broker,
        capture_logs() as logs,
        service_at(broker, authority.certificate) as source,
    ):
        line = one_line(logs, source)
    assert (line["event"], line["log_level"]) == (NOT_TRUSTED, "error")
    assert any(line["problem"].startswith(words) for words in problem.split("|"))


@kinds
def test_a_certificate_that_is_mended_is_taken(kind: str, tmp_path: Path, data: Path, authority: Authority) -> None:
    expired = authority.sign("broker", days=-1)
    with (
        configured(kind, tmp_path / kind, data, expired) as broker,
        capture_logs() as logs,
        service_at(broker, authority.certificate) as source,
    ):
        until(lambda: logs)
        broker.stop()
        authority.sign("broker")
        broker.start()
        until(lambda: source.connected)
        assert logs[-1]["event"] == "broker connected"


@kinds
def test_tls_to_a_broker_that_speaks_none_is_named(kind: str, tmp_path: Path, data: Path, authority: Authority) -> None:
    with (
        configured(kind, tmp_path / kind, data) as broker,
        capture_logs() as logs,
        service_at(broker, authority.certificate) as source,
    ):
        line = one_line(logs, source)
    assert (line["event"], line["log_level"]) == ("no TLS with the broker", "error")
    assert line["problem"]


@kinds
def test_none_to_a_broker_that_wants_tls_is_named(kind: str, tmp_path: Path, data: Path, authority: Authority) -> None:
    with (
        configured(kind, tmp_path / kind, data, authority.sign("broker")) as broker,
        capture_logs() as logs,
        service_at(broker, authority.certificate, tls=None) as source,
    ):
        line = one_line(logs, source)
    assert (line["event"], line["tls"]) == ("broker closed the connection without an answer", False)


@pytest.mark.engine("mosquitto")
def test_a_broker_may_ask_for_our_certificate(tmp_path: Path, authority: Authority) -> None:
    server, ours = authority.sign("broker"), authority.sign("nightbelt")
    extra = (
        f"certfile {server.certificate}\nkeyfile {server.key}\ncafile {authority.certificate}\n"
        "require_certificate true\nuse_identity_as_username true"
    )
    with mosquitto(tmp_path / "broker", extra=extra) as broker:
        known = tls_context(authority.certificate, ours.certificate, ours.key)
        with source_at(broker, tls=known) as source:
            until(lambda: source.connected)
        with capture_logs() as logs, source_at(broker, tls=tls_context(authority.certificate)) as source:
            line = one_line(logs, source)
    assert line["event"] == "broker closed the connection without an answer"
    assert line["tls"] is True
