"""Belts that say nothing."""

from alerts.conditions import Conditions
from alerts.runs import Transition
from domain.alarms import Rule
from domain.residents import VitalSettings
from domain.vitals import RuleLimit
from tests.unit.alerts.bed import IN, NIGHT, OUT, batch
from tests.unit.alerts.vital_bed import Stretch, vital_slot

LIMIT = 300


def silences(told: list[Transition]) -> list[tuple[str, float, float]]:
    return [
        (str(t.kind), (t.at - NIGHT) / 1000, (t.began_at - NIGHT) / 1000)
        for t in told
        if t.spec.rule is Rule.BELT_SILENT
    ]


def engine(settings: VitalSettings | None = None) -> Conditions:
    return Conditions([vital_slot(settings)])


def ticked(one: Conditions, *seconds: float) -> list[tuple[str, float, float]]:
    return [told for second in seconds for told in silences(one.tick(NIGHT + round(second * 1000)))]


def heard(one: Conditions, *stretches: Stretch) -> list[tuple[str, float, float]]:
    told = []
    for stretch in stretches:
        readings = stretch.batch()
        for row in range(len(readings)):
            at = int(readings.observed_at[row])
            told += silences(one.observe(readings.select([row]), at))  # type: ignore[arg-type]
    return told


def test_a_belt_that_falls_silent_is_told_once_and_clears_when_it_reports_steadily() -> None:
    one = engine()
    assert heard(one, Stretch(0, 100)) == []
    assert ticked(one, 95 + LIMIT - 1, 95 + LIMIT, 95 + LIMIT + 1) == [("due", 95 + LIMIT, 95)]
    assert heard(one, Stretch(1000, 1060)) == []
    assert heard(one, Stretch(1060, 1100)) == [("cleared", 1060, 95)]
    assert ticked(one, 1101) == []


def test_a_belt_that_reports_now_and_then_stays_an_open_alarm() -> None:
    one = engine()
    heard(one, Stretch(0, 100))
    ticked(one, 500)
    assert heard(one, *[Stretch(at, at + 5) for at in range(1000, 5000, 400)]) == []
    assert ticked(one, 6000) == []


def test_an_empty_bed_may_be_silent_for_longer() -> None:
    one = engine()
    heard(one, Stretch(0, 100), Stretch(100, 110, in_bed=OUT, heart=None, breath=None))
    assert ticked(one, 3000) == []
    assert ticked(one, 105 + 3600) == [("due", 105 + 3600, 105)]


def test_a_belt_that_never_reported_is_silent_from_when_we_listened() -> None:
    one = engine()
    assert ticked(one, 0, LIMIT - 1) == []
    (told,) = one.tick(NIGHT + LIMIT * 1000)
    assert (told.began_at, told.silent) == (NIGHT, True)


def test_while_the_service_was_down_no_belt_was_silent() -> None:
    one = engine()
    heard(one, Stretch(0, 100))
    beds, runs, _ = one.take_changes()
    again = engine()
    again.restore(beds, runs)
    assert ticked(again, 5000, 5000 + LIMIT - 1) == []
    assert ticked(again, 5000 + LIMIT) == [("due", 5000 + LIMIT, 5000)]


def test_a_silence_that_was_told_is_not_told_again_after_a_restart() -> None:
    one = engine()
    heard(one, Stretch(0, 100))
    ticked(one, 500)
    again = engine()
    again.restore(*one.take_changes()[:2])
    assert ticked(again, 5000, 9000) == []
    assert heard(again, Stretch(9000, 9100)) == [("cleared", 9060, 95)]
    assert ("b1", str(Rule.BELT_SILENT)) in again.take_changes()[2]


def test_a_slow_belt_has_three_of_its_intervals() -> None:
    one = engine(VitalSettings(belt_silent=RuleLimit(after_s=60)))
    heard(one, Stretch(0, 601, step=60))
    assert ticked(one, 600 + 179) == []
    assert ticked(one, 600 + 180) == [("due", 780, 600)]


