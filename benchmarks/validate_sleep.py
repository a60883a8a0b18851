"""Sleep and waking of the report against polysomnography, on recorded nights of real people; heart rate only.

Recordings of the MIT-BIH Polysomnographic Database (`../shared/data/slpdb`, not part of the project; Ichimaru & Moody
1999, Goldberger et al. 2000): 18 nights of 16 men of 32 to 56 with apnoea, scored each 30 s. Their beats become the
heart rate that a belt would show (see `benchmarks.validate_vitals`), a value each 5 s, with no movement and no
occupancy; nobody over 65 and no movement is in them, so they show the heart half of the model at its worst, and the
respiratory events. Nothing is fitted to them but where it says "fitted": there the weights of the heart rate are
fitted to the other people's nights and scored on this one's (leave one subject out), to show what fitting would give.
Published scorers need movement; they run beside ours on simulated nights, whose truth is known and
fitted to by neither, and on made-up ones (`benchmarks.made_nights`), which are less clear-cut.

    python -m benchmarks.validate_sleep [--data FOLDER] [--json]
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]  # scipy ships no types
from scipy.stats import spearmanr  # type: ignore[import-untyped]  # scipy ships no types

from benchmarks.made_nights import made_night
from benchmarks.validate_vitals import DATA, START_AT, WINDOW_S, beats_of, shown_rates, stages_of
from domain.nights import night_span
from domain.readings import FLOAT_COLUMNS, ReadingBatch
from domain.reports import NightReport, SleepState
from domain.units import MINUTE_MS, SECOND_MS
from simulators.arrivals import belt_nights
from simulators.belt import BeltNight, belt_readings
from simulators.center import simulated_center
from simulators.physiology import CELL_MS, Stage
from simulators.scenarios import MEASURED_MIX
from sleep.epochs import EpochColumns, epoch_columns
from sleep.evidence import Evidence, evidence_of
from sleep.occupancy import BedTime, bed_time, steady_runs
from sleep.report import night_report
from sleep.scorers import Scorer
from sleep.scorers import scored as scored_by
from sleep.waking import waking

EVERY_S: Final = 5
EPOCH_S: Final = 30
NIGHT: Final = date(2026, 1, 12)
ASLEEP: Final = frozenset("1234R")
EVENTS: Final = frozenset({"H", "HA", "OA", "X", "CA", "CAA"})
UNSCORED: Final = frozenset({"slp41", "slp45"})
"""Recordings without respiratory scoring."""
SIMULATED_BEDS: Final = 40
MADE_NIGHTS: Final = 200
SCALES: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""Wrist counts per unit of a simulated belt's movement that published scorers are tried with; each is shown at the one
that suits it best."""
PENALTY: Final = 1.0

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Epochs of one or more nights: sleep is what is to be found (sensitivity), waking what is to be spared."""

    accuracy: float
    sensitivity: float
    specificity: float
    kappa: float


@dataclass(frozen=True, kw_only=True)
class Bias:
    """Ours minus polysomnography over nights (min): mean, and limits of agreement (1.96 standard deviations)."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Scored:
    """One night: truth and estimate by epoch (True is awake), of those that were both scored and told."""

    name: str
    subject: str
    truth: Mask
    awake: Mask


@dataclass(frozen=True, kw_only=True, eq=False)
class Recording:
    """A recording as the report sees it, and what was scored."""

    name: str
    subject: str
    batch: ReadingBatch
    end_at: int
    stages: list[str]
    events_per_hour: float | None


def recordings(folder: Path) -> Iterator[Recording]:
    for path in sorted(folder.glob("*.rr")):
        ends, intervals, _ = beats_of(path)
        rates = shown_rates(ends, intervals)
        seconds = np.arange(WINDOW_S, WINDOW_S + len(rates))
        rows = seconds % EVERY_S == 0
        at = START_AT + seconds[rows] * SECOND_MS
        scoring = path.with_suffix(".an")
        stages = [stage for _, stage in stages_of(scoring)]
        yield Recording(
            name=path.stem,
            subject=path.stem.rstrip("ab"),
            batch=ReadingBatch.build(
                belts=("b1",), belt=np.zeros(len(at)), observed_at=at, received_at=at, heart_rate=rates[rows]
            ),
            end_at=START_AT + len(stages) * EPOCH_S * SECOND_MS,
            stages=stages,
            events_per_hour=None if path.stem in UNSCORED else _events_per_hour(scoring),
        )


