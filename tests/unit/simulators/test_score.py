from typing import Any

import pytest

from domain.alarms import Rule
from domain.units import MINUTE_MS, SECOND_MS
from simulators.score import RuleScore, score

NOT_BACK = Rule.LEAVE_BED_NOT_BACK.value
IMMEDIATE = Rule.LEAVE_BED_IMMEDIATE.value
EXIT = 1_795_450_000_000
DUE = EXIT + 15 * MINUTE_MS
BACK = EXIT + 30 * MINUTE_MS


def _line(*, exit_at: int = EXIT, until: int | None = BACK, owed: bool = True, either: bool = False) -> dict[str, Any]:
    return {
        "kind": "absence",
        "night": "2026-11-23",
        "belt": "b0001",
        "bed": "bed-101-1",
        "resident": "r0001",
        "rule": NOT_BACK,
        "began_at": exit_at,
        "until": until,
        "due_at": exit_at + 15 * MINUTE_MS,
        "owed": owed,
        "either": either,
        "interval_ms": 10_000,
        "delayed": False,
    }


NIGHT = {"kind": "night", "night": "2026-11-23", "belt": "b0001"}


def _scored(lines: list[dict[str, Any]], *raised_at: int, place: str = "b0001", began_at: int = EXIT) -> RuleScore:
    alarms = [(place, NOT_BACK, began_at, at) for at in raised_at]
    return score(lines, alarms)["rules"][NOT_BACK]


def _counts(found: RuleScore) -> tuple[int, int, int, int]:
    return found["owed"], found["raised"], found["missed"], found["false"]


@pytest.mark.parametrize(
    ("lines", "raised_at", "counts"),
    [
        ([_line()], (DUE + 2_000,), (1, 1, 0, 0)),
        ([_line()], (), (1, 0, 1, 0)),
        ([_line()], (DUE - 9_000,), (1, 1, 0, 0)),
        ([_line()], (DUE - 11_000,), (1, 1, 1, 1)),
        ([_line()], (BACK + 4 * MINUTE_MS,), (1, 1, 0, 0)),
        ([_line()], (BACK + 6 * MINUTE_MS,), (1, 1, 1, 1)),
        ([_line(until=None)], (DUE + 300 * MINUTE_MS,), (1, 1, 0, 0)),
        ([_line()], (DUE, DUE + 1_000), (1, 2, 0, 1)),
        ([_line(owed=False)], (), (0, 0, 0, 0)),
        ([_line(owed=False)], (DUE,), (0, 1, 0, 1)),
        ([_line(owed=False, either=True)], (), (0, 0, 0, 0)),
        ([_line(owed=False, either=True)], (DUE,), (0, 1, 0, 0)),
        ([_line(owed=False, either=True)], (EXIT + MINUTE_MS,), (0, 1, 0, 0)),
        ([_line(owed=False, either=True)], (BACK + 60 * MINUTE_MS,), (0, 1, 0, 0)),
        ([_line(owed=False, either=True)], (DUE, DUE + 5_000), (0, 2, 0, 1)),
        ([], (DUE,), (0, 1, 0, 1)),
    ],
)
def test_counts(lines: list[dict[str, Any]], raised_at: tuple[int, ...], counts: tuple[int, int, int, int]) -> None:
    assert _counts(_scored(lines, *raised_at)) == counts
    assert _counts(_scored(lines, *raised_at, place="r0001")) == counts
    assert _counts(_scored(lines, *raised_at, place="b0002"))[3] == len(raised_at)