def test_changes_of_the_register_keep_what_stays_and_drop_the_rest() -> None:
    one = engine()
    heard(one, Stretch(0, 100))
    ticked(one, 500)
    one.take_changes()
    one.configure([vital_slot(VitalSettings(settle_s=60))])
    assert ticked(one, 900) == []
    one.configure([vital_slot(subject="r2")])
    assert ("b1", str(Rule.BELT_SILENT)) in one.take_changes()[2]
    assert ticked(one, 1000, 1299) == []
    assert ticked(one, 1300) == [("due", 1300, 1000)]


CENTER = [f"b{n}" for n in range(1, 7)]


def center(told: list[Transition]) -> list[tuple[str, str, str, float]]:
    return [
        (str(t.kind), str(t.spec.rule), t.belt_id, (t.at - NIGHT) / 1000)
        for t in told
        if t.spec.rule.endswith("silent")
    ]


def all_hear(one: Conditions, seconds: range, belts: list[str]) -> list[tuple[str, str, str, float]]:
    told = []
    for second in seconds:
        for belt in belts:
            told += center(one.observe(batch([(second, IN)], belt=belt), NIGHT + second * 1000))
        told += center(one.tick(NIGHT + second * 1000))
    return told


def test_all_belts_silent_at_once_are_one_alarm() -> None:
    one = Conditions([vital_slot(belt=belt, subject=f"r-{belt}") for belt in CENTER])
    assert all_hear(one, range(0, 100, 10), CENTER) == []
    told = [told for second in range(100, 2000, 10) for told in center(one.tick(NIGHT + second * 1000))]
    assert told == [("due", "center-silent", "c1", 270)]
    beds, runs, _ = one.take_changes()
    again = Conditions([vital_slot(belt=belt, subject=f"r-{belt}") for belt in CENTER])
    again.restore(beds, runs)
    assert all_hear(again, range(2000, 2060, 10), CENTER[:5]) == []
    assert all_hear(again, range(2060, 2070, 10), CENTER[:5]) == [("cleared", "center-silent", "c1", 2060)]
    assert ("c1", "center-silent") in again.take_changes()[2]
    assert all_hear(again, range(2070, 2360, 10), CENTER[:5]) == []
    assert all_hear(again, range(2360, 2370, 10), CENTER[:5]) == [("due", "belt-silent", "b6", 2360)]


def test_one_belt_that_goes_on_or_too_few_belts_make_no_silent_center() -> None:
    one = Conditions([vital_slot(belt=belt, subject=f"r-{belt}") for belt in CENTER])
    all_hear(one, range(0, 100, 10), CENTER)
    told = all_hear(one, range(100, 500, 10), CENTER[:1])
    assert {rule for _, rule, _, _ in told} == {"group-silent"}
    few = Conditions([vital_slot(belt=belt, subject=f"r-{belt}") for belt in CENTER[:2]])
    all_hear(few, range(0, 100, 10), CENTER[:2])
    assert {rule for _, rule, _, _ in center(few.tick(NIGHT + 500_000))} == {"belt-silent"}


def test_belts_that_fall_silent_together_are_one_alarm_until_most_are_back() -> None:
    belts = [f"b{n}" for n in range(1, 13)]
    slots = [vital_slot(belt=belt, subject=f"r-{belt}") for belt in belts]
    one, gone, others = Conditions(slots), belts[:5], belts[5:]
    all_hear(one, range(0, 100, 10), belts)
    told = all_hear(one, range(100, 800, 10), others)
    assert told == [("due", "group-silent", "c1", 90 + 240)]
    beds, runs, _ = one.take_changes()
    assert sorted(run.belt_id for run in runs if run.rule is Rule.GROUP_SILENT) == gone
    again = Conditions(slots)
    again.restore(beds, runs)
    assert all_hear(again, range(800, 860, 10), belts[2:]) == []
    assert all_hear(again, range(860, 870, 10), belts[2:]) == [("cleared", "group-silent", "c1", 860)]
    assert ("b1", "group-silent") in again.take_changes()[2]
    assert all_hear(again, range(870, 1160, 10), belts[2:]) == []
    assert all_hear(again, range(1160, 1170, 10), belts[2:]) == [
        ("due", "belt-silent", "b1", 1160),
        ("due", "belt-silent", "b2", 1160),
    ]


