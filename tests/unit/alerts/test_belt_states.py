"""Belts that say they are offline, or that their battery is low; silence is told beside it, and never twice."""

from dataclasses import dataclass, field

from alerts.conditions import Conditions
from alerts.runs import Slot, Transition
from domain.alarms import Rule
from domain.belts import BeltStatus
from domain.readings import ReadingBatch
from domain.residents import VitalSettings
from domain.vitals import RuleLimit
from domain.watch import ConditionState
from tests.unit.alerts.bed import IN, NIGHT, batch
from tests.unit.alerts.vital_bed import vital_slot


@dataclass
class Ward:
    """Belts b1.. of one centre; seconds are after NIGHT."""

    beds: int = 1
    settings: VitalSettings = field(default_factory=VitalSettings)
    told: list[tuple[str, str, Rule, float]] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = Conditions(self.slots())
        self._runs: dict[tuple[str, str], ConditionState] = {}
        for n in range(self.beds):
            self.report(0, n + 1)

    def slots(self) -> list[Slot]:
        return [vital_slot(self.settings, belt=f"b{n + 1}", subject=f"r{n + 1}") for n in range(self.beds)]

    def report(self, second: float, n: int = 1) -> None:
        readings: ReadingBatch = batch([(second, IN)], belt=f"b{n}")
        self._collect(self.engine.observe(readings, NIGHT + round(second * 1000)))

    def say(self, second: float, n: int = 1, **told: object) -> None:
        at = NIGHT + round(second * 1000)
        self._collect(self.engine.tell([BeltStatus(belt_id=f"b{n}", at=at, **told)], at))  # type: ignore[arg-type]

    def tick(self, *seconds: float) -> None:
        for second in seconds:
            self._collect(self.engine.tick(NIGHT + round(second * 1000)))

    def restart(self) -> None:
        beds, runs, ended = self.engine.take_changes()
        self._runs.update(((run.belt_id, str(run.rule)), run) for run in runs)
        for key in ended:
            self._runs.pop(key, None)
        self.engine = Conditions(self.slots())
        self.engine.restore(beds, self._runs.values())

    def _collect(self, told: list[Transition]) -> None:
        self.transitions += told
        self.told += [(str(t.kind), t.belt_id, t.spec.rule, (t.at - NIGHT) / 1000) for t in told]


def test_a_last_will_is_told_after_three_minutes_and_the_silence_is_not_told_as_well() -> None:
    ward = Ward()
    ward.say(20, online=False)
    ward.tick(199.9, 200, 300, 600, 7200)
    assert ward.told == [("due", "b1", Rule.BELT_OFFLINE, 200)]
    ward.say(7300, online=True)
    assert ward.told[1:] == [("cleared", "b1", Rule.BELT_OFFLINE, 7300)]


def test_a_belt_that_is_online_again_and_sends_nothing_is_silent_from_then_on() -> None:
    ward = Ward()
    ward.say(20, online=False)
    ward.tick(200)
    ward.say(1000, online=True)
    ward.tick(1000, 1299)
    assert [kind for kind, *_ in ward.told] == ["due", "cleared"]
    ward.tick(1300)
    assert ward.told[2:] == [("due", "b1", Rule.BELT_SILENT, 1300)]


def test_a_belt_that_is_told_to_be_silent_is_not_told_to_be_offline() -> None:
    ward = Ward()
    ward.tick(300)
    ward.say(310, online=False)
    ward.tick(600, 1200)
    assert ward.told == [("due", "b1", Rule.BELT_SILENT, 300)]


def test_readings_show_that_it_is_not_offline_but_a_single_late_one_does_not() -> None:
    ward = Ward()
    ward.say(20, online=False)
    ward.tick(200)
    ward.report(210)
    ward.tick(215)
    assert ward.told == [("due", "b1", Rule.BELT_OFFLINE, 200)]
    for second in range(220, 290, 10):
        ward.report(second)
    assert ward.told[1:] == [("cleared", "b1", Rule.BELT_OFFLINE, 270)]


def test_back_before_the_limit_is_nothing() -> None:
    ward = Ward()
    ward.say(20, online=False)
    ward.say(100, online=True)
    ward.report(105)
    ward.tick(200, 300)
    assert ward.told == []


def test_what_a_broker_tells_anew_changes_nothing() -> None:
    ward = Ward()
    ward.say(20, online=False)
    ward.say(100, online=False)
    ward.say(150, battery=50.0)
    ward.tick(200)
    ward.say(250, online=False)
    ward.tick(500)
    assert ward.told == [("due", "b1", Rule.BELT_OFFLINE, 200)]


