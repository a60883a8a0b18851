"""`nightbelt profile`: what a payload becomes, and what is said of a wrong profile."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ingest.profiles.loading import NATIVE, available
from nightbelt import cli
from nightbelt.terminal import out

DATA = Path(__file__).parents[2] / "data" / "profiles"
THEN = ("--received", "2025-01-01T00:00:00")


class Ran:
    def __init__(self, code: int, text: str, error: str) -> None:
        self.code, self.text, self.error = code, text, error

    def row(self, field: str) -> list[str]:
        """The cells of the first row that begins so."""
        line = next(line for line in self.text.splitlines() if line.startswith(f"│ {field} "))
        return [cell.strip() for cell in line.strip("│").split("│")]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setattr(out, "width", 200)

    def ran(*arguments: object) -> Ran:
        monkeypatch.setattr("sys.argv", ["nightbelt", "profile", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        said = capsys.readouterr()
        return Ran(int(left.value.code or 0), said.out, said.err)

    return ran


def test_the_list_has_them_all_and_says_which_are_on(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "het.toml").write_text('description = "ours"\nlike = "het"\n')
    monkeypatch.setenv("NIGHTBELT_PROFILES", "het, wisleep")
    monkeypatch.setenv("NIGHTBELT_PROFILES_DIR", str(tmp_path))
    listed = run("list")
    assert listed.code == 0
    on = {name: listed.row(name)[1] for name in (NATIVE, *available())}
    assert {name for name, said in on.items() if said == "yes"} == {NATIVE, "het", "wisleep"}
    assert str(tmp_path) in listed.row("het")[2]


def test_a_payload_field_by_field(run: Any) -> None:
    checked = run("check", "sleepace-cloud", "--payload", DATA / "sleepace-cloud.json", *THEN)
    assert checked.code == 0
    assert checked.row("belt")[2] == "BM100001-left"
    assert checked.row("observed_at")[2] == "2025-01-01 00:00:00.000 UTC"
    assert checked.row("heart_rate") == ["heart_rate", "62", "62", "as sent"]
    assert checked.row("in_bed") == ["in_bed", "0", "in bed", "by the value map"]
    assert "light" in checked.text
    assert "accepted: readings 1, statuses 2" in checked.text


def test_later_payloads_are_read_in_the_light_of_earlier_ones(run: Any) -> None:
    bed, heart = DATA / "r60abd1-bed.json", DATA / "r60abd1-heart.json"
    checked = run("check", "r60abd1", "--payload", bed, "--payload", heart)
    assert re.search(r"│ in_bed +│ +│ in bed +│ from an earlier message", checked.text)


def test_a_payload_that_is_passed_over(run: Any) -> None:
    assert "ignored" in run("check", "r60abd1", "--payload", DATA / "r60abd1-room.json").text


def test_a_refused_payload_says_why(run: Any, tmp_path: Path) -> None:
    payload = tmp_path / "p.json"
    payload.write_text('{"isBed": 7, "heartBeat": 999}')
    checked = run("check", "het", "--payload", payload)
    assert checked.code == 1
    assert checked.row("in_bed") == ["in_bed", "7", "not known", "refused: unknown-value"]
    assert "quarantined heart_rate-out-of-range" in checked.text


def test_a_sample_of_another_day_is_told_how_to_be_read(run: Any) -> None:
    checked = run("check", "sleepace-cloud", "--payload", DATA / "sleepace-cloud.json")
    assert checked.code == 1
    assert "quarantined time-too-old" in checked.text
    assert "--received" in checked.text
    assert "--received" not in run("check", "sleepace-cloud", "--payload", DATA / "sleepace-cloud.json", *THEN).text


def test_the_native_payload(run: Any, tmp_path: Path) -> None:
    checked = run("check", "native", "--payload", DATA / "native.json", *THEN)
    assert checked.code == 0
    assert checked.row("in_bed") == ["in_bed", "True", "in bed", "as sent"]
    assert checked.row("sleep_stage") == ["sleep_stage", "'rem'", "rem", "as sent"]
    payload = tmp_path / "p.json"
    wrong_values = {"heart_rate": 255, "movement": 900, "sleep_stage": "dozing"}
    payload.write_text(json.dumps([{"ts": 1_735_689_600_000, **wrong_values}, 5]))
    wrong = run("check", "native", "--payload", payload, *THEN)
    assert wrong.code == 1
    assert wrong.row("heart_rate")[2:] == ["not known", "stands for no value"]
    assert wrong.row("movement")[2:] == ["not known", "refused"]
    assert wrong.row("sleep_stage")[2:] == ["not known", "refused"]
    assert wrong.row("turn_overs")[1:] == ["", "not known", "not in the payload"]
    assert "element 1" in wrong.text


def test_a_wrong_profile_names_file_line_and_key(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('description = "x"\n[[topics]]\nfilter = "a/{belt}"\n[fields]\nheart_rate = { pth = "h" }\n')
    checked = run("check", file)
    assert checked.code == 2
    assert checked.error == f"nightbelt: profile {file}:5: fields.heart_rate.pth: no such key\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("none",), "no profile none; there are native, bm8701-2"),
        (("het", "--topic", "a/b"), "topic a/b: the profile reads het/{belt}/data"),
        (("het", "--payload", "nowhere.json"), "payload nowhere.json: No such file"),
        (("nowhere.toml",), "profile nowhere.toml: No such file"),
    ],
)
def test_mistakes(run: Any, arguments: tuple[str, ...], words: str) -> None:
    checked = run("check", *arguments)
    assert checked.code == 2
    assert words in checked.error
