"""What a broker is given to read: permissions line by line, passwords that are kept, files that stay whole."""

import hashlib
import ssl
import subprocess
from base64 import b64decode
from dataclasses import replace
from pathlib import Path, PurePath

import pytest

from domain.errors import ConfigurationError
from nightbelt.broker_files import (
    Listener,
    Permissions,
    mosquitto_acl,
    mosquitto_conf,
    mosquitto_passwords,
    nats_conf,
    nats_logins,
    subject,
)
from nightbelt.broker_logins import BrokerLogins, read_logins
from nightbelt.broker_tls import tls_context
from nightbelt.secret_files import PUBLIC, write_file
from nightbelt.simulation import OPTIONS, BrokerSecrets, broker_of
from simulators.center import simulated_center

LOGINS = BrokerLogins(service={"nightbelt": "s3"}, gateways={"gate": "g4"}, belts={"b.1": "p1", "b2": "p2"})
PERMISSIONS = Permissions(
    logins=LOGINS, centers={"b.1": "c1", "b2": "c2"}, filters=["care/+/+/readings", "care/+/+/status"]
)
WITH_TLS = Listener(host="0.0.0.0", port=8883, cert_file=PurePath("/tls/cert.pem"), key_file=PurePath("/tls/key.pem"))


class TestLogins:
    def test_passwords_are_drawn_once_and_kept(self) -> None:
        first = BrokerLogins().renewed(service="nightbelt", gateways=["gate"], belts=["b2", "b1"])
        assert list(first.belts) == ["b1", "b2"]
        drawn = [*first.service.values(), *first.gateways.values(), *first.belts.values()]
        assert len(set(drawn)) == 4
        assert min(map(len, drawn)) >= 32
        later = first.renewed(service="nightbelt", gateways=[], belts=["b2", "b3"])
        assert later.belts["b2"] == first.belts["b2"]
        assert list(later.belts) == ["b2", "b3"]
        assert (later.service, later.gateways) == (first.service, first.gateways)
        assert first.renewed(service="nightbelt", gateways=["gate"], belts=["b1", "b2"]) == first

    @pytest.mark.parametrize(("gateway", "belt"), [("b1", "b1"), ("nightbelt", "b1"), ("gate", "nightbelt")])
    def test_one_name_is_one_thing(self, gateway: str, belt: str) -> None:
        with pytest.raises(ConfigurationError, match="given twice"):
            BrokerLogins().renewed(service="nightbelt", gateways=[gateway], belts=[belt])

    @pytest.mark.parametrize("name", ["a/b", "+", "", "x y", 'x"', "a:b"])
    def test_a_name_that_could_mean_more_is_refused(self, name: str) -> None:
        with pytest.raises(ConfigurationError, match="broker login"):
            BrokerLogins().renewed(service="nightbelt", gateways=[name], belts=["b1"])

    def test_what_is_written_is_read(self, tmp_path: Path) -> None:
        path = tmp_path / "logins.toml"
        path.write_text(LOGINS.as_toml())
        assert read_logins(path) == LOGINS

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("[belts]\nb1 = ", "logins.toml"),
            ("[belt]\nb1 = 'x'", "no such table: belt"),
            ("belts = 1", "belts is not a table"),
            ("[belts]\nb1 = 1", "belts.b1: a password"),
            ("[belts]\nb1 = ''", "belts.b1: a password"),
            ("[belts]\nb1 = 'a\"b'", "belts.b1: a password"),
        ],
    )
    def test_a_broken_file_is_named(self, tmp_path: Path, text: str, words: str) -> None:
        path = tmp_path / "logins.toml"
        path.write_text(text)
        with pytest.raises(ConfigurationError, match=words):
            read_logins(path)

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match=r"logins file .*none\.toml: No such file"):
            read_logins(tmp_path / "none.toml")


