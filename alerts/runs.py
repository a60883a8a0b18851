"""Runs of conditions, and what is told of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from alerts.rules import Limits, RuleSpec
from domain.alarms import Rule
from domain.nights import Schedule
from domain.units import LONG_AGO, NEVER
from domain.usual import UsualLevels
from domain.watch import ConditionState


class Look(NamedTuple):
    """One reading as one rule sees it. `seen_before_at`: the bed's reading before; `fresh`: it speaks of now.

    `since_at`: when the condition began to hold, if it does. `unseen_ms`: for how long it had not been seen to.
    """

    at: int
    received_at: int
    truth: int
    seen_before_at: int
    fresh: bool
    since_at: int
    unseen_ms: int


class Kind(StrEnum):
    """What became of a run. PASSED: it had been due, and was over before that could be told."""

    DUE = "due"
    CLEARED = "cleared"
    PASSED = "passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """Something to tell. `began_at`, `due_at`, `ended_at` are the belt's clock, `at` is ours.

    `belt_id` is the centre's id where it is about a whole centre. `offset_ms` is how far the belt's clock stands ahead;
    `silent` whether it had nothing to say for `FRESH_MS`. `limit` is what was compared with, `value` the last value of
    it (NaN where nothing was compared). `latches`: as the rule, or the bed's limits, have it. `usual`: between what the
    value is usual for the person at that hour, where that is known.
    """

    kind: Kind
    belt_id: str
    spec: RuleSpec
    began_at: int
    due_at: int
    ended_at: int
    at: int
    offset_ms: int
    limit_ms: int
    limit: float = float("nan")
    value: float = float("nan")
    silent: bool = False
    latches: bool = False
    usual: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceLimits:
    """How long a belt may be silent (ms): while somebody may be in the bed, and over an empty one."""

    in_bed_ms: int
    empty_ms: int
    clear_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """What is asked for the bed of one belt: limits by rule, the windows they hold in, since when.

    `subject` is who lies there (resident id), `bed_id` where. No limits (a vacant bed) or no schedule: nothing is ever
    due. Runs from before `from_at` (ms) do not count. `settle_ms` is how long after getting in rates are not judged,
    `silence` how long the belt may say nothing. `paused_until` (our clock, ms) is the end of the latest pause for care:
    what holds then counts from there, technical matters aside. `usual` is what is usual for the subject.
    """

    belt_id: str
    subject: str | None = None
    bed_id: str = ""
    limits: Mapping[Rule, Limits] = field(default_factory=dict)
    schedule: Schedule | None = None
    from_at: int = 0
    settle_ms: int = 0
    silence: SilenceLimits | None = None
    center_id: str = ""
    paused_until: int = LONG_AGO
    usual: UsualLevels | None = None


@dataclass(slots=True)
class Run:
    """A condition that holds, or held until just now; the fields of `ConditionState`, on the belt's clock.

    `seen_before_at` is the last reading before it began, `seen_at` the first that showed it when it came; late ones in
    between may show that it began earlier. `seen_twice`: when it broke, more than one reading had passed in it.
    """

    began_at: int
    deadline_at: int
    seen_before_at: int
    seen_at: int
    broken_at: int | None = None
    over: bool = False
    raised: bool = False
    passed: bool = False
    alarm_began_at: int | None = None
    seen_twice: bool = True

    @property
    def armed(self) -> bool:
        return self.broken_at is None and not self.raised and self.deadline_at != NEVER

    def put_ours_back(self, now: int) -> None:
        """Of a run on our clock, which stands at `now` and was ahead of it: what was seen later was seen by now."""
        self.seen_at = min(self.seen_at, now)
        if self.broken_at is not None:
            self.broken_at = min(self.broken_at, now)

    def shift(self, by_ms: int) -> None:
        """The belt's clock jumped ahead by that. The alarm's id keeps the instant it was given."""
        self.began_at += by_ms
        self.seen_before_at += by_ms
        self.seen_at += by_ms
        if self.deadline_at != NEVER:
            self.deadline_at += by_ms
        if self.broken_at is not None:
            self.broken_at += by_ms


def stored(run: Run, belt_id: str, rule: Rule, subject: str | None) -> ConditionState:
    """The run as it is stored."""
    return ConditionState(
        belt_id=belt_id,
        rule=rule,
        subject=subject,
        began_at=run.began_at,
        deadline_at=run.deadline_at,
        broken_at=run.broken_at,
        over=run.over,
        raised=run.raised,
        passed=run.passed,
        alarm_began_at=run.alarm_began_at,
    )


def restored(state: ConditionState) -> Run:
    """A run from its stored form."""
    return Run(
        began_at=state.began_at,
        deadline_at=state.deadline_at,
        seen_before_at=state.began_at,
        seen_at=state.began_at,
        broken_at=state.broken_at,
        over=state.over,
        raised=state.raised,
        passed=state.passed,
        alarm_began_at=state.alarm_began_at,
    )


def changes_of(
    rule: Rule, slots: Sequence[Slot], runs: Mapping[int, Run], changed: Iterable[int]
) -> tuple[list[ConditionState], list[tuple[str, str]]]:
    """Of the changed slots: the runs to keep, and (belt, rule) of those that have none any more."""
    kept, ended = list[ConditionState](), list[tuple[str, str]]()
    for n in sorted(changed):
        if n in runs:
            kept.append(stored(runs[n], slots[n].belt_id, rule, slots[n].subject))
        else:
            ended.append((slots[n].belt_id, str(rule)))
    return kept, ended
