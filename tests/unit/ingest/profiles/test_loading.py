"""Profiles by name, the user's own over the shipped ones, and mistakes with file, line and key."""

from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from ingest.decoder import Decoder
from ingest.profiles.loading import available, load_profiles, read_profile
from ingest.profiles.places import line_of
from ingest.profiles.topics import checked_filter, overlap, pattern, subscription

HEAD = 'description = "x"\n[[topics]]\nfilter = "a/{belt}"\n'


def _wrong(tmp_path: Path, text: str) -> str:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read_profile(file)
    return str(caught.value).removeprefix(f"profile {file}:")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[fields]\n\nheart_rate = { path = 'h', invaild = [0] }", "6: fields.heart_rate.invaild: no such key"),
        ("[feilds]\n", "4: feilds: no such key"),
        ("[fields]\nin_bed = [\n  { path = 'a' },\n  { path = 'b', map = { 0 = 'inn' } },\n]",
         "7: fields.in_bed[1].map: Invalid enum value 'inn'"),
        ("[fields]\nin_bed = [\n  { path = 'a' },\n  { path = 'b.' },\n]",
         "7: fields.in_bed[1]: path 'b.': cannot be read from '.'"),
        ("[fields.heart_rate]\npath = 'h'\n[fields.heart_rate.when]\npath = 'x'",
         "4: fields.heart_rate: when: either `is` or `is_not`"),
        ("[fields.heart_rate]\npath = 'h'\nrange = [10, 300]", "4: fields.heart_rate: range: heart_rate must lie"),
        ("[fields.heart_rate]\npath = 'h'\nrange = [60, 50]", "4: fields.heart_rate: range: heart_rate must lie"),
        ("[fields.stage]\npath = 'h'", "4: fields.stage: map: a stage needs one"),
        ("[fields.turn_overs]\npath = 'h'\nreset = 'wrap'", "4: fields.turn_overs: reset, highest: only with"),
        ("[fields]\nturn_overs = [{path='a', count='event'}, {path='b'}]",
         "5: fields.turn_overs: count, reset, highest: the same in all"),
        ("[time]\npath = 't'\nzone = 'Mars'", "4: time: time zone 'Mars'"),
        ("[time]\npath = 't'\nmax_skew_s = 0", "4: time: max_skew_s: above 0"),
        ("[belt]\nprefix = '/'", "4: belt: prefix '/'"),
        ("[belt.side]\npath = 's'\nmap = {}", "4: belt.side: side.map: is empty"),
        ("[kind]\npath = 'k'\nread = [1]\nignore = ['1']", "4: kind: kind: both read and ignored: 1"),
        ("[kind]\npath = 'k'", "4: kind: Object missing required field `read`"),
        ("[[topics]]\nfilter = 'b/#/c/{belt}'", "5: topics[1].filter: filter 'b/#/c/{belt}'"),
        ("[[topics]]\nfilter = 'b'", "1: belt: path: needed, for the filter 'b' captures no {belt}"),
        ("[[topics]]\nfilter = 'b/{belt}'\npayload = 'csv'", "4: topics[1]: columns: payload = \"csv\" needs them"),
        ("[[topics]]\nfilter = 'b/{belt}'\npayload = 'xml'", "6: topics[1].payload: Invalid enum value 'xml'"),
        ("[[topics]]\nfilter = 'b/{belt}'\nrecords = 'a[*'", "4: topics[1]: records: path 'a[*'"),
        ("[[topics]]\nfilter = 'b/{belt}'\nseparator = ';'", "4: topics[1]: separator: only with"),
        ("[[topics]]\nfilter = 'b/{belt}/{field}'", "4: topics[1]: filter: {field} only with"),
        ("[[topics]]\nfilter = 'care/{belt}/x'", "5: topics[1].filter: filter 'care/{belt}/x': topics under care/"),
        ("x = [1,\n", "5: Invalid value"),
    ],
)  # fmt: skip
def test_mistakes_name_line_and_key(tmp_path: Path, text: str, words: str) -> None:
    assert _wrong(tmp_path, HEAD + text + "\n").startswith(words)


