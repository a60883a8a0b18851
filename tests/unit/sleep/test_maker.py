"""What the belt's maker tells of a night, beside ours and in its place."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.readings import ReadingBatch, SleepStage
from domain.reports import MakerStage, NightReport, SleepState
from domain.units import MINUTE_MS
from sleep.maker import LEAST_SHARE
from sleep.maker import METHOD as MAKER_METHOD
from sleep.report import METHOD, VERSION
from tests.unit.sleep.nights import START, Readings, report_of

AWAKE, LIGHT, DEEP, REM, UNKNOWN = (
    SleepStage.AWAKE,
    SleepStage.LIGHT,
    SleepStage.DEEP,
    SleepStage.REM,
    SleepStage.UNKNOWN,
)

OURS, THEIRS = f"{METHOD}/{VERSION}", f"{MAKER_METHOD}/{VERSION}"


def night() -> Readings:
    """In bed for ten hours: an hour awake, seven asleep, an exit of ten minutes, the rest asleep."""
    return Readings(10).out(10).awake(60).asleep(420).out(10).asleep(110).awake(10).out(10)


@cache
def batch_of_night() -> ReadingBatch:
    return night().batch()


def told(*stretches: tuple[float, SleepStage], of: Readings | None = None) -> ReadingBatch:
    """The night with the maker's stages, minute after minute from its beginning; after them none."""
    batch = of.batch() if of else batch_of_night()
    minute = (batch.observed_at - START) / MINUTE_MS
    ends = np.cumsum([0.0, *(length for length, _ in stretches), np.inf])
    stages = np.array([*(stage for _, stage in stretches), UNKNOWN], np.int8)
    return replace(batch, sleep_stage=stages[np.searchsorted(ends, minute, side="right") - 1])


def reported(batch: ReadingBatch, **wanted: bool) -> NightReport:
    return report_of(batch, end_at=START + 630 * MINUTE_MS, **wanted)


def test_a_night_without_stages_is_as_it_was() -> None:
    report = reported(batch_of_night(), use_maker_stages=True)
    assert report.maker_stages is None
    assert report.epochs.maker == ()
    assert report.method == OURS
    assert "maker-stage" not in report.marks


def test_shares_by_hand() -> None:
    """Of 600 min in bed and told: 30 awake, 390 light, 60 deep, 120 REM."""
    batch = told((40, AWAKE), (60, LIGHT), (60, DEEP), (120, REM), (340, LIGHT))
    figures = reported(batch).maker_stages
    assert figures is not None
    assert figures.share == 1.0
    assert (figures.awake, figures.light, figures.deep, figures.rem) == pytest.approx(
        (30 / 600, 390 / 600, 60 / 600, 120 / 600)
    )
    assert figures.sleep_min == pytest.approx(570)


def test_ours_stays_ours_beside_the_makers() -> None:
    plain, beside = reported(batch_of_night()), reported(told((630, LIGHT)))
    assert beside.maker_stages is not None
    assert replace(beside, maker_stages=None, epochs=replace(beside.epochs, maker=())) == plain
    asleep = plain.epochs.states.count(SleepState.ASLEEP)
    awake = plain.epochs.states.count(SleepState.AWAKE)
    upset = 4  # epochs of getting in and out that are awake whoever tells
    assert beside.maker_stages.agreement == pytest.approx(asleep / (asleep + awake), abs=upset / (asleep + awake))


def test_full_agreement_is_one() -> None:
    plain = reported(batch_of_night())
    by_epoch = {SleepState.ASLEEP: LIGHT, SleepState.AWAKE: AWAKE}
    stages = [(0.5, by_epoch.get(state, UNKNOWN)) for state in plain.epochs.states]
    figures = reported(told(*stages)).maker_stages
    assert figures is not None
    assert figures.agreement == 1.0


@pytest.mark.parametrize(("minutes", "enough"), [(600 * LEAST_SHARE + 1, True), (600 * LEAST_SHARE - 1, False)])
def test_too_little_is_not_said(minutes: float, *, enough: bool) -> None:
    report = reported(told((10 + minutes, LIGHT), of=Readings(10).out(10).asleep(600).out(20)), use_maker_stages=True)
    assert (report.maker_stages is not None) == enough
    assert (report.method == THEIRS) == enough
    assert ("maker-stage" in report.marks) == enough
    assert any(report.epochs.maker) == enough


def test_stages_of_an_empty_bed_say_nothing() -> None:
    report = reported(told((10, DEEP), (620, UNKNOWN)))
    assert report.maker_stages is None


def test_an_epoch_is_what_most_of_its_readings_say() -> None:
    batch = told((630, DEEP))
    third = np.arange(len(batch)) % 3 == 0
    report = reported(replace(batch, sleep_stage=np.where(third, REM, batch.sleep_stage)))
    assert set(report.epochs.maker) == {None, MakerStage.DEEP}
    split = np.arange(len(batch)) % 2 == 0
    report = reported(replace(batch, sleep_stage=np.where(split, LIGHT, UNKNOWN)))
    assert set(report.epochs.maker) == {None, MakerStage.LIGHT}


def test_a_stage_that_nobody_knows_is_none() -> None:
    batch = told((630, LIGHT))
    foreign = np.where(np.arange(len(batch)) % 3 == 0, np.int8(9), batch.sleep_stage)
    assert set(reported(replace(batch, sleep_stage=foreign)).epochs.maker) == {None, MakerStage.LIGHT}


def test_the_makers_word_in_place_of_ours() -> None:
    batch = told((10, UNKNOWN), (90, AWAKE), (520, LIGHT))
    ours, theirs = reported(batch), reported(batch, use_maker_stages=True)
    assert (theirs.method, "maker-stage" in theirs.marks) == (THEIRS, True)
    assert (ours.method, "maker-stage" in ours.marks) == (OURS, False)
    assert theirs.sleep_onset_latency_min == pytest.approx(90)
    assert theirs.sleep_min == pytest.approx(600 - 90, abs=1)  # the epochs of getting up are awake
    assert theirs.exits == ours.exits
    assert theirs.maker_stages == ours.maker_stages


def test_what_the_maker_did_not_tell_is_not_filled_with_ours() -> None:
    report = reported(told((430, LIGHT), (60, UNKNOWN), (140, LIGHT)), use_maker_stages=True)
    assert report.untold_min == pytest.approx(60, abs=1)
    assert report.time_in_bed_min == pytest.approx(610)


stages = st.lists(st.tuples(st.integers(1, 200), st.sampled_from(SleepStage)), max_size=12)


@settings(max_examples=40, deadline=None)
@given(stages=stages)
def test_whatever_the_maker_tells_the_figures_hold(stages: list[tuple[float, SleepStage]]) -> None:
    report = reported(told(*stages), use_maker_stages=True)
    figures = report.maker_stages
    assert len(report.epochs.maker) in {0, len(report.epochs.states)}
    if figures is None:
        assert report.method == OURS
        return
    assert LEAST_SHARE <= figures.share <= 1
    assert figures.awake + figures.light + figures.deep + figures.rem == pytest.approx(1)
    assert figures.agreement is None or 0 <= figures.agreement <= 1
    assert figures.sleep_min <= report.time_in_bed_min
    parts = (report.sleep_onset_latency_min, report.waso_min, report.sleep_min, report.final_wake_min)
    slept = sum(part for part in parts if part is not None)
    assert slept + report.exits.total_min + report.untold_min == pytest.approx(report.time_in_bed_min)
