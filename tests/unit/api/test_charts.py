"""What charts say, for whom they are drawn, and that they can be."""

import gzip
import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from api.charts.compare import compare_chart
from api.charts.drawing import SCRIPT_NAME, Draughtsman
from api.charts.hours import hour_ticks
from api.charts.look import DARK, PAPER
from api.charts.night import ChartNight, bin_means, minute_rows, night_chart, stretches, wrapped
from api.charts.trends import trends_chart
from api.languages import read_languages
from api.usual import NIGHTLY
from domain.nights import night_span
from domain.readings import MinuteColumns
from domain.reports import SleepState
from domain.units import HOUR_MS, MINUTE_MS
from tests.reports import NIGHT, START_AT, night_report
from tests.unit.api.conftest import Visit
from tests.unit.api.test_reports import keep, with_maker
from tests.unit.api.world import World

SHANGHAI = ZoneInfo("Asia/Shanghai")
ENGLISH, CHINESE = read_languages()["en"], read_languages()["zh-CN"]
SLEEP = next(figure for figure in NIGHTLY if figure.key == "sleep")


def minutes(first_at: int, rates: list[float]) -> MinuteColumns:
    """Consecutive minutes with these heart rates and nothing else but turn-overs in the first."""
    n = len(rates)
    none, ones = np.full(n, np.nan), np.ones(n, np.int64)
    return MinuteColumns(
        minute_at=first_at + MINUTE_MS * np.arange(n),
        readings=ones,
        known_in_bed=ones,
        in_bed=ones,
        heart_rate=np.asarray(rates),
        heart_rate_min=np.asarray(rates),
        heart_rate_max=np.asarray(rates),
        breathing_rate=none,
        movement=none,
        turn_overs=np.where(np.arange(n) == 0, 1.0, 0.0),
    )


def chart_night(**changed: Any) -> ChartNight:
    told: dict[str, Any] = {
        "report": night_report(),
        "minutes": (minutes(START_AT + 200 * MINUTE_MS, [60.0, 62.0, 64.04]),),
        "alarms": ((START_AT + 490 * MINUTE_MS, "Not back in bed"),),
        "zone": SHANGHAI,
    }
    return ChartNight(**told | changed)