def test_other_mistakes(tmp_path: Path) -> None:
    assert _wrong(tmp_path, 'like = "none"\ndescription = "x"\n') == "1: like: no shipped profile 'none'"
    assert _wrong(tmp_path, "[fields]\n") == "1: Object missing required field `description`"
    assert _wrong(tmp_path, 'topics = []\ndescription = "x"\n').startswith("1: topics: Expected `array` of length")
    own = tmp_path / "native.toml"
    own.write_text(HEAD)
    with pytest.raises(ConfigurationError, match="choose another"):
        read_profile(own)
    own = tmp_path / "latin.toml"
    own.write_bytes(b'description = "\xe9"')
    with pytest.raises(ConfigurationError, match="not UTF-8 at byte 15"):
        read_profile(own)


def test_the_users_own_goes_over_a_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "het.toml").write_text('description = "ours"\nlike = "het"\n[[topics]]\nfilter = "ours/{belt}"\n')
    theirs, ours = load_profiles(["het"])[0], load_profiles(["het"], tmp_path)[0]
    assert ours.path == tmp_path / "het.toml"
    assert [topic.filter for topic in ours.file.topics] == ["ours/{belt}"]
    assert ours.file.fields == theirs.file.fields


def test_names_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no profile hat; there are native, bm8701-2, "):
        load_profiles(["het", "hat"])
    with pytest.raises(ConfigurationError, match=r"profiles_dir .*: no such directory"):
        load_profiles([], tmp_path / "none")


def test_native_may_be_named_and_names_may_be_repeated() -> None:
    assert [profile.name for profile in load_profiles(["native", "het", "het"])] == ["het"]


def test_all_shipped_profiles_can_be_on_together() -> None:
    decoder = Decoder(load_profiles(list(available())))
    assert "/Radar60SP/+/sys/property/post" in decoder.topic_filters
    assert not any("{" in text for text in decoder.topic_filters)


def test_two_profiles_of_the_same_topics(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('description = "x"\n[[topics]]\nfilter = "het/#"\n[belt]\npath = "id"\n')
    with pytest.raises(ConfigurationError, match=r"profiles het and mine read the same topics: 'het/\{belt\}/data'"):
        load_profiles(["het", "mine"], tmp_path)


@pytest.mark.parametrize(
    ("text", "topic", "captured"),
    [
        ("a/{belt}/c", "a/b/c", {"belt": "b"}),
        ("a/{belt}/c", "a/b/d", None),
        ("a/{belt}/c", "a/b/x/c", None),
        ("a/+/{belt}", "a//b", {"belt": "b"}),
        ("{belt}/{field}", "b/heart", {"belt": "b", "field": "heart"}),
        ("a/#", "a", {}),
        ("a/#", "a/b/c\n", {}),
        ("a/#", "ab", None),
        ("#", "anything/at all", {}),
        ("a.c", "abc", None),
        ("/a/{belt}", "a/b", None),
    ],
)
def test_topics(text: str, topic: str, captured: dict[str, str] | None) -> None:
    found = pattern(checked_filter(text)).fullmatch(topic)
    assert (None if found is None else found.groupdict()) == captured


@pytest.mark.parametrize("text", ["", "a/b+", "a/{belt}x", "{room}/a", "#/a", "{belt}/{belt}", "a\0", "a/{belt"])
def test_filters_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="filter"):
        checked_filter(text)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("a/{belt}", "a/b", True),
        ("a/{belt}", "a/b/c", False),
        ("a/#", "a", True),
        ("a/#", "b/#", False),
        ("#", "x/y", True),
        ("+/b", "a/{belt}", True),
        ("a/b", "a/b", True),
        ("a/b", "a/c", False),
    ],
)
def test_overlaps(one: str, other: str, both: bool) -> None:
    assert overlap(one, other) is overlap(other, one) is both
    assert subscription("a/{belt}/#") == "a/+/#"


def test_lines_in_any_form_of_table() -> None:
    text = '\na.b = 1\n[t]\n"x y" = 2 # [no]\n[[l]]\nk = 1\n[l.sub]\nk = 2\n[[l]]\nk = 3\n'
    keys = {("a", "b"): 2, ("t", "x y"): 4, ("l", 0, "k"): 6, ("l", 0, "sub", "k"): 8, ("l", 1, "k"): 10}
    assert {key: line_of(text, key) for key in keys} == keys
    assert line_of(text, ("l", 1, "none")) == 9
    assert line_of(text, ("none",)) == line_of("", ()) == 1
