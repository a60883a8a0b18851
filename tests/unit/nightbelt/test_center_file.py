from datetime import time
from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from domain.residents import LeaveBedSettings, NightWindow
from nightbelt.center_file import read_center_file

HEAD = '[center]\nid = "c01"\nname = "Willow House"\n'


def _read(tmp_path: Path, text: str) -> object:
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
