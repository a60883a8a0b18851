"""The heart-rate rules with their defaults on recorded nights of real people: which alarms, and were they right?

Beats of the MIT-BIH Polysomnographic Database (18 recordings, `../shared/data/slpdb`, not part of the project; Ichimaru
& Moody 1999, Goldberger et al. 2000) become the heart rate that a belt would show each second: the mean over the beats
of the last `WINDOW_S`. Ectopic and missed beats are left in, as a belt would have them. Each alarm is held against the
beats counted in its time: real when these are beyond the limit as well. There is no breathing rate in the recordings.
The limits that bed monitors come with (docs/rules.md) are run beside ours, to show what they would have called for.

    python -m benchmarks.validate_vitals [--data FOLDER] [--json]
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.conditions import Conditions
from alerts.rulebook import slot_of
from alerts.runs import Kind, Transition
from domain.clock import instant
from domain.nights import zone
from domain.readings import Occupancy, ReadingBatch
from domain.residents import Center, LeaveBedSettings, Resident, VitalSettings
from domain.units import HOUR_MS, SECOND_MS
from domain.vitals import RuleLimit

DATA: Final = Path(__file__).parents[1].parent / "shared" / "data" / "slpdb"
WINDOW_S: Final = 10
PLAUSIBLE_RR_S: Final = (0.25, 2.5)
"""24 to 240 beats a minute; a longer pause is a stretch without beats."""
LIVE_S: Final = 30
CENTER: Final = Center(center_id="c01", name="Recorded")
START_AT: Final = instant(datetime(2026, 1, 12, 23, 0, tzinfo=zone(CENTER.timezone)))
MAKERS: Final = VitalSettings(
    heart_rate_very_high=RuleLimit(limit=115, clear_limit=110, after_s=60),
    heart_rate_high=RuleLimit(limit=95, clear_limit=90),
    heart_rate_low=RuleLimit(limit=55, clear_limit=58),
    heart_rate_very_low=RuleLimit(limit=45, clear_limit=48, after_s=60),
)
_TIME: Final = re.compile(r"^\s*(?:(\d+):)?(\d+):(\d+\.\d+)$")

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Explained:
    """One alarm: when it began (s after the start), what was counted from then until told, and how sure that is."""

    rule: str
    began_s: int
    told_s: int
    shown: float
    counted: float
    doubtful_beats_percent: float
    stage: str
    real: bool


@dataclass(frozen=True, kw_only=True)
class Night:
    """One recording: hours, range of the heart rate shown, readings without one, alarms."""

    name: str
    hours: float
    low: float
    median: float
    high: float
    minutes_under_50: float
    missing_percent: float
    alarms: list[Explained]
    alarms_with_makers_limits: int


def beats_of(path: Path) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """When each beat ends (s), the interval to the beat before (s), and whether it is no normal beat."""
    ends, intervals, odd = [], [], []
    for line in path.read_text(encoding="ascii").splitlines():
        _, _, interval, kind, end = (part.strip() for part in line.split("\t"))
        ends.append(_seconds(end))
        intervals.append(float(interval))
        odd.append(kind != "N")
    return np.array(ends), np.array(intervals), np.array(odd)


def _seconds(text: str) -> float:
    found = _TIME.match(text)
    if found is None:
        raise ValueError(f"no time: {text!r}")
    hours, minutes, seconds = found.groups()
    return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)


def shown_rates(ends: Floats, intervals: Floats) -> Floats:
    """Beats per minute at each second, over the plausible intervals of the last `WINDOW_S`; NaN without any."""
    seconds = np.arange(WINDOW_S, int(ends[-1]))
    plausible = (intervals >= PLAUSIBLE_RR_S[0]) & (intervals <= PLAUSIBLE_RR_S[1])
    length = np.concatenate([[0.0], np.cumsum(np.where(plausible, intervals, 0.0))])
    count = np.concatenate([[0], np.cumsum(plausible)])
    low, high = np.searchsorted(ends, seconds - WINDOW_S, side="right"), np.searchsorted(ends, seconds, side="right")
    beats, taken_s = count[high] - count[low], length[high] - length[low]
    return np.where(beats >= 2, 60.0 * beats / np.maximum(taken_s, 1e-9), np.nan)


def alarms_of(rates: Floats, settings: VitalSettings) -> list[Transition]:
    """What the rules tell of a night in bed with these rates."""
    resident = Resident(resident_id="r1", name="", leave_bed=LeaveBedSettings(not_back=False), vitals=settings)
    engine = Conditions([slot_of("b1", resident, CENTER)])
    at = START_AT + (WINDOW_S + np.arange(len(rates))) * SECOND_MS
    told = []
    for low in range(0, len(rates), LIVE_S):
        part = slice(low, low + LIVE_S)
        batch = ReadingBatch.build(
            belts=("b1",),
            belt=np.zeros(len(at[part])),
            observed_at=at[part],
            received_at=at[part],
            in_bed=np.full(len(at[part]), Occupancy.IN),
            heart_rate=rates[part],
            breathing_rate=15.0,
        )
        told += engine.observe(batch, int(at[part][-1]))
    return [transition for transition in told if transition.kind is Kind.DUE]


def explained(
    told: Transition, ends: Floats, intervals: Floats, odd: NDArray[np.bool_], stages: Sequence[tuple[float, str]]
) -> Explained:
    began_s, told_s = ((at - START_AT) / SECOND_MS for at in (told.began_at, told.at))
    inside = (ends > began_s) & (ends <= told_s)
    counted = 60.0 * np.count_nonzero(inside) / (told_s - began_s)
    doubtful = odd | (intervals < PLAUSIBLE_RR_S[0]) | (intervals > PLAUSIBLE_RR_S[1])
    high = told.spec.rule.endswith("high")
    return Explained(
        rule=str(told.spec.rule),
        began_s=round(began_s),
        told_s=round(told_s),
        shown=round(told.value, 1),
        counted=round(counted, 1),
        doubtful_beats_percent=round(100 * float(doubtful[inside].mean()), 1) if inside.any() else 100.0,
        stage=next((stage for since, stage in reversed(stages) if since <= began_s), "?"),
        real=bool(counted > told.limit if high else counted < told.limit),
    )


def stages_of(path: Path) -> list[tuple[float, str]]:
    """When each scored 30 s begin (s) and their sleep stage (W, 1-4, R, M)."""
    found = []
    for line in path.read_text(encoding="ascii", errors="replace").splitlines():
        words = line.split()
        if len(words) > 6 and _TIME.match(words[0]):
            found.append((_seconds(words[0]), words[6]))
    return found


def nights(folder: Path) -> Iterator[Night]:
    """Every recording in the folder."""
    for path in sorted(folder.glob("*.rr")):
        ends, intervals, odd = beats_of(path)
        rates = shown_rates(ends, intervals)
        stages = stages_of(path.with_suffix(".an"))
        yield Night(
            name=path.stem,
            hours=round(len(rates) * SECOND_MS / HOUR_MS, 1),
            low=round(float(np.nanpercentile(rates, 1)), 1),
            median=round(float(np.nanmedian(rates)), 1),
            high=round(float(np.nanpercentile(rates, 99)), 1),
            minutes_under_50=round(np.count_nonzero(rates < 50) / 60, 1),
            missing_percent=round(100 * float(np.isnan(rates).mean()), 1),
            alarms=[explained(told, ends, intervals, odd, stages) for told in alarms_of(rates, VitalSettings())],
            alarms_with_makers_limits=len(alarms_of(rates, MAKERS)),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not options.data.is_dir():
        print(f"skipped: no recordings in {options.data}")
        return
    found = list(nights(options.data))
    if options.json:
        print(json.dumps([asdict(night) for night in found]))
        return
    for night in found:
        print(
            f"{night.name}: {night.hours} h, heart rate {night.low}, {night.median}, {night.high} (1 %, median, 99 %), "
            f"{night.minutes_under_50} min under 50, {night.missing_percent} % missing: {len(night.alarms)} alarms "
            f"({night.alarms_with_makers_limits} with makers' limits)"
        )
        for alarm in night.alarms:
            print(
                f"    {'real ' if alarm.real else 'FALSE'} {alarm.rule} from {alarm.began_s} s, told {alarm.told_s} s: "
                f"{alarm.counted} beats/min counted, {alarm.doubtful_beats_percent} % doubtful, stage {alarm.stage}"
            )
    false = sum(not alarm.real for night in found for alarm in night.alarms)
    print(
        f"{len(found)} recordings, {sum(len(night.alarms) for night in found)} alarms, {false} of them false; "
        f"{sum(night.alarms_with_makers_limits for night in found)} with makers' limits"
    )
    sys.exit(1 if false else 0)


if __name__ == "__main__":
    main()