def reported(recording: Recording) -> NightReport:
    return night_report(
        recording.batch,
        resident_id=recording.subject,
        belt_ids=("b1",),
        night=NIGHT,
        start_at=START_AT,
        end_at=recording.end_at,
    )


def scored(recording: Recording, report: NightReport) -> Scored:
    told = _told(recording, report)
    return Scored(
        name=recording.name,
        subject=recording.subject,
        truth=np.array([stage == "W" for stage in recording.stages])[told],
        awake=np.array([state is SleepState.AWAKE for state in report.epochs.states])[told],
    )


def fitted(found: Sequence[Recording], reports: Sequence[NightReport]) -> list[Scored]:
    """Each night by weights fitted to the nights of other people; as many epochs are awake as the chances add up to."""
    columns = [_heart_columns(recording) for recording in found]
    truths = [np.array([stage == "W" for stage in recording.stages]) for recording in found]
    masks = [_told(recording, report) for recording, report in zip(found, reports, strict=True)]
    nights = []
    for nth, recording in enumerate(found):
        others = [k for k, other in enumerate(found) if other.subject != recording.subject]
        weights = _logistic(
            np.concatenate([columns[k][masks[k]] for k in others]),
            np.concatenate([truths[k][masks[k]] for k in others]),
        )
        chance = 1 / (1 + np.exp(-columns[nth][masks[nth]] @ weights))
        awake = chance >= np.quantile(chance, 1 - chance.mean())
        nights.append(
            Scored(name=recording.name, subject=recording.subject, truth=truths[nth][masks[nth]], awake=awake)
        )
    return nights


def agreement(nights: Sequence[Scored]) -> Agreement:
    truth, awake = (np.concatenate([getattr(night, name) for night in nights]) for name in ("truth", "awake"))
    accuracy = float(np.mean(truth == awake))
    chance = truth.mean() * awake.mean() + (1 - truth.mean()) * (1 - awake.mean())
    return Agreement(
        accuracy=accuracy,
        sensitivity=float(np.mean(~awake[~truth])) if (~truth).any() else 1.0,
        specificity=float(np.mean(awake[truth])) if truth.any() else 1.0,
        kappa=float((accuracy - chance) / (1 - chance)) if chance < 1 else 1.0,
    )


def sleep_bias(nights: Sequence[Scored]) -> Bias:
    return _bias([_minutes(~night.awake) - _minutes(~night.truth) for night in nights])


def waso_bias(nights: Sequence[Scored]) -> Bias:
    return _bias([_waso(night.awake) - _waso(night.truth) for night in nights])


def simulated() -> dict[str, list[Scored]]:
    """Nights of lossy simulated belts by our model and by the published scorers."""
    center = simulated_center(beds=SIMULATED_BEDS, seed=7, mix=MEASURED_MIX)
    span = night_span(NIGHT, center.zone)
    nights = [(night, _batch(night)) for night in belt_nights(center, NIGHT)]
    groups = {"simulated, ours": _simulated(nights, span, None, None)}
    for scorer in Scorer:
        tried = [_simulated(nights, span, scorer, scale) for scale in SCALES]
        groups[f"simulated, {scorer}"] = max(tried, key=lambda scores: agreement(scores).kappa)
    return groups


def _simulated(
    nights: Sequence[tuple[BeltNight, ReadingBatch]], span: tuple[int, int], scorer: Scorer | None, scale: float | None
) -> list[Scored]:
    scores = []
    for night, batch in nights:
        report = night_report(
            batch,
            resident_id=night.bed.resident.resident_id,
            belt_ids=(night.bed.belt.belt_id,),
            night=NIGHT,
            start_at=span[0],
            end_at=span[1],
            scorer=scorer,
            counts_per_unit=scale,
        )
        scores.append(_against_truth(night, report))
    return scores