def test_the_result_has_its_shape() -> None:
    lines = [NIGHT, _line(), NIGHT | {"night": "2026-11-24"}, _line(exit_at=EXIT + 86_400_000, until=None)]
    alarms = [("b0001", NOT_BACK, EXIT, DUE + 2_000), ("b0001", NOT_BACK, EXIT, DUE + 86_400_000 + 6 * SECOND_MS)]
    none = {"p50": None, "p99": None, "max": None}
    counts = {"owed": 0, "raised": 0, "missed": 0, "false": 0, "tolerated": 0, "unseen": 0, "late": 0}
    delays = {"p50": 0.4, "p99": 0.6, "max": 0.6}
    assert score(lines, alarms) == {
        "bed_nights": 2,
        "rules": {
            IMMEDIATE: {**counts, "delay_s": none, "delay_readings": none, "shown_readings": none},
            NOT_BACK: {
                **counts,
                "owed": 2,
                "raised": 2,
                "delay_s": {"p50": 4.0, "p99": 6.0, "max": 6.0},
                "delay_readings": delays,
                "shown_readings": delays,
            },
        },
    }


def test_an_alarm_belongs_to_the_nearest_exit() -> None:
    other = _line(exit_at=EXIT - 20 * MINUTE_MS, until=EXIT - 10 * MINUTE_MS, owed=False, either=True)
    found = _scored([other, _line()], DUE, began_at=EXIT + 5_000)
    assert found["missed"] == 0
    assert found["delay_s"]["max"] == 0.0


def test_rules_do_not_answer_for_each_other() -> None:
    found = score([_line()], [("b0001", IMMEDIATE, EXIT, DUE)])["rules"]
    assert _counts(found[NOT_BACK]) == (1, 0, 1, 0)
    assert _counts(found[IMMEDIATE]) == (0, 1, 0, 1)


def test_what_is_due_outside_the_run_is_not_demanded() -> None:
    assert score([_line()], [], to_at=DUE)["rules"][NOT_BACK]["owed"] == 0
    assert score([_line()], [], from_at=DUE + 1)["rules"][NOT_BACK]["owed"] == 0
    assert score([_line()], [], from_at=DUE, to_at=DUE + 1)["rules"][NOT_BACK]["missed"] == 1
    assert score([_line()], [("b0001", NOT_BACK, EXIT, DUE)], to_at=DUE)["rules"][NOT_BACK]["false"] == 0


def test_nights_of_held_up_messages_are_scored_but_say_nothing_of_delay() -> None:
    held_up = _line() | {"delayed": True}
    found = _scored([held_up], held_up["due_at"] + 20_000)
    assert _counts(found) == (1, 1, 0, 0)
    assert found["delay_s"] == {"p50": None, "p99": None, "max": None}
    assert found["late"] == 0


def test_late_is_more_than_one_reading_after_the_first_that_could_show_it() -> None:
    lossy = _line() | {"shown_at": DUE + 45_000}
    found = _scored([lossy], DUE + 54_000)
    assert (found["delay_readings"]["max"], found["shown_readings"]["max"], found["late"]) == (5.4, 0.9, 0)
    assert _scored([lossy], DUE + 56_000)["late"] == 1
    assert _scored([_line()], DUE + 11_000)["late"] == 1
    assert _scored([_line() | {"interval_ms": 1_000}], DUE + 4_000)["late"] == 1
    assert _scored([_line() | {"interval_ms": 1_000, "look_ms": 5_000}], DUE + 4_000)["late"] == 0


def test_one_in_a_hundred_lies_above_the_ninety_ninth_percentile() -> None:
    day_ms = 86_400_000
    lines = [_line(exit_at=EXIT + n * day_ms, until=BACK + n * day_ms) for n in range(200)]
    alarms = [("b0001", NOT_BACK, EXIT + n * day_ms, DUE + n * day_ms + n * 10) for n in range(200)]
    assert score(lines, alarms)["rules"][NOT_BACK]["delay_s"] == {"p50": 0.995, "p99": 1.97, "max": 1.99}


def test_what_is_tolerated_and_what_cannot_be_seen_is_counted() -> None:
    unseen = _line(owed=False) | {"kind": "unseen"}
    found = _scored([_line(owed=False, either=True), unseen, unseen], DUE)
    assert (found["tolerated"], found["unseen"], found["missed"], found["false"]) == (1, 2, 0, 0)
    assert _scored([unseen], DUE)["false"] == 1