def test_belts_that_stop_one_after_the_other_or_over_empty_beds_are_no_group() -> None:
    belts = [f"b{n}" for n in range(1, 13)]
    slots = [vital_slot(belt=belt, subject=f"r-{belt}") for belt in belts]
    slowly = Conditions(slots)
    all_hear(slowly, range(0, 100, 10), belts)
    told = []
    for n, start in enumerate(range(100, 620, 130)):
        told += all_hear(slowly, range(start, start + 130, 10), belts[n + 1 :])
    told += all_hear(slowly, range(620, 1000, 10), belts[5:])
    assert {rule for _, rule, _, _ in told} == {"belt-silent"}
    resting = Conditions(slots)
    all_hear(resting, range(0, 100, 10), belts)
    for second in range(100, 120, 10):
        for belt in belts[:6]:
            resting.observe(batch([(second, OUT)], belt=belt), NIGHT + second * 1000)
    assert all_hear(resting, range(120, 600, 10), belts[6:]) == []


def test_off_and_vacant_beds_are_never_silent() -> None:
    off = engine(VitalSettings(belt_silent=RuleLimit(on=False)))
    off.observe(batch([(0, OUT)]), NIGHT)
    assert ticked(off, 90_000) == []


def test_while_the_service_was_down_no_center_was_silent() -> None:
    one = Conditions([vital_slot(belt=belt, subject=f"r-{belt}") for belt in CENTER])
    all_hear(one, range(0, 100, 10), CENTER)
    beds, runs, _ = one.take_changes()
    again = Conditions([vital_slot(belt=belt, subject=f"r-{belt}") for belt in CENTER])
    again.restore(beds, runs)
    assert center(again.tick(NIGHT + 5_000_000)) == []
    assert center(again.tick(NIGHT + 5_000_000 + 179_000)) == []
    assert center(again.tick(NIGHT + 5_000_000 + 180_000)) == [("due", "center-silent", "c1", 5180)]


def test_silence_is_told_in_time_after_our_clock_was_put_back() -> None:
    """A computer whose clock stood hours ahead until it heard the time."""
    one = engine()
    heard(one, Stretch(0, 100))
    back_s = -8 * 3600
    assert ticked(one, 100) == []
    one.put_ours_back(NIGHT + back_s * 1000, (100 - back_s) * 1000)
    assert ticked(one, back_s, back_s + LIMIT - 1) == []
    assert [at for _, at, _ in ticked(one, back_s + LIMIT)] == [back_s + LIMIT]


def test_a_silence_ends_in_time_after_our_clock_was_put_back() -> None:
    one = engine()
    heard(one, Stretch(0, 100))
    assert len(ticked(one, 95 + LIMIT)) == 1
    back_s = -8 * 3600
    told = []
    one.put_ours_back(NIGHT + back_s * 1000, (1000 - back_s) * 1000)
    for second in range(0, 90, 5):
        readings = Stretch(1000 + second, 1001 + second).batch(received=back_s + second)
        told += silences(one.observe(readings, NIGHT + (back_s + second) * 1000))
    assert [kind for kind, *_ in told] == ["cleared"]


def test_a_center_whose_belts_were_all_taken_away_is_not_silent_any_more() -> None:
    one = Conditions([vital_slot(belt=belt, subject=f"r-{belt}") for belt in CENTER])
    all_hear(one, range(0, 100, 10), CENTER)
    assert center(one.tick(NIGHT + 300_000)) == [("due", "center-silent", "c1", 300)]
    one.take_changes()
    one.configure([])
    assert ("c1", "center-silent") in one.take_changes()[2]
