"""The contracts of `domain.ports.NightReports` and `domain.ports.LateReadings`."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from domain.ports import LateReadings, NightReports
from domain.reports import Epochs, KeptReport, LateDay, MakerStage, MakerStages, RateFigures
from tests.reports import NIGHT, night_report

AT = 1_795_350_000_000
KEPT = KeptReport(report=night_report(), computed_at=AT, version=2)
ONE_DAY = timedelta(days=1)


def test_a_report_is_kept_whole(reports: NightReports) -> None:
    reports.put([KEPT])
    assert reports.get("r1", NIGHT) == KEPT
    assert reports.get("r2", NIGHT) is None
    assert reports.get("r1", NIGHT + ONE_DAY) is None


def test_what_was_not_measured_stays_so(reports: NightReports) -> None:
    bare = night_report(
        sleep_min=None,
        turn_overs=None,
        score=None,
        valid=False,
        heart_rate=RateFigures(),
        epochs=Epochs(start_at=AT, length_s=30, states=()),
    )
    reports.put([replace(KEPT, report=bare)])
    assert reports.get("r1", NIGHT) == replace(KEPT, report=bare)


def test_numbers_of_numpy_are_numbers(reports: NightReports) -> None:
    sums = night_report(
        sleep_min=np.float64(495.0),
        turn_overs=np.int64(12),
        coverage=np.float64(0.99),
        heart_rate=RateFigures(mean=np.float64(61.0), min=np.float32(52.0), max=88.0),  # type: ignore[arg-type]
    )
    reports.put([replace(KEPT, report=sums)])
    kept = reports.get("r1", NIGHT)
    assert kept is not None
    assert (kept.report.sleep_min, kept.report.turn_overs, kept.report.heart_rate) == (
        495.0,
        12,
        RateFigures(mean=61.0, min=52.0, max=88.0),
    )


def test_epochs_without_depth(reports: NightReports) -> None:
    plain = replace(KEPT, report=night_report(epochs=replace(night_report().epochs, depth=())))
    reports.put([plain])
    assert reports.get("r1", NIGHT) == plain


def test_the_makers_stages_are_kept_beside_ours(reports: NightReports) -> None:
    cycle = (None, MakerStage.AWAKE, MakerStage.LIGHT, MakerStage.LIGHT, MakerStage.DEEP, MakerStage.REM)
    ours = night_report().epochs
    told = replace(ours, maker=tuple(cycle[n // 7 % len(cycle)] for n in range(len(ours.states))))
    figures = MakerStages(share=0.9, sleep_min=400.5, awake=0.1, light=0.5, deep=0.15, rem=0.25, agreement=None)
    one = replace(KEPT, report=night_report(epochs=told, maker_stages=figures))
    reports.put([one])
    assert reports.get("r1", NIGHT) == one
    assert reports.between("r1", NIGHT, NIGHT)[0].report.maker_stages == figures


def test_a_later_one_replaces_and_twice_is_once(reports: NightReports) -> None:
    later = replace(KEPT, report=night_report(turn_overs=13), computed_at=AT + 1)
    reports.put([KEPT, later])
    reports.put([later])
    assert reports.get("r1", NIGHT) == later
    assert len(reports.between("r1", date.min, date.max)) == 1


def test_what_is_older_replaces_nothing(reports: NightReports) -> None:
    reports.put([KEPT])
    reports.put([replace(KEPT, report=night_report(turn_overs=0), computed_at=AT - 1)])
    reports.put([replace(KEPT, report=night_report(turn_overs=0), computed_at=AT + 1, version=1)])
    assert reports.get("r1", NIGHT) == KEPT
    newer = replace(KEPT, report=night_report(turn_overs=1), computed_at=AT - 1, version=3)
    reports.put([newer])
    assert reports.get("r1", NIGHT) == newer


def test_nights_between_two_without_their_epochs(reports: NightReports) -> None:
    nights = [replace(KEPT, report=night_report(night=NIGHT + n * ONE_DAY, score=80.0 + n)) for n in (2, 0, 1, 3)]
    reports.put([*nights, replace(KEPT, report=night_report(resident_id="r2"))])
    found = reports.between("r1", NIGHT, NIGHT + 2 * ONE_DAY)
    assert [(kept.report.night, kept.report.score) for kept in found] == [
        (NIGHT + n * ONE_DAY, 80.0 + n) for n in range(3)
    ]
    assert found[0].report.epochs == replace(night_report().epochs, states=(), depth=())
    assert reports.between("r1", NIGHT + ONE_DAY, NIGHT) == []


def test_which_version_made_which(reports: NightReports) -> None:
    reports.put([KEPT, replace(KEPT, report=night_report(resident_id="r2", night=NIGHT + ONE_DAY), version=1)])
    assert reports.versions(NIGHT, NIGHT + ONE_DAY) == {("r1", NIGHT): 2, ("r2", NIGHT + ONE_DAY): 1}
    assert reports.versions(NIGHT - ONE_DAY, NIGHT - ONE_DAY) == {}


def test_a_late_day_waits_until_it_is_done(late: LateReadings) -> None:
    assert late.waiting() == []
    late.note([("b2", 20_000), ("b1", 20_001), ("b1", 20_001)])
    late.note([])
    first, second = late.waiting()
    assert (first, second) == (
        LateDay(belt_id="b1", day=20_001, times=1),
        LateDay(belt_id="b2", day=20_000, times=1),
    )
    late.done([first])
    assert late.waiting() == [second]


def test_what_is_noted_again_meanwhile_goes_on_waiting(late: LateReadings) -> None:
    late.note([("b1", 20_000)])
    taken = late.waiting()
    late.note([("b1", 20_000)])
    late.done(taken)
    (waiting,) = late.waiting()
    late.done([waiting])
    assert late.waiting() == []
