"""Replays of recordings of real people against the log of what they did.

UCI 427, "Activity recognition with healthy older people using a batteryless wearable sensor" (Shinmoto Torres et al.
2013, CC BY 4.0): 87 trials of people over 66, irregularly sampled, each reading labelled by hand. Sitting on the bed
and lying are in bed, sitting on a chair and walking are out of it. The recordings are not part of the project.
"""

import csv
from collections.abc import Iterator
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path

import pytest

from domain.alarms import Rule
from domain.residents import LeaveBedSettings, NightWindow, Resident
from nightbelt.replay_settings import ReplaySettings
from tests.unit.nightbelt.recordings import T0, replayed

RECORDINGS = Path(__file__).parents[3] / "shared" / "data" / "uci_bed_exit"
IN_BED = {"1", "3"}
RETURN_S = 5
MIDNIGHT = NightWindow().start.replace(hour=0)

Exit = tuple[float, float]
"""When the bed was left, and until when the person was out of it for all the recording shows (s)."""


def trials() -> Iterator[list[tuple[float, str]]]:
    for path in sorted(RECORDINGS.glob("S?_Dataset/d?p*")):
        with path.open(newline="") as file:
            yield [(float(row[0]), "in" if row[8] in IN_BED else "out") for row in csv.reader(file)]


def left(trial: list[tuple[float, str]]) -> list[float]:
    """When the bed was left, as it is labelled."""
    return [at for (_, before), (at, now) in pairwise(trial) if (before, now) == ("in", "out")]


def absences(trial: list[tuple[float, str]]) -> list[Exit]:
    """The exits, each up to the return. In bed for less than `RETURN_S` is no return (docs/rules.md)."""
    spells = [(state, [at for at, _ in rows]) for state, rows in groupby(trial, key=itemgetter(1))]
    stays = [at for state, at in spells if state == "in" and at[-1] - at[0] >= RETURN_S]
    found: list[Exit] = []
    for (before, _), (_, at) in pairwise(spells):
        if before == "in" and (not found or at[0] > found[-1][1]):
            found.append((at[0], next((stay[0] for stay in stays if stay[0] > at[0]), trial[-1][0])))
    return found


@pytest.mark.long
@pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings are not here")
@pytest.mark.parametrize(
    ("rule", "limit_s", "owed"),
    [
        (Rule.LEAVE_BED_IMMEDIATE, 5, 91),
        (Rule.LEAVE_BED_IMMEDIATE, 30, 68),
        (Rule.LEAVE_BED_NOT_BACK, 60, 65),
        (Rule.LEAVE_BED_NOT_BACK, 180, 21),
    ],
)
def test_every_exit_over_the_limit_is_told_of_and_no_other(tmp_path: Path, rule: Rule, limit_s: int, owed: int) -> None:
    at_once = rule is Rule.LEAVE_BED_IMMEDIATE
    leave_bed = LeaveBedSettings(
        immediate=at_once,
        immediate_after_s=limit_s if at_once else 10,
        not_back=not at_once,
        away_limit_min=15 if at_once else limit_s // 60,
        windows=(NightWindow(start=MIDNIGHT, end=MIDNIGHT),),
    )
    settings = ReplaySettings(for_all=Resident(resident_id="", name="", leave_bed=leave_bed))
    recordings = list(trials())
    assert (len(recordings), sum(len(left(trial)) for trial in recordings)) == (87, 135)
    expected, found = [], []
    for number, trial in enumerate(recordings):
        expected += [(number, round(began * 1_000)) for began, until in absences(trial) if until - began >= limit_s]
        found += [(number, alarm.began_at - T0) for alarm in replayed(tmp_path, trial, settings).alarms]
    assert found == expected
    assert len(expected) == owed