class TestMosquitto:
    def test_permissions(self) -> None:
        users = mosquitto_acl(PERMISSIONS).split("\nuser ")[1:]
        assert [user.split("\n") for user in users] == [
            [
                "nightbelt",
                "topic read care/+/+/readings",
                "topic read care/+/+/status",
                "topic write care/c1/alarms/#",
                "topic write care/c2/alarms/#",
                "",
            ],
            [
                "gate",
                "topic write care/c1/b.1/readings",
                "topic write care/c1/b.1/status",
                "topic write care/c2/b2/readings",
                "topic write care/c2/b2/status",
                "",
            ],
            ["b.1", "topic write care/c1/b.1/readings", "topic write care/c1/b.1/status", ""],
            ["b2", "topic write care/c2/b2/readings", "topic write care/c2/b2/status", ""],
        ]

    def test_other_makers_topics(self) -> None:
        permissions = replace(PERMISSIONS, foreign=["/Radar60SP/{belt}/post", "v1/gateway/telemetry"])
        _, _, gateway, first, second = mosquitto_acl(permissions).split("\nuser ")
        assert "topic write /Radar60SP/b.1/post\n" in first
        assert "topic write /Radar60SP/b2/post\n" in second
        assert "v1/gateway" not in first + second
        for topic in ("/Radar60SP/b.1/post", "/Radar60SP/b2/post", "v1/gateway/telemetry"):
            assert f"topic write {topic}\n" in gateway

    def test_passwords_are_in_its_form_and_the_same_each_time(self) -> None:
        text = mosquitto_passwords(LOGINS)
        assert mosquitto_passwords(LOGINS) == text
        lines = dict(line.split(":") for line in text.splitlines())
        assert list(lines) == ["nightbelt", "gate", "b.1", "b2"]
        _, form, rounds, salt, digest = lines["b2"].split("$")
        assert form == "7"
        assert b64decode(digest) == hashlib.pbkdf2_hmac("sha512", b"p2", b64decode(salt), int(rounds))
        assert len({line.split("$")[3] for line in lines.values()}) == 4
        assert "p2" not in text.replace("$7$", "")

    def test_settings(self) -> None:
        lines = mosquitto_conf(WITH_TLS, PurePath("/etc/mosquitto")).splitlines()
        for wanted in (
            "listener 8883 0.0.0.0",
            "certfile /tls/cert.pem",
            "keyfile /tls/key.pem",
            "allow_anonymous false",
            "password_file /etc/mosquitto/password_file",
            "acl_file /etc/mosquitto/acl_file",
            "persistence_location /etc/mosquitto/data/",
            "max_queued_messages 0",
        ):
            assert wanted in lines
        plain = mosquitto_conf(Listener(host="127.0.0.1", port=1883), PurePath("/m"))
        assert "certfile" not in plain


class TestNats:
    @pytest.mark.parametrize(
        ("topic", "named"),
        [
            ("care/c1/b1/readings", "care.c1.b1.readings"),
            ("care/c1/b.1/status", "care.c1.b//1.status"),
            ("care/+/+/readings", "care.*.*.readings"),
            ("care/c1/alarms/#", "care.c1.alarms.>"),
            ("/Radar60SP/b1/sys", "/.Radar60SP.b1.sys"),
            ("a//b/", "a./.b./"),
        ],
    )
    def test_subjects(self, topic: str, named: str) -> None:
        assert subject(topic) == named

    def test_permissions(self) -> None:
        text = nats_logins(PERMISSIONS)
        assert (
            '{ user: "b.1", password: "p1", permissions: {\n'
            '      publish: { allow: ["care.c1.b//1.readings", "care.c1.b//1.status"] }, subscribe: { deny: ">" } } }'
        ) in text
        assert 'publish: { allow: ["care.c1.alarms.>", "care.c2.alarms.>"] }, ' in text
        assert 'subscribe: { allow: ["care.*.*.readings", "care.*.*.status"] }' in text
        assert text.count("user:") == 4

    def test_unacked_messages_are_shared_by_the_subscriptions(self) -> None:
        assert "max_ack_pending: 65535\n" in nats_conf(WITH_TLS, PurePath("/n"), subscriptions=1)
        assert "max_ack_pending: 8191\n" in nats_conf(WITH_TLS, PurePath("/n"), subscriptions=8)

    def test_settings(self) -> None:
        text = nats_conf(WITH_TLS, PurePath('/n "x"'), subscriptions=1)
        assert 'tls { cert_file: "/tls/cert.pem", key_file: "/tls/key.pem" }' in text
        assert 'store_dir: "/n \\"x\\"/data"' in text


