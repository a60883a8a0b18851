"""docs/profiles.md says what a profile may say: every key, every shipped profile, every reason."""

import re
from pathlib import Path

import msgspec
import pytest

from ingest.decoder import Decoder
from ingest.profiles.loading import NATIVE, available, load_profiles, read_profile
from ingest.profiles.model import TABLES, ProfileFile
from tests.unit.ingest.profiles.payloads import AT, sent

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "profiles.md").read_text(encoding="utf-8")
KEYS = {field.encode_name for table in TABLES for field in msgspec.structs.fields(table)}


def _blocks() -> list[str]:
    return [block.split("```", 1)[0] for block in PAGE.split("```toml\n")[1:]]


@pytest.mark.parametrize("key", sorted(KEYS))
def test_every_key_is_described(key: str) -> None:
    assert f"`{key}`" in PAGE


def test_every_table_of_the_model_is_looked_at() -> None:
    seen: set[type] = set()
    waiting: list[type] = [ProfileFile]
    while waiting:
        table = waiting.pop()
        seen.add(table)
        for field in msgspec.structs.fields(table):
            named = re.findall(r"ingest\.profiles\.model\.(\w+)", str(field.type))
            waiting += [t for t in TABLES if t.__name__ in named and t not in seen]
    assert seen == set(TABLES)


@pytest.mark.parametrize("name", [NATIVE, *available()])
def test_every_shipped_profile_is_listed_with_its_topics(name: str) -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
    assert len(rows) == 1
    if name != NATIVE:
        filters = [topic.filter.removeprefix("/") for topic in load_profiles([name])[0].file.topics]
        assert [text for text in filters if text not in rows[0]] == []


def test_every_reason_is_described() -> None:
    sources = [path.read_text() for path in (ROOT / "ingest" / "profiles").glob("*.py")]
    raised = {reason for text in sources for reason in re.findall(r'Error\(\s*"([a-z]+(?:-[a-z0-9]+)+)"', text)}
    assert len(raised) > 10
    described = PAGE + (ROOT / "docs" / "mqtt.md").read_text()
    assert [reason for reason in sorted(raised) if f"`{reason}`" not in described] == []


def test_the_examples_are_profiles(tmp_path: Path) -> None:
    _, cloud, workshop = _blocks()
    (tmp_path / "sleepace-cloud.toml").write_text(cloud)
    (tmp_path / "workshop.toml").write_text(workshop)
    theirs = load_profiles(["sleepace-cloud"], tmp_path)[0]
    assert [topic.filter for topic in theirs.file.topics] == ["sleepace-00001"]
    assert theirs.file.kind is not None
    decoder = Decoder([read_profile(tmp_path / "workshop.toml")])
    decoded = decoder.decode([sent("workshop/w1/state", {"t": AT // 1000, "hr": 60, "bed": 0})])
    assert decoded.batch.in_bed.tolist() == [0]
