import pytest

from alerts.rulebook import PRIORITIES
from domain.alarms import Rule
from nightbelt.commands_evaluate import show
from nightbelt.evaluate import Evaluation
from simulators.score import score


def test_the_tables_fit_a_terminal_and_have_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    line = {
        "kind": "episode",
        "night": "2026-01-12",
        "belt": "b0001",
        "bed": "bed-101-1",
        "resident": "r0001",
        "rule": Rule.BREATHING_RATE_VERY_HIGH.value,
        "began_at": 0,
        "until": 600_000,
        "due_at": 120_000,
        "owed": True,
        "either": False,
        "interval_ms": 10_000,
        "delayed": False,
        "shown_at": 130_000,
    }
    night = {"kind": "night", "belt": "b0001"}
    scored = score([night, line], [("b0001", Rule.BREATHING_RATE_VERY_HIGH, 0, 145_000)], rules=PRIORITIES)
    show(Evaluation(**scored, false_per_1000_bed_nights={"high": 0.0, "medium": 2.5}))
    shown = capsys.readouterr().out
    rows = [
        text.split() for text in shown.splitlines() if text.startswith(" breathing-rate-very-high") or text[:1] == "b"
    ]
    assert ["breathing-rate-very-high", "1", "1", "0", "0", "0", "0", "1"] in rows
    assert ["breathing-rate-very-high", *("25.0",) * 3, *("2.5",) * 3, *("1.5",) * 3] in rows
    assert "1 bed-nights" in shown
    assert "high 0.0, medium 2.5" in shown
    assert max(len(text) for text in shown.splitlines()) <= 80
    assert "…" not in shown
