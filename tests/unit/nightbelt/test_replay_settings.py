from dataclasses import fields
from datetime import time
from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from domain.residents import LeaveBedSettings, NightWindow, Resident, VitalSettings
from domain.vitals import RuleLimit
from nightbelt.replay_settings import ReplaySettings, read_replay_settings

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "files.md"


def read(tmp_path: Path, text: str) -> ReplaySettings:
    path = tmp_path / "replay.toml"
    path.write_text(text)
    return read_replay_settings(path)


def test_an_empty_file_says_what_no_file_says(tmp_path: Path) -> None:
    assert read(tmp_path, "") == ReplaySettings()
    assert ReplaySettings().timezone == "Asia/Shanghai"
    assert ReplaySettings().resident("b1").leave_bed == LeaveBedSettings()


def test_the_guides_example_is_the_defaults_but_for_one_belt(tmp_path: Path) -> None:
    settings = read(tmp_path, GUIDE.read_text().split("```toml\n", 1)[1].split("```", 1)[0])
    assert settings.for_all == ReplaySettings().for_all
    assert settings.resident("b0001").leave_bed == LeaveBedSettings()
    assert settings.resident("b0002").leave_bed == LeaveBedSettings(away_limit_min=30)


def test_every_setting_of_a_resident_is_in_the_guide() -> None:
    tables = [item for item in fields(Resident) if item.name not in {"resident_id", "name"}]
    guide = GUIDE.read_text()
    for table in tables:
        assert f"[{table.name}]" in guide
    for setting in fields(LeaveBedSettings):
        assert f"\n{setting.name} = " in guide


def test_a_belt_has_what_is_said_for_all_and_its_own_over_it(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        """
        timezone = "Europe/Berlin"
        [leave_bed]
        immediate = true
        windows = [["20:00", "23:30"], ["02:00", "06:00"]]
        [belts."b.2".leave_bed]
        immediate = false
        immediate_after_s = 0
        """,
    )
    windows = (NightWindow(start=time(20), end=time(23, 30)), NightWindow(start=time(2), end=time(6)))
    assert settings.timezone == "Europe/Berlin"
    assert settings.resident("b1") == Resident(
        resident_id="b1", name="b1", leave_bed=LeaveBedSettings(immediate=True, windows=windows)
    )
    assert settings.resident("b.2").leave_bed == LeaveBedSettings(immediate_after_s=0, windows=windows)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("zone = 'UTC'", "Object contains unknown field `zone`"),
        ("timezone = 'Mars'", "time zone 'Mars': not an IANA zone name"),
        ("[leave_bed]\naway_limit = 5", "Object contains unknown field `away_limit` - at `$.leave_bed`"),
        ("[leave_bed]\naway_limit_min = '5'", "Expected `int`, got `str` - at `$.leave_bed.away_limit_min`"),
        ("[leave_bed]\naway_limit_min = 0", "$.leave_bed: away_limit_min 0: 1 to 240 min"),
        ("[leave_bed]\nwindows = [['21:00']]", "Expected `array` of length 2, got 1 - at `$.leave_bed.windows[0]`"),
        ("[leave_bed]\nwindows = [['25:00', '06:00']]", "$.leave_bed: hour must be in 0..23"),
        ("[leave_bed]\nwindows = [['evening', '06:00']]", "$.leave_bed: Invalid isoformat string: 'evening'"),
        ("[belts.b1]\nimmediate = true", "Object contains unknown field `immediate` - at `$.belts[...]`"),
        ("[belts.b1.leave_bed]\nimmediate_after_s = 601", "$.belts.b1.leave_bed: immediate_after_s 601: 0 to 600 s"),
        ("timezone =", "Invalid value (at end of document)"),
    ],
)
def test_mistakes_name_file_and_key(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        read(tmp_path, text)
    assert str(told.value) == f"replay settings {tmp_path / 'replay.toml'}: {words}"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.toml: No such file"):
        read_replay_settings(tmp_path / "none.toml")


def test_what_is_asked_of_rates_lies_over_what_is_asked_for_all(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        """
        [vitals]
        settle_s = 60
        [vitals.heart_rate_low]
        limit = 38
        [belts.b2.vitals.heart_rate_low]
        after_s = 600
        """,
    )
    assert settings.resident("b2").vitals == VitalSettings(
        settle_s=60, heart_rate_low=RuleLimit(limit=38, clear_limit=44, after_s=600)
    )
    assert settings.resident("b1").vitals.heart_rate_low.after_s == 300
    with pytest.raises(ConfigurationError, match=r"\$\.belts\.b2: vitals\.heart_rate_low\.limits: no such key"):
        read(tmp_path, "[belts.b2.vitals.heart_rate_low]\nlimits = 3\n")