def test_behind_a_broken_gateway_there_is_one_alarm_for_the_centre() -> None:
    ward = Ward(beds=6)
    for n in range(1, 7):
        ward.say(25, n, online=False)
    for second in range(60, 1200, 1):
        ward.tick(second)
    assert ward.told == [("due", "c1", Rule.CENTER_SILENT, 180)]


def test_an_offline_belt_survives_a_restart_with_its_deadline() -> None:
    ward = Ward()
    ward.say(20, online=False)
    ward.restart()
    ward.tick(199)
    assert ward.told == []
    ward.tick(200)
    ward.restart()
    ward.tick(900)
    ward.say(1000, online=True)
    assert [kind for kind, *_ in ward.told] == ["due", "cleared"]


def test_a_low_battery_is_told_and_ends_above_the_clear_limit() -> None:
    ward = Ward()
    ward.say(0, battery=19.0)
    ward.report(290)
    ward.tick(580)
    ward.say(580, battery=18.0)
    ward.report(580)
    ward.tick(600)
    assert ward.told == [("due", "b1", Rule.BATTERY_LOW, 600)]
    assert (ward.transitions[0].limit, ward.transitions[0].value) == (20, 18)
    ward.say(700, battery=24.0)
    ward.say(800, online=True)
    assert len(ward.told) == 1
    ward.say(900, battery=26.0)
    assert ward.told[1:] == [("cleared", "b1", Rule.BATTERY_LOW, 900)]


def test_a_belt_that_is_charged_is_not_low() -> None:
    ward = Ward()
    ward.say(0, battery=10.0, charging=True)
    ward.report(500)
    ward.tick(700)
    assert ward.told == []
    ward.say(700, battery=10.0, charging=False)
    for second in range(800, 1400, 60):
        ward.report(second)
    ward.tick(1300)
    ward.say(1350, charging=True)
    assert [kind for kind, *_ in ward.told] == ["due", "cleared"]


def test_what_is_off_says_nothing() -> None:
    off = VitalSettings(belt_offline=RuleLimit(on=False, after_s=180), battery_low=_off(VitalSettings().battery_low))
    ward = Ward(settings=off)
    ward.say(20, online=False, battery=5.0)
    ward.tick(299)
    assert ward.told == []
    ward.tick(300)
    assert ward.told == [("due", "b1", Rule.BELT_SILENT, 300)]


def _off(asked: RuleLimit) -> RuleLimit:
    return RuleLimit(on=False, limit=asked.limit, clear_limit=asked.clear_limit, after_s=asked.after_s)


def test_belts_that_go_offline_one_by_one_behind_one_gateway_are_one_alarm() -> None:
    ward = Ward(beds=12)
    for second in range(10, 100, 10):
        for n in range(1, 13):
            ward.report(second, n)
    for second in range(100, 900, 10):
        for n in range(1, 7):
            if second == 100 + 5 * n // 10 * 10:
                ward.say(second, n, online=False)
        for n in range(7, 13):
            ward.report(second, n)
        ward.tick(second)
    assert ward.told == [("due", "c1", Rule.GROUP_SILENT, 90 + 240)]


def test_two_of_twelve_that_go_offline_are_no_group_and_told_after_three_minutes() -> None:
    ward = Ward(beds=12)
    for n in (1, 2):
        ward.say(20 + n, n, online=False)
    for second in range(10, 400, 10):
        for n in range(3, 13):
            ward.report(second, n)
        ward.tick(second)
    assert ward.told == [("due", "b1", Rule.BELT_OFFLINE, 210), ("due", "b2", Rule.BELT_OFFLINE, 210)]


def test_a_belt_whose_fellows_are_heard_again_is_told_to_be_offline_by_itself() -> None:
    ward = Ward(beds=12)
    for n in (1, 2, 3):
        ward.say(20, n, online=False)
    for second in range(10, 600, 10):
        for n in range(4 if second < 220 else 2, 13):
            ward.report(second, n)
        ward.tick(second)
    assert ward.told == [("due", "b1", Rule.BELT_OFFLINE, 220)]


def test_a_last_will_is_told_in_time_after_our_clock_was_put_back() -> None:
    ward = Ward()
    ward.say(20, online=False)
    ward.tick(30)
    back = -8 * 3600
    ward.engine.put_ours_back(NIGHT + back * 1000, (30 - back) * 1000)
    ward.tick(back, back + 179)
    assert ward.told == []
    ward.tick(back + 180)
    assert ward.told == [("due", "b1", Rule.BELT_OFFLINE, back + 180)]
