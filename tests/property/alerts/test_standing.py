"""What alarms mean for one another, whatever happens in whatever order, and twice."""

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.lifecycle import step
from alerts.precedence import DEEPER, LOUDER, louder_than
from alerts.standing import MERGE_MS, Holding, InHand, Surroundings
from domain.alarms import Acknowledge, Alarm, AlarmInput, AlarmState, Clear, Outcome, Raise, Resolve, Rule, Snooze
from domain.errors import IllegalStepError
from domain.units import MINUTE_MS
from tests.fakes.in_memory_alarm_book import InMemoryAlarmBook
from tests.unit.alerts.test_standing import T0, alarm_of

CAUSES = (
    (Rule.HEART_RATE_HIGH, Rule.HEART_RATE_VERY_HIGH, Rule.BELT_SILENT),
    (Rule.VITALS_LOST, Rule.VITALS_LOST_LONG, Rule.BELT_SILENT),
    (Rule.SIGNAL_POOR, Rule.BELT_SILENT, Rule.CENTER_SILENT),
    (Rule.LEAVE_BED_NOT_BACK, Rule.BELT_SILENT, Rule.CENTER_SILENT),
)
LATCHING = {Rule.HEART_RATE_VERY_HIGH}


def _happening(rules: tuple[Rule, ...]) -> st.SearchStrategy[list[tuple[str, Rule, int]]]:
    what = st.sampled_from(["begins", "begins", "ends", "takes", "closes", "snoozes"])
    return st.lists(st.tuples(what, st.sampled_from(rules), st.sampled_from([1, 4, 11, 61])), min_size=5, max_size=25)


happenings = st.sampled_from(CAUSES).flatmap(_happening)
"""(what happens, to which rule, minutes until the next look)."""


class Ward:
    """Conditions that begin and end, and the worker's look at the book; each look is made twice."""

    def __init__(self) -> None:
        self.book = InMemoryAlarmBook()
        self.now = T0
        self.holds: dict[Rule, Alarm] = {}

    def happen(self, what: str, rule: Rule, minutes: int) -> None:
        told: list[AlarmInput] = []
        if what == "begins" and rule not in self.holds:
            alarm = alarm_of(rule, self.now, latches=rule in LATCHING)
            self.holds[rule] = alarm
            told = [Raise(alarm_id=alarm.alarm_id, at=self.now, alarm=alarm)]
        elif what == "ends" and rule in self.holds:
            told = [Clear(alarm_id=self.holds.pop(rule).alarm_id, at=self.now, cleared_at=self.now)]
        self.look(told)
        for alarm in self.book.open_alarms("c1"):
            if alarm.rule is rule:
                self.command(what, alarm.alarm_id)
        self.look([])
        self.now += minutes * MINUTE_MS
        self.look([])

    def command(self, what: str, alarm_id: str) -> None:
        commands: dict[str, AlarmInput] = {
            "takes": Acknowledge(alarm_id=alarm_id, at=self.now, person_id="ann"),
            "closes": Resolve(alarm_id=alarm_id, at=self.now, person_id="ann", outcome=Outcome.HELPED),
            "snoozes": Snooze(alarm_id=alarm_id, at=self.now, person_id="ann", until=self.now + 5 * MINUTE_MS),
        }
        if what in commands:
            try:
                self.book.apply([commands[what]], step)
            except IllegalStepError:
                assert what == "snoozes"

    def look(self, told: list[AlarmInput]) -> None:
        around = Surroundings(pauses={}, holding=self._holding)
        for _ in range(2):
            in_hand = InHand(self.book.in_hand(self.now - MERGE_MS), around)
            in_hand.settle(told)
            in_hand.upkeep(self.now, self.now)
            events = self.book.apply(in_hand.inputs, step)
        assert events == []

    def _holding(self, alarm: Alarm) -> Holding:
        return Holding.YES if alarm.rule in self.holds else Holding.GONE

    def alarms(self) -> list[Alarm]:
        return [*self.book.alarms_of("r1", 0, 2**62), *self.book.alarms_of("", 0, 2**62)]


@settings(max_examples=100, deadline=None)
@given(happenings)
def test_one_cause_is_told_once_and_nothing_that_holds_is_forgotten(happened: list[tuple[str, Rule, int]]) -> None:
    ward = Ward()
    for what, rule, minutes in happened:
        ward.happen(what, rule, minutes)
        check(ward)


def check(ward: Ward) -> None:
    alarms = ward.alarms()
    standing = [alarm for alarm in alarms if alarm.is_open]
    calling = {alarm.rule for alarm in standing if alarm.calls}
    by_id = {alarm.alarm_id: alarm for alarm in alarms}
    for quieter in LOUDER:
        for louder in louder_than(quieter):
            if louder in ward.holds and any(one.rule is louder for one in standing):
                assert quieter not in calling
    for alarm in standing:
        assert alarm.rule is not Rule.LEAVE_BED_NOT_BACK or alarm.held_by is None
        if alarm.held_by is not None:
            holder = by_id[alarm.held_by]
            assert holder.is_open
            assert holder.cleared_at is None
            assert holder.rule in louder_than(alarm.rule) or alarm.rule in DEEPER[holder.rule]
    for rule in ward.holds:
        mine = [alarm for alarm in alarms if alarm.rule is rule and alarm.cleared_at is None]
        assert any(alarm.is_open or alarm.rearm_at is not None for alarm in mine), rule
    for alarm in alarms:
        ended = alarm.rule not in ward.holds
        if ended and alarm.is_open:
            assert alarm.latches
            assert alarm.state is AlarmState.ACTIVE
