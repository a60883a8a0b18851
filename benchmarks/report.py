"""How long the report of a night takes, and whether its figures are those of YASA from the same hypnogram.

A night is 36,000 readings: ten hours of a simulated belt that reports each second, with what real belts lose. The time
is that of `night_report` alone, the median of all nights with the smallest and largest of the rounds; then the reports
of `--residents` residents (600) one after the other in one process, on one of two cores.

Figures are held against an independent way to them, counting epochs of a hypnogram, and against YASA's
`sleep_statistics` (Vallat & Walker 2021) where a Python with it is named (`sh deploy/yasa.sh` makes one; YASA is no
dependency of Nightbelt). Hypnograms are those of the reports and `--random` drawn ones with exits, aligned to epochs.

    python -m benchmarks.report [--yasa .venv/yasa/bin/python] [--json]
"""

import argparse
import json
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from domain.nights import night_span
from domain.readings import FLOAT_COLUMNS, ReadingBatch
from domain.reports import NightReport, SleepState
from domain.units import HOUR_MS, MINUTE_MS, SECOND_MS
from simulators.arrivals import belt_nights
from simulators.belt import belt_readings
from simulators.center import simulated_center
from simulators.scenarios import MEASURED_MIX, Mix, Scenario
from sleep.metrics import SleepFigures, sleep_figures
from sleep.occupancy import BedTime, Exit
from sleep.report import night_report

NIGHT: Final = date(2026, 1, 12)
FROM_MS, TO_MS = 2 * HOUR_MS, 12 * HOUR_MS
"""Of the night's hours: 20:00 to 06:00."""
READINGS: Final = 36_000
EPOCH_MS: Final = 30 * SECOND_MS
TOLERANCE_MIN: Final = 1e-6
_ASK_YASA: Final = """
import json, sys, warnings
warnings.simplefilter("ignore")
import yasa
hypnograms = json.load(sys.stdin)
print(json.dumps([yasa.sleep_statistics(hypnogram, sf_hyp=1 / 30) for hypnogram in hypnograms]))
"""


@dataclass(frozen=True, kw_only=True)
class Result:
    """Times in ms and s; `differences` are figures that were not equal, `None` where YASA was not asked."""

    readings: int
    nights: int
    median_ms: float
    fastest_round_ms: float
    slowest_round_ms: float
    residents: int
    residents_s: float
    hypnograms: int
    differences_from_counting: int
    differences_from_yasa: int | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Hypnogram:
    """A hypnogram of one stay (0 awake or out, 1 asleep, from getting in to rising), and the figures of it."""

    stages: list[int]
    figures: SleepFigures
    exits_within_sleep_min: float


def full_nights(count: int) -> list[tuple[ReadingBatch, int, int]]:
    """Nights of `READINGS` readings with their hours; as many as there are belts that report each second, at most."""
    shares = {name: share for name, share in MEASURED_MIX.shares.items() if not name.startswith(("offline", "dupl"))}
    center = simulated_center(beds=10 * count, seed=5, mix=Mix(shares=shares, measured=True))
    start_at = night_span(NIGHT, center.zone)[0] + FROM_MS
    end_at = start_at + TO_MS - FROM_MS
    found = []
    for night in belt_nights(center, NIGHT):
        if night.bed.belt.interval_ms != SECOND_MS or Scenario.CLOCK_OFF in night.plan.scenarios:
            continue
        readings = belt_readings(night, night.plan.start_at, night.plan.end_at)
        batch = ReadingBatch.build(
            belts=(night.bed.belt.belt_id,),
            belt=np.zeros(len(readings)),
            observed_at=readings.observed_at,
            received_at=readings.arrives_at,
            in_bed=readings.in_bed,
            **{name: getattr(readings, name) for name in FLOAT_COLUMNS},
        )
        inside = (batch.observed_at >= start_at) & (batch.observed_at < end_at)
        found.append((batch.select(inside), start_at, end_at))
    return found[:count]


def reported(night: tuple[ReadingBatch, int, int]) -> NightReport:
    batch, start_at, end_at = night
    return night_report(batch, resident_id="r", belt_ids=batch.belts, night=NIGHT, start_at=start_at, end_at=end_at)


def timed(nights: Sequence[tuple[ReadingBatch, int, int]], rounds: int) -> list[float]:
    """Milliseconds per report, the median of each round."""
    found = []
    for _ in range(rounds):
        times = []
        for night in nights:
            began = time.perf_counter()
            reported(night)
            times.append(1000 * (time.perf_counter() - began))
        found.append(statistics.median(times))
    return found


def drawn(rng: np.random.Generator) -> Hypnogram:
    """A night of bouts of waking, sleep and, between them, exits."""
    states: list[SleepState] = []
    for _ in range(rng.integers(1, 30)):
        state = rng.choice(["awake", "asleep", "out"], p=[0.4, 0.5, 0.1]) if states else "awake"
        states += [SleepState(state)] * int(rng.integers(1, 60))
    return _whole([*states, SleepState.AWAKE])