def _batch(night: BeltNight) -> ReadingBatch:
    readings = belt_readings(night, night.plan.start_at, night.plan.end_at)
    return ReadingBatch.build(
        belts=(night.bed.belt.belt_id,),
        belt=np.zeros(len(readings)),
        observed_at=readings.observed_at,
        received_at=readings.arrives_at,
        in_bed=readings.in_bed,
        **{name: getattr(readings, name) for name in FLOAT_COLUMNS},
    ).distinct()


def _against_truth(night: BeltNight, report: NightReport) -> Scored:
    states, length_ms = report.epochs.states, report.epochs.length_s * SECOND_MS
    middles = report.start_at + length_ms // 2 + length_ms * np.arange(len(states))
    cells = (middles - night.bed.belt.clock_offset_ms - night.body.start_at) // CELL_MS
    stage = night.body.stage[np.clip(cells, 0, len(night.body.stage) - 1)]
    told = np.array([state in {SleepState.AWAKE, SleepState.ASLEEP} for state in states]) & (stage != Stage.OUT)
    return Scored(
        name=night.bed.belt.belt_id,
        subject=night.bed.belt.belt_id,
        truth=(stage == Stage.AWAKE)[told],
        awake=np.array([state is SleepState.AWAKE for state in states])[told],
    )


def made(scorer: Scorer | None) -> list[Scored]:
    """Made-up nights (`benchmarks.made_nights`), by our model or by a published scorer on the counts themselves."""
    rng = np.random.default_rng(7)
    nights = []
    for number in range(MADE_NIGHTS):
        night = made_night(rng)
        count, length_ms = len(night.awake), EPOCH_S * SECOND_MS
        columns = EpochColumns(
            start_at=0,
            length_ms=length_ms,
            in_ms=np.full(count, float(length_ms)),
            out_ms=np.zeros(count),
            heart_rate=night.heart_rate,
            breathing_rate=np.full(count, np.nan),
            movement=night.movement,
            movement_peak=night.movement,
        )
        bed = BedTime(in_bed_at=0, ended_at=count * length_ms, rose_at=None, exits=(), naps=(), runs=())
        awake = waking(columns, bed).awake if scorer is None else scored_by(scorer, night.movement, length_ms)
        nights.append(Scored(name=f"made{number}", subject=f"made{number}", truth=night.awake, awake=awake))
    return nights


def _told(recording: Recording, report: NightReport) -> Mask:
    known = np.array([stage == "W" or stage in ASLEEP for stage in recording.stages])
    told = np.array([state in {SleepState.AWAKE, SleepState.ASLEEP} for state in report.epochs.states])
    both: Mask = known & told
    return both


def _heart_columns(recording: Recording) -> Floats:
    at = recording.batch.observed_at
    in_bed = (~np.isnan(recording.batch.heart_rate)).astype(np.int8) * 2 - 1
    runs = steady_runs(at, in_bed, recording.end_at)
    bed = bed_time(runs)
    assert bed is not None
    found: Evidence = evidence_of(epoch_columns(recording.batch, in_bed, runs, START_AT, recording.end_at), bed)
    terms = (*found.heart_excess, found.heart_swing)
    return np.column_stack([np.ones(len(found.evident)), *(np.nan_to_num(term) for term in terms)])


def _logistic(columns: Floats, truth: Mask) -> Floats:
    def loss(weights: Floats) -> float:
        margin = columns @ weights * np.where(truth, 1, -1)
        return float(np.logaddexp(0, -margin).sum() + PENALTY * (weights[1:] ** 2).sum() / 2)

    weights: Floats = minimize(loss, np.zeros(columns.shape[1]), method="BFGS").x
    return weights


