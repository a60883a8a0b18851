from datetime import time
from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from domain.ports import BedEntry
from domain.residents import Center, LeaveBedSettings, NightWindow, VitalSettings
from domain.vitals import HEART_RATE_LOW, AtTime, ExitLimit, RuleLimit
from nightbelt.center_file import read_center_file
from nightbelt.vital_tables import vital_settings

HEAD = '[center]\nid = "c01"\nname = "Willow House"\n'


def _read(tmp_path: Path, text: str) -> tuple[Center, list[BedEntry]]:
    file = tmp_path / "center.toml"
    file.write_text(text)
    return read_center_file(file)


def test_the_guides_example_is_read() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "guides" / "enroll.md").read_text()
    example = guide.split("```toml\n", 1)[1].split("```", 1)[0]
    file = Path(__file__).parent / "example.toml"
    try:
        file.write_text(example)
        center, beds = read_center_file(file)
    finally:
        file.unlink()
    assert center.timezone == "Asia/Shanghai"
    assert center.round_times == (time(2), time(5), time(22))
    assert [bed.belt_id for bed in beds] == ["b0001", "b0002", None]
    resident = beds[0].resident
    assert resident is not None
    assert resident.leave_bed == LeaveBedSettings(
        immediate=True, away_limit_min=10, windows=(NightWindow(start=time(20), end=time(7)),)
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '[[beds]]\nroom = "101"\nbed = "1"\nbelt = 7\n',
            r"Expected `str \| null`, got `int` - at `\$.beds\[0\].belt`",
        ),
        ('[[beds]]\nroom = "101"\nbed = "1"\nbelt = "a/b"\n', r"beds\[0\]: belt id 'a/b'"),
        ('[[beds]]\nroom = "101"\nbed = "1"\nbbelt = "b1"\n', "bbelt"),
        (
            '[[beds]]\nroom = "101"\nbed = "1"\n[beds.resident]\nid = "r1"\nname = "A"\naway_limit_min = 0\n',
            r"beds\[0\]: away_limit_min 0: 1 to 240 min",
        ),
        (
            '[[beds]]\nroom = "1"\nbed = "1"\n[beds.resident]\nid = "r1"\nname = "A"\nwindows = [["25:00", "6:00"]]\n',
            r"beds\[0\]: .*hour",
        ),
        ("[[beds]\n", "center.toml"),
    ],
)
def test_mistakes_name_file_and_key(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        _read(tmp_path, HEAD + text)


def test_an_unknown_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Mars"):
        _read(tmp_path, HEAD + 'timezone = "Mars"\n[[beds]]\nroom = "1"\nbed = "1"\n')


@pytest.mark.parametrize("text", ["2 o'clock", "25:00", "22:00+01:00"])
def test_times_of_rounds_are_local_times(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"center.toml: \$.center.rounds: "):
        _read(tmp_path, f'{HEAD}rounds = ["05:00", "{text}"]\n[[beds]]\nroom = "1"\nbed = "1"\n')


def test_a_residents_vitals_lie_over_the_centres_and_these_over_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "center.toml"
    file.write_text(
        HEAD
        + "[center.vitals]\nsettle_s = 60\n[center.vitals.heart_rate_low]\nlimit = 42\nafter_s = 600\n"
        + '[[beds]]\nroom = "1"\nbed = "1"\n[beds.resident]\nid = "r1"\nname = "A"\n'
        + '[beds.resident.vitals]\nwindows = [["9:00", "21:30"]]\n'
        + "[beds.resident.vitals.heart_rate_low]\nlimit = 36\n[beds.resident.vitals.belt_silent]\non = false\n"
        + '[beds.resident.vitals.not_in_bed]\non = true\nat = "22:30"\n'
        + "[beds.resident.vitals.many_exits]\nmore_than = 3\n"
        + '[[beds]]\nroom = "1"\nbed = "2"\n[beds.resident]\nid = "r2"\nname = "B"\n'
    )
    first, second = (bed.resident for bed in read_center_file(file)[1])
    assert first is not None
    assert second is not None
    low = RuleLimit(limit=36, clear_limit=HEART_RATE_LOW.clear_limit, after_s=600)
    assert first.vitals == VitalSettings(
        settle_s=60,
        heart_rate_low=low,
        belt_silent=RuleLimit(on=False, after_s=300, clear_after_s=60),
        windows=(NightWindow(start=time(9), end=time(21, 30)),),
        not_in_bed=AtTime(on=True, at=time(22, 30)),
        many_exits=ExitLimit(more_than=3),
    )
    assert second.vitals.heart_rate_low.limit == 42


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("[center.vitals]\nsettle = 3\n", r"\$.center.vitals.settle: no such key"),
        ("[center.vitals]\nheart_rate_high = 3\n", r"\$.center.vitals.heart_rate_high: a table is needed"),
        ("[center.vitals.heart_rate_high]\nlimit = 140\n", r"very_high: limits do not ascend"),
        ("[center.vitals.heart_rate_high]\nclear_limit = 115\n", r"clear_limit 115 is on the wrong side of 110"),
        ("[center.vitals.heart_rate_high]\nafter_s = 5\n", r"after_s 5: 10 to 86400 s"),
        ('[center.vitals]\nwindows = [["25:00", "6:00"]]\n', r"\$.center.vitals: "),
        ("[center.vitals]\nwindows = 7\n", r"\$.center.vitals.windows: Expected"),
    ],
)
def test_mistakes_in_the_tables_of_vitals_are_named(tmp_path: Path, table: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        _read(tmp_path, HEAD + table + '[[beds]]\nroom = "1"\nbed = "1"\n')
    of_resident = table.replace("[center.", "[beds.resident.")
    bed = '[[beds]]\nroom = "1"\nbed = "1"\n[beds.resident]\nid = "r1"\nname = "A"\n'
    with pytest.raises(ConfigurationError, match=words.replace("center", r"beds\[0\]: ").replace(" .", " ")):
        _read(tmp_path, HEAD + bed + of_resident)


def test_the_hour_of_the_families_is_read(tmp_path: Path) -> None:
    beds = '[[beds]]\nroom = "101"\nbed = "1"\n'
    assert _read(tmp_path, HEAD + beds)[0].morning == time(10, 15)
    assert _read(tmp_path, HEAD + 'morning = "11:30"\n' + beds)[0].morning == time(11, 30)


@pytest.mark.parametrize(
    ("hour", "words"), [("08:00", "10:00, when the night is over"), ("eight", "a local time"), ("11:00+08:00", "local")]
)
def test_an_hour_that_cannot_be_is_refused(tmp_path: Path, hour: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"center\.toml: \$\.center\.morning.*{words}"):
        _read(tmp_path, HEAD + f'morning = "{hour}"\n[[beds]]\nroom = "101"\nbed = "1"\n')


def test_what_is_unusual_and_what_moves_with_it_is_set_like_other_rules() -> None:
    asked = vital_settings(
        {"heart_rate_unusual_high": {"after_s": 1800}, "breathing_rate_unusual_low": {"on": False}},
        {"heart_rate_high": {"follows_usual": False}},
    )
    assert asked.heart_rate_unusual_high.after_s == 1800
    assert asked.heart_rate_unusual_low == VitalSettings().heart_rate_unusual_low
    assert not asked.breathing_rate_unusual_low.on
    assert (asked.heart_rate_high.limit, asked.heart_rate_high.follows_usual) == (110, False)