def hypnogram_of(report: NightReport) -> Hypnogram | None:
    """The hypnogram of a report, cut to epochs of its stay; None when a part of it was not told."""
    states = list(report.epochs.states)
    inside = [n for n, state in enumerate(states) if state in {SleepState.AWAKE, SleepState.ASLEEP}]
    stay = states[inside[0] : inside[-1] + 1] if inside else []
    return None if not stay or SleepState.UNKNOWN in stay else _whole(stay)


def _whole(states: list[SleepState]) -> Hypnogram:
    out = np.array([False, *[state is SleepState.OUT for state in states], False])
    borders = np.flatnonzero(out[1:] != out[:-1]) * EPOCH_MS
    exits = tuple(Exit(left_at=int(a), back_at=int(b)) for a, b in zip(borders[::2], borders[1::2], strict=True))
    end_at = len(states) * EPOCH_MS
    bed = BedTime(in_bed_at=0, ended_at=end_at, rose_at=end_at, exits=exits, naps=(), runs=())
    figures = sleep_figures(tuple(states), 0, EPOCH_MS, bed)
    onset, rise = figures.asleep_at or 0, figures.awake_at or 0
    within = sum(gone.length_ms for gone in exits if onset <= gone.left_at < rise)
    return Hypnogram(
        stages=[int(state is SleepState.ASLEEP) for state in states],
        figures=figures,
        exits_within_sleep_min=within / MINUTE_MS,
    )


def counted(hypnogram: Hypnogram) -> dict[str, float]:
    """The figures by counting epochs, as YASA names them; waking out of bed is waking to it."""
    text = "".join("s" if stage else "w" for stage in hypnogram.stages)
    sleep = text.strip("w")
    epoch_min = EPOCH_MS / MINUTE_MS
    return {
        "TIB": len(text) * epoch_min,
        "SPT": len(sleep) * epoch_min,
        "WASO": sleep.count("w") * epoch_min,
        "TST": text.count("s") * epoch_min,
        "SE": 100 * text.count("s") / len(text),
    } | ({"SOL": text.index("s") * epoch_min} if sleep else {})


def differences(hypnograms: Sequence[Hypnogram], references: Sequence[dict[str, float]]) -> int:
    """How many figures are not those of the reference. Exits before onset are in the reference's latency."""
    wrong = 0
    for hypnogram, reference in zip(hypnograms, references, strict=True):
        found = hypnogram.figures
        if found.asleep_at is None or found.awake_at is None or found.waso_min is None or found.sleep_min is None:
            wrong += reference["TST"] != 0
            continue
        ours = {
            "TIB": found.time_in_bed_min,
            "SPT": (found.awake_at - found.asleep_at) / MINUTE_MS,
            "WASO": found.waso_min + hypnogram.exits_within_sleep_min,
            "TST": found.sleep_min,
            "SE": 100 * (found.sleep_efficiency or 0.0),
            "SOL": found.asleep_at / MINUTE_MS,
        }
        wrong += sum(abs(value - reference[name]) > TOLERANCE_MIN for name, value in ours.items())
    return wrong


def asked(python: Path | None, hypnograms: Sequence[Hypnogram]) -> list[dict[str, float]] | None:
    """YASA's figures; None when there is no Python with it."""
    if python is None or not python.exists():
        return None
    answer = subprocess.run(
        [str(python), "-c", _ASK_YASA],
        input=json.dumps([hypnogram.stages for hypnogram in hypnograms]),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[dict[str, float]] = json.loads(answer.stdout)
    return found


def measured(options: argparse.Namespace) -> Result:
    nights = full_nights(options.nights)
    rounds = timed(nights, options.rounds)
    began = time.perf_counter()
    reports = [reported(nights[n % len(nights)]) for n in range(options.residents)]
    residents_s = time.perf_counter() - began
    rng = np.random.default_rng(1)
    hypnograms = [found for report in reports[: len(nights)] if (found := hypnogram_of(report)) is not None]
    hypnograms += [drawn(rng) for _ in range(options.random)]
    yasa = asked(options.yasa, hypnograms)
    return Result(
        readings=len(nights[0][0]),
        nights=len(nights),
        median_ms=statistics.median(rounds),
        fastest_round_ms=min(rounds),
        slowest_round_ms=max(rounds),
        residents=options.residents,
        residents_s=residents_s,
        hypnograms=len(hypnograms),
        differences_from_counting=differences(hypnograms, [counted(one) for one in hypnograms]),
        differences_from_yasa=None if yasa is None else differences(hypnograms, yasa),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nights", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--residents", type=int, default=600)
    parser.add_argument("--random", type=int, default=300)
    parser.add_argument("--yasa", type=Path, default=None, help="a Python that has YASA")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measured(options)
    if options.json:
        print(json.dumps(asdict(found)))
        return
    print(
        f"a report from {found.readings:,} readings: {found.median_ms:.1f} ms "
        f"({found.fastest_round_ms:.1f}-{found.slowest_round_ms:.1f})\n"
        f"{found.residents} residents, one process: {found.residents_s:.1f} s\n"
        f"{found.hypnograms} hypnograms: {found.differences_from_counting} figures differ from counting epochs, "
        + (
            "not compared with YASA (no Python with it was named)"
            if found.differences_from_yasa is None
            else f"{found.differences_from_yasa} from YASA's"
        )
    )


if __name__ == "__main__":
    main()