def _events_per_hour(scoring: Path) -> float:
    events, epochs = 0, 0
    for line in scoring.read_text(encoding="ascii", errors="replace").splitlines():
        words = line.split()
        if len(words) > 6 and words[6] in ASLEEP:
            epochs += 1
            events += sum(word in EVENTS for word in words[7:])
    return events / (epochs * EPOCH_S / 3600)


def _minutes(epochs: Mask) -> float:
    return float(np.count_nonzero(epochs)) * EPOCH_S * SECOND_MS / MINUTE_MS


def _waso(awake: Mask) -> float:
    asleep = np.flatnonzero(~awake)
    return _minutes(awake[asleep[0] : asleep[-1]]) if len(asleep) else 0.0


def _bias(differences: Sequence[float]) -> Bias:
    mean, spread = float(np.mean(differences)), 1.96 * float(np.std(differences, ddof=1))
    return Bias(mean=mean, low=mean - spread, high=mean + spread)


def _line(name: str, nights: Sequence[Scored], *, minutes: Callable[[Mask], float] = _minutes) -> str:
    found, sleep, waso = agreement(nights), sleep_bias(nights), waso_bias(nights)
    slept = np.mean([minutes(~night.truth) / max(1e-9, minutes(night.truth | True)) for night in nights])
    return (
        f"{name}: {len(nights)} nights ({100 * slept:.0f} % asleep), accuracy {found.accuracy:.2f}, "
        f"sensitivity {found.sensitivity:.2f}, specificity {found.specificity:.2f}, kappa {found.kappa:.2f}, "
        f"TST {sleep.mean:+.0f} ({sleep.low:+.0f} to {sleep.high:+.0f}) min, "
        f"WASO {waso.mean:+.0f} ({waso.low:+.0f} to {waso.high:+.0f}) min"
    )


def _per_night(nights: Sequence[Scored]) -> Iterator[str]:
    for night in nights:
        found = agreement([night])
        yield (
            f"    {night.name}: accuracy {found.accuracy:.2f}, sensitivity {found.sensitivity:.2f}, "
            f"specificity {found.specificity:.2f}, kappa {found.kappa:.2f}, "
            f"TST {_minutes(~night.awake) - _minutes(~night.truth):+.0f} min, "
            f"WASO {_waso(night.awake) - _waso(night.truth):+.0f} min"
        )


def _events_line(found: Sequence[Recording], reports: Sequence[NightReport]) -> str:
    pairs = [
        (report.respiratory_events_per_hour, recording.events_per_hour)
        for recording, report in zip(found, reports, strict=True)
        if report.respiratory_events_per_hour is not None and recording.events_per_hour is not None
    ]
    ours, truth = np.array(pairs).T
    bias = _bias((ours - truth).tolist())
    return (
        f"respiratory events from the heart: {len(pairs)} nights, rank correlation {spearmanr(ours, truth)[0]:.2f}, "
        f"bias {bias.mean:+.0f} ({bias.low:+.0f} to {bias.high:+.0f}) per hour"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    groups: dict[str, list[Scored]] = {}
    lines = []
    if options.data.is_dir():
        found = list(recordings(options.data))
        reports = [reported(recording) for recording in found]
        ours = [scored(recording, report) for recording, report in zip(found, reports, strict=True)]
        groups |= {"recorded, heart rate only": ours, "recorded, fitted to others": fitted(found, reports)}
        lines = [*_per_night(ours), _events_line(found, reports)]
    else:
        lines = [f"skipped: no recordings in {options.data}"]
    groups |= simulated() | {f"made up, {scorer or 'ours'}": made(scorer) for scorer in (None, *Scorer)}
    if options.json:
        print(
            json.dumps(
                {
                    name: {
                        **asdict(agreement(nights)),
                        "sleep_min": asdict(sleep_bias(nights)),
                        "waso_min": asdict(waso_bias(nights)),
                    }
                    for name, nights in groups.items()
                }
            )
        )
        return
    print("\n".join([*lines, *(_line(name, nights) for name, nights in groups.items())]))


if __name__ == "__main__":
    main()