class TestFiles:
    def test_secret_and_public_files(self, tmp_path: Path) -> None:
        secret, public = tmp_path / "secret", tmp_path / "public"
        assert write_file(secret, "1")
        assert write_file(public, "1", PUBLIC)
        assert (secret.stat().st_mode & 0o777, public.stat().st_mode & 0o777) == (0o600, 0o644)
        assert not write_file(secret, "1")
        assert write_file(secret, "2")
        assert secret.read_text() == "2"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["public", "secret"]

    def test_who_may_read_stays_as_a_person_set_it(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        write_file(path, "1")
        path.chmod(0o640)
        write_file(path, "2")
        assert path.stat().st_mode & 0o777 == 0o640

    def test_what_was_left_by_a_crash_is_no_hindrance(self, tmp_path: Path) -> None:
        (tmp_path / ".file.new").write_text("half")
        write_file(tmp_path / "file", "whole")
        assert (tmp_path / "file").read_text() == "whole"

    def test_a_place_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(ConfigurationError, match="file/below cannot be written"):
            write_file(tmp_path / "file" / "below", "1")


class TestTls:
    def test_a_file_that_is_missing_or_wrong_is_named(self, tmp_path: Path) -> None:
        empty = tmp_path / "empty.pem"
        empty.write_text("nothing")
        with pytest.raises(ConfigurationError, match=r"mqtt_ca_file .*none\.pem: No such file"):
            tls_context(tmp_path / "none.pem")
        with pytest.raises(ConfigurationError, match=r"--ca-file .*empty\.pem: not a certificate"):
            tls_context(empty, names=OPTIONS)
        with pytest.raises(ConfigurationError, match=r"mqtt_cert_file .*empty\.pem, mqtt_key_file none: not a cert"):
            tls_context(None, empty)
        with pytest.raises(ConfigurationError, match="needs mqtt_cert_file"):
            tls_context(None, None, empty)

    def test_the_broker_must_prove_its_name(self) -> None:
        context = tls_context(None)
        assert context.check_hostname
        assert context.verify_mode is ssl.CERT_REQUIRED

    def test_an_encrypted_key_is_said_and_nobody_is_asked(self, tmp_path: Path) -> None:
        certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-passout", "pass:hush", "-subj", "/CN=x"]
        subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
        with pytest.raises(ConfigurationError, match="the key is encrypted"):
            tls_context(None, certificate, key)


class TestSimulate:
    @pytest.mark.parametrize(
        ("login", "secrets", "words"),
        [
            ("b0001", BrokerSecrets(logins=Path("x")), "--logins, --username: give one of them"),
            (None, BrokerSecrets(ca_file=Path("x")), "--ca-file: is for --tls"),
            (None, BrokerSecrets(logins=Path("none")), "logins file none"),
        ],
    )
    def test_options_that_do_not_fit(self, login: str | None, secrets: BrokerSecrets, words: str) -> None:
        with pytest.raises(ConfigurationError, match=words):
            broker_of(simulated_center(2, 1), "127.0.0.1", 1, (login, None), secrets)

    def test_belts_without_a_login_are_named(self, tmp_path: Path) -> None:
        path = tmp_path / "logins.toml"
        path.write_text(replace(LOGINS, belts={"b0002": "x"}).as_toml())
        with pytest.raises(ConfigurationError, match="no login for belt b0001 and 1 more"):
            broker_of(simulated_center(3, 1), "127.0.0.1", 1, (None, None), BrokerSecrets(logins=path))
