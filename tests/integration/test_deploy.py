"""What a first start runs on the host: the script that draws secrets, and compose's own reading of its file."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.composition import ROOT, compose
from tests.integration.engines import engine_path


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the script and compose need, under a name with a blank."""
    folder = tmp_path / "night belt"
    (folder / "deploy").mkdir(parents=True)
    shutil.copy(ROOT / "docker-compose.yml", folder)
    for name in ("make-secrets.sh", "broker-config.sh"):
        shutil.copy(ROOT / "deploy" / name, folder / "deploy")
    return folder


def make_secrets(checkout: Path, *names: str) -> subprocess.CompletedProcess[str]:
    engine_path("openssl")
    script = str(checkout / "deploy" / "make-secrets.sh")
    return subprocess.run(["sh", script, *names], capture_output=True, text=True, check=False, cwd="/")


def contents(checkout: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (checkout / "secrets").iterdir()}


def openssl(*arguments: object) -> str:
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=True).stdout


class TestMakeSecrets:
    def test_it_makes_every_file_of_compose_and_a_second_run_changes_none(self, checkout: Path) -> None:
        first = make_secrets(checkout, "care.lan", "10.0.0.5")
        assert first.returncode == 0, first.stderr
        made = contents(checkout)
        wanted = {Path(secret["file"]).name for secret in compose()["secrets"].values()}
        assert set(made) == wanted | {"ca.key"}
        second = make_secrets(checkout)
        assert (second.returncode, second.stderr) == (0, "")
        assert contents(checkout) == made

    def test_a_file_that_is_gone_is_made_anew_and_the_others_stay(self, checkout: Path) -> None:
        make_secrets(checkout)
        before = contents(checkout)
        (checkout / "secrets" / "grafana_admin_password").unlink()
        make_secrets(checkout)
        after = contents(checkout)
        assert {name for name in before if before[name] != after[name]} == {"grafana_admin_password"}

    def test_passwords_are_long_and_each_another(self, checkout: Path) -> None:
        make_secrets(checkout)
        drawn = [text for name, text in contents(checkout).items() if "." not in name]
        assert len(set(drawn)) == len(drawn) == 6
        assert all(len(bytes.fromhex(text.decode().strip())) * 8 == 192 for text in drawn)

    def test_only_the_owner_gets_in_and_nobody_writes(self, checkout: Path) -> None:
        make_secrets(checkout)
        assert stat.S_IMODE((checkout / "secrets").stat().st_mode) == 0o700
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (checkout / "secrets").iterdir()}
        assert modes.pop("ca.key") == 0o600
        assert set(modes.values()) == {0o444}

    def test_the_certificate_verifies_for_the_names_it_was_made_for_and_no_other(self, checkout: Path) -> None:
        make_secrets(checkout, "care.lan", "10.0.0.5", "fd00::1")
        secrets = checkout / "secrets"
        verify = ("verify", "-CAfile", secrets / "ca.crt", "-purpose", "sslserver", "-x509_strict")
        for name in ("mosquitto", "localhost", "care.lan"):
            assert "OK" in openssl(*verify, "-verify_hostname", name, secrets / "broker.crt")
        for address in ("10.0.0.5", "fd00::1"):
            assert "OK" in openssl(*verify, "-verify_ip", address, secrets / "broker.crt")
        with pytest.raises(subprocess.CalledProcessError):
            openssl(*verify, "-verify_hostname", "other.lan", secrets / "broker.crt")
        of_key = openssl("pkey", "-in", secrets / "broker.key", "-pubout")
        assert of_key == openssl("x509", "-in", secrets / "broker.crt", "-noout", "-pubkey")

    def test_a_new_certificate_is_by_the_same_authority(self, checkout: Path) -> None:
        make_secrets(checkout, "old.lan")
        authority = (checkout / "secrets" / "ca.crt").read_bytes()
        (checkout / "secrets" / "broker.crt").unlink()
        assert make_secrets(checkout, "new.lan").returncode == 0
        assert (checkout / "secrets" / "ca.crt").read_bytes() == authority
        openssl(
            "verify",
            "-CAfile",
            checkout / "secrets" / "ca.crt",
            "-verify_hostname",
            "new.lan",
            checkout / "secrets" / "broker.crt",
        )

    def test_a_certificate_by_another_authority_and_a_lost_key_are_told(self, checkout: Path) -> None:
        make_secrets(checkout)
        (checkout / "secrets" / "ca.crt").unlink()
        told = make_secrets(checkout)
        assert (told.returncode, "broker.crt is not by secrets/ca.crt" in told.stderr) == (2, True)
        for name in ("ca.key", "broker.crt"):
            (checkout / "secrets" / name).unlink()
        told = make_secrets(checkout)
        assert (told.returncode, "ca.key is not here" in told.stderr) == (2, True)

    def test_it_is_not_committed(self) -> None:
        assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


@pytest.mark.engine("docker-compose")
def test_compose_itself_reads_the_file(checkout: Path) -> None:
    make_secrets(checkout)
    done = subprocess.run(
        [engine_path("docker-compose"), "config", "--services"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert set(done.stdout.split()) == set(compose()["services"])
