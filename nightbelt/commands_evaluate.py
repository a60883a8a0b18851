"""The command that scores the alarm rules on simulated nights."""

from collections.abc import Sequence
from typing import Annotated, Final

import typer
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from nightbelt.evaluate import Evaluation
from nightbelt.evaluate import evaluate as run_evaluation
from nightbelt.terminal import out, print_json
from simulators.score import Delay, RuleScore

_COUNTS: Final = ("owed", "raised", "missed", "false", "tolerated", "unseen", "late")
_DELAYS: Final = ("seconds", "readings", "after shown")


def evaluate(
    beds: Annotated[int, typer.Option(min=1, help="Beds.")] = 60,
    nights: Annotated[int, typer.Option(min=1, help="Nights.")] = 30,
    seed: Annotated[int, typer.Option(help="Seed of the nights.")] = 7,
    as_json: Annotated[bool, typer.Option("--json", help="Print the score as JSON.")] = False,
) -> None:
    """Score the alarm rules on simulated nights whose truth is known; no broker, event time."""
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("nights", total=nights)
        result = run_evaluation(beds, nights, seed, progress=lambda: progress.advance(task))
    if as_json:
        print_json(result)
    else:
        show(result)


def show(result: Evaluation) -> None:
    """Print the score: what was raised, and how late."""
    counts = _table(f"{result['bed_nights']} bed-nights", _COUNTS)
    delays = _table("delay: p50, p99, max", _DELAYS)
    for rule, row in result["rules"].items():
        counts.add_row(rule, *(str(count) for count in _counts(row)))
        delays.add_row(rule, *(_spread(row[name]) for name in ("delay_s", "delay_readings", "shown_readings")))
    out.print(counts)
    out.print(delays)
    out.print("seconds and readings of the belt after the deadline; readings after the first that could show it")
    false = result["false_per_1000_bed_nights"].items()
    out.print("false alarms per 1,000 bed-nights: " + ", ".join(f"{priority} {count}" for priority, count in false))


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=0)
    table.add_column("rule", no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _counts(row: RuleScore) -> list[int]:
    return [row["owed"], row["raised"], row["missed"], row["false"], row["tolerated"], row["unseen"], row["late"]]


def _spread(delay: Delay) -> str:
    values = (delay["p50"], delay["p99"], delay["max"])
    return " ".join("" if value is None else f"{value:.1f}" for value in values).strip()