def test_the_makers_band_stands_apart_from_ours() -> None:
    plain = night_chart(chart_night(), ENGLISH, PAPER, width=300, hover=False)
    assert "maker" not in plain["datasets"]
    night = chart_night(report=night_report(epochs=with_maker()))
    spec = night_chart(night, ENGLISH, PAPER, width=300, hover=False)
    titles = [panel["title"]["text"] for panel in spec["vconcat"] if "title" in panel]
    assert titles[0] == "Sleep as the belt's maker estimates it"
    assert len(spec["vconcat"]) == len(plain["vconcat"]) + 1
    assert {row["lane"] for row in spec["datasets"]["maker"]} == {"light sleep"}
    assert [(row["to"] - row["at"]) // MINUTE_MS for row in spec["datasets"]["maker"]] == [300, 240]
    assert spec["datasets"]["states"] == plain["datasets"]["states"]
    assert b"light sleep" in Draughtsman().picture(spec, "svg")


def test_the_states_of_a_night_are_told_as_stretches() -> None:
    told = [(part.state, (part.end_at - part.start_at) // MINUTE_MS) for part in stretches(night_report())]
    out, awake, asleep, unknown = SleepState.OUT, SleepState.AWAKE, SleepState.ASLEEP, SleepState.UNKNOWN
    assert told == [
        (out, 180), (awake, 20), (asleep, 280), (out, 10), (awake, 15), (asleep, 215), (unknown, 10), (out, 230),
    ]  # fmt: skip


def test_a_minute_without_a_value_breaks_the_line() -> None:
    rows = minute_rows([minutes(START_AT + MINUTE_MS, [60.0, float("nan"), 61.26])], START_AT, START_AT + 5 * MINUTE_MS)
    assert [row["heart_rate"] for row in rows] == [None, 60.0, None, 61.3, None]
    assert {row["movement"] for row in rows} == {None}
    (five,) = bin_means(rows)
    assert five[:2] == (START_AT, START_AT + 5 * MINUTE_MS)
    assert five[2]["heart_rate"] == pytest.approx(60.65)


def test_a_night_holds_its_parts_in_words() -> None:
    spec = night_chart(chart_night(), ENGLISH, DARK, width=300, hover=True)
    tables = spec["datasets"]
    assert tables["alarms"][0]["said"] == "02:10 · Not back in bed"
    assert tables["states"][2]["said"] == "21:20–02:00 · Asleep · 4 hr 40 min"
    assert [row["said"] for row in tables["turns"]] == ["21:20 · Turned over"]
    assert [row["said"] for row in tables["hover"]] == ["21:20 · Heart rate 62"]
    assert len(spec["vconcat"]) == 2  # no breathing rate and no movement were given
    assert len(json.dumps(spec)) < 130_000
    assert "hover" not in night_chart(chart_night(), CHINESE, PAPER, width=300, hover=False)["datasets"]


@pytest.mark.parametrize(("night", "hours"), [(date(2026, 10, 24), "00 02 02 04"), (date(2026, 3, 28), "00 04 06 08")])
def test_hours_are_those_on_the_wall(night: date, hours: str) -> None:
    """The hour from 2 comes twice in autumn and not at all in spring."""
    zone = ZoneInfo("Europe/Berlin")
    ticks = [ENGLISH.clock_time(at, zone) for at in hour_ticks(*night_span(night, zone), zone)]
    midnight = ticks.index("00:00")
    assert ticks[midnight : midnight + 4] == [f"{hour}:00" for hour in hours.split()]


def test_a_trend_shades_what_is_usual_and_leaves_partial_nights_hollow() -> None:
    reports = [
        night_report(night=NIGHT - timedelta(days=back), sleep_min=420.0 + 10 * (back % 3), valid=back != 2)
        for back in range(10, -1, -1)
    ]
    spec = trends_chart(reports, NIGHT, 7, ENGLISH, PAPER, width=300, figures=[SLEEP])
    rows = spec["datasets"]["sleep"]
    assert [row["valid"] for row in rows] == [True, True, True, True, False, True, True]
    assert rows[-1] == {"day": NIGHT.toordinal(), "value": 7.0, "valid": True, "said": "Sat, Nov 21 · 7 hr"}
    assert rows[4]["said"] == "Thu, Nov 19 · 7 hr 20 min · told in part only"
    (band,) = spec["datasets"]["sleep-usual"]
    assert band == {"low": 370 / 60, "high": 490 / 60, "middle": 430 / 60}


def test_a_trend_of_few_nights_says_so() -> None:
    reports = [night_report(night=NIGHT - timedelta(days=back)) for back in range(6, -1, -1)]
    spec = trends_chart(reports, NIGHT, 30, ENGLISH, PAPER, width=300, figures=[SLEEP])
    assert spec["datasets"]["sleep-usual"] == []
    assert spec["vconcat"][0]["title"]["text"].endswith("not enough nights yet for a usual range")


def test_two_nights_stand_hour_under_hour() -> None:
    later = START_AT + 24 * HOUR_MS
    other = night_report(night=NIGHT + timedelta(days=1), start_at=later, end_at=later + 16 * HOUR_MS)
    other = replace(other, epochs=replace(other.epochs, start_at=later))
    spec = compare_chart([chart_night(), chart_night(report=other, minutes=())], ENGLISH, DARK, width=300)
    states = spec["datasets"]["states"]
    first, second = ([row["at"] for row in states if row["night"] == name] for name in ("Nov 21", "Nov 22"))
    assert first == second
    assert first[1] == 180 * MINUTE_MS


def test_sentences_are_wrapped_in_both_scripts() -> None:
    assert wrapped("one two three four", 9) == ["one two", "three", "four"]
    assert wrapped("夜间起床一次（02:04）。", 12) == ["夜间起床一次", "（02:04）。"]
    assert wrapped("", 9) == []


def test_pictures_are_drawn_once() -> None:
    draughtsman = Draughtsman()
    spec = trends_chart([night_report()], NIGHT, 7, CHINESE, PAPER, width=200, figures=[SLEEP])
    svg = draughtsman.picture(spec, "svg")
    assert "睡眠时间" in svg.decode()
    assert draughtsman.picture(spec, "svg") is svg


def test_charts_over_http(world: World, visit: Visit) -> None:
    keep(world)
    wang = visit("wang")
    charts = "/residents/r1/charts"
    spec = wang.get(f"{charts}/night.json?night={NIGHT}&look=dark")
    assert (spec.status_code, spec.headers["content-type"]) == (200, "application/json")
    assert spec.json()["vconcat"]
    card = wang.get(f"{charts}/card.png?night={NIGHT}")
    assert card.content.startswith(b"\x89PNG")
    assert (card.headers["content-type"], card.headers["cache-control"]) == ("image/png", "no-store")
    for wrong in ("nix.json", "night.gif", "night.json?look=pink", "trends.json?nights=31", "compare.json"):
        joint = "&" if "?" in wrong else "?"
        assert wang.get(f"{charts}/{wrong}{joint}night={NIGHT}").status_code in (404, 422), wrong


def test_a_family_sees_its_own_charts_only(world: World, visit: Visit) -> None:
    keep(world)
    keep(world, resident_id="r2")
    son, alone = visit("son"), visit("alone")
    for chart, allowed in (("strip", True), ("sleep", True), ("night", False), ("trends", False), ("compare", False)):
        path = f"/charts/{chart}.json?night={NIGHT}"
        assert (son.get(f"/residents/r1{path}").status_code == 200) is allowed, chart
        assert son.get(f"/residents/r2{path}").status_code == 404
        assert alone.get(f"/residents/r1{path}").status_code == 404
        assert visit().get(f"/residents/r1{path}").status_code == 303


def test_the_scripts_are_kept_for_good_under_a_name_of_their_own(visit: Visit) -> None:
    wang = visit("wang")
    scripts = wang.get(f"/vega/{SCRIPT_NAME}", headers={"accept-encoding": "gzip"})
    assert "immutable" in scripts.headers["cache-control"]
    assert scripts.headers["content-encoding"] == "gzip"
    assert "vegaEmbed" in scripts.text
    assert len(gzip.compress(scripts.content)) < 400_000
    assert wang.get("/vega/vega-0000000000000000.js").status_code == 404
    assert wang.get("/vega/vega-0000000000000000.js").headers["cache-control"] == "no-store"
