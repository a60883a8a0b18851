"""What each rule last knew of each bed, and in which readings of a batch something may happen, all beds at once.

Most rules know nothing new of most beds: the rate is within its limits and was so before. So only those *pairs* of a
rule and a reading are looked at whose bed concerns the rule: it has a run, or showed the condition before, or shows it
in the batch; and without a run only those in which it holds, or is first seen not to hold any more. For those, what was
last known is carried forward through the readings of each bed (running maxima of positions), so that a missing value or
a single false one is no event.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.rules import RuleSpec, Truth
from domain.units import LONG_AGO, NEVER

Instants = NDArray[np.int64]
Truths = NDArray[np.int8]
Positions = NDArray[np.int32]

_UNBOUNDED: Final = np.iinfo(np.int64).max
_TRUE, _FALSE = np.int8(Truth.TRUE), np.int8(Truth.FALSE)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """A batch as the rules see it, as columns over pairs: by rule, then by bed, then by time.

    `rule` is the row of the spec, `reading` the position of the reading. `since` is since when the condition has held
    in it, `unseen_ms` for how long it had not been seen to. `running`: there is a run. `happens`: a run may begin,
    break or go on again here. `known`, `shown`: the pair of the bed's last reading that knew, or showed the condition,
    up to this one; none where before `first_of`, the first pair of the rule and bed.
    """

    rule: Positions
    reading: Positions
    truth: Truths
    since: Instants
    unseen_ms: Instants
    running: NDArray[np.bool_]
    happens: NDArray[np.bool_]
    known: Positions
    shown: Positions
    first_of: Positions


class TruthTable:
    """Columns over rules x slots: `truth` as last known, `since` the condition holds (`NEVER`: its beginning was not
    seen), `shown_at` the last reading that showed it (`NEVER`: not known, so no time has passed since)."""

    def __init__(self, specs: Sequence[RuleSpec], slots: int) -> None:
        shape = (len(specs), slots)
        self.truth = np.full(shape, Truth.UNKNOWN, np.int8)
        self.since = np.full(shape, NEVER, np.int64)
        self.shown_at = np.full(shape, LONG_AGO, np.int64)
        self._needs_change = np.array([spec.needs_change for spec in specs], np.bool_)
        self._begin_confirm = _column(spec.begin_confirm_ms for spec in specs)
        self._unknown_limit = _column(
            _UNBOUNDED if spec.unknown_limit_ms == NEVER else spec.unknown_limit_ms for spec in specs
        )

    def adopt(self, other: "TruthTable", k: Any, n: int, old: int) -> None:
        """Take over what `other` knew of its slot `old` for slot `n`, of rule `k` or all (`slice(None)`)."""
        self.truth[k, n], self.since[k, n] = other.truth[k, old], other.since[k, old]
        self.shown_at[k, n] = other.shown_at[k, old]

    def forget(self, n: int) -> None:
        """Somebody else lies there: what holds is not known to have begun with them; what needs no change may begin."""
        self.since[:, n] = NEVER
        self.shown_at[:, n] = LONG_AGO
        self.truth[~self._needs_change, n] = Truth.UNKNOWN

    def restore(self, k: int, n: int, truth: Truth) -> None:
        """A run goes on from before a restart; the readings of the time between are taken to have been kept."""
        self.truth[k, n], self.shown_at[k, n] = truth, NEVER

    def shift(self, n: int, by_ms: int) -> None:
        """The clock of slot `n` jumped ahead by that."""
        for instants in (self.since, self.shown_at):
            real = (instants[:, n] != NEVER) & (instants[:, n] != LONG_AGO)
            instants[real, n] += by_ms

    def going_on(self, beds: NDArray[np.intp], running: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which rules have something going on in which of `beds` (bool, rules x beds)?

        There is a run (`running`, rules x slots) or what may become one, or the opposite is still to be seen first.
        """
        known = self.truth.take(beds, axis=1)
        going_on: NDArray[np.bool_] = running.take(beds, axis=1) | (known == _TRUE)
        going_on |= self._needs_change[:, None] & (known != _FALSE)
        return going_on

    def see(
        self,
        truth: Truths,
        at: Instants,
        slot: NDArray[np.intp],
        first: NDArray[np.intp],
        *,
        running: NDArray[np.bool_],
        going_on: NDArray[np.bool_],
    ) -> Seen:
        """`truth` (rules x m) of readings at `at` of beds in `slot`, each bed's from `first` on, by time.

        `running` (rules x slots): there is a run. `going_on` (rules x beds) as of these beds.
        """
        lengths = np.append(first[1:], len(slot)) - first
        rule, bed = (going_on | (np.maximum.reduceat(truth, first, axis=1) == _TRUE)).nonzero()
        state, each = (rule, slot[first[bed]]), lengths[bed]
        of = np.arange(len(rule), dtype=np.int32).repeat(each)
        reading = np.arange(len(of), dtype=np.int32) + (first[bed] - each.cumsum() + each).astype(np.int32)[of]
        truth = truth.ravel().take((rule * len(slot)).astype(np.int32)[of] + reading)
        runs = running[state][of]
        tells = (runs | _new_to_what_rests(truth, of)).nonzero()[0]
        of, reading, truth, runs = of.take(tells), reading.take(tells), truth.take(tells), runs.take(tells)
        pairs = np.bincount(of, minlength=len(rule))
        first_of = (pairs.cumsum() - pairs).astype(np.int32)[of]
        at = at[reading]
        true = truth == _TRUE
        known, shown = _latest(truth >= 0), _latest(true)
        before = _carried(truth, _shifted(known), first_of, self.truth[state][of])
        unseen_ms = at - _carried(at, _shifted(shown), first_of, self.shown_at[state][of])
        lapsed = unseen_ms > self._unknown_limit[rule][of]
        fresh = np.where(self._needs_change[rule][of], before == _FALSE, (before != _TRUE) | lapsed)
        since = _carried(at, _latest(true & fresh), first_of, self.since[state][of])
        begins = true & (at - since >= self._begin_confirm[rule][of])
        changes = ((truth >= 0) & (truth != before)) | (true & lapsed)
        return Seen(
            rule=rule.astype(np.int32)[of],
            reading=reading,
            truth=truth,
            since=since,
            unseen_ms=unseen_ms,
            running=runs,
            happens=np.where(runs, changes, begins),
            known=known,
            shown=shown,
            first_of=first_of,
        )

    def keep(self, seen: Seen, at: Instants, slot: NDArray[np.intp], last: NDArray[np.intp]) -> None:
        """Remember what was known after the readings at positions `last`, one of each bed concerned."""
        until = np.full(self.truth.shape[1], -1, np.int32)
        until[slot[last]] = last
        is_last = seen.reading <= until[slot[seen.reading]]
        is_last[:-1] &= ~is_last[1:] | (seen.first_of[1:] != seen.first_of[:-1])
        pairs = is_last.nonzero()[0]
        where = (seen.rule[pairs], slot[seen.reading[pairs]])
        first, known, shown = seen.first_of[pairs], seen.known[pairs], seen.shown[pairs]
        self.truth[where] = np.where(known >= first, seen.truth[known], self.truth[where])
        self.shown_at[where] = np.where(shown >= first, at[seen.reading[shown]], self.shown_at[where])
        self.since[where] = seen.since[pairs]


def _new_to_what_rests(truth: Truths, of: Positions) -> NDArray[np.bool_]:
    """Which pairs say anything of what has no run: it holds, or does not hold any more; `of` tells rule and bed."""
    after_false = np.zeros(len(truth), np.bool_)
    after_false[1:] = (truth[:-1] == _FALSE) & (of[1:] == of[:-1])
    new: NDArray[np.bool_] = (truth == _TRUE) | ((truth == _FALSE) & ~after_false)
    return new


def _column(values: Any) -> Instants:
    return np.array(list(values), np.int64)


def _latest(mask: NDArray[np.bool_]) -> Positions:
    """Position of the last True up to each, -1 where there is none."""
    positions = np.where(mask, np.arange(len(mask), dtype=np.int32), np.int32(-1))
    return np.maximum.accumulate(positions)


def _shifted(positions: Positions) -> Positions:
    """The positions as they were one before."""
    before = np.empty_like(positions)
    before[1:], before[:1] = positions[:-1], -1
    return before


def _carried(values: Any, position: Positions, first_of: Positions, carry: Any) -> Any:
    """`values` at `position`, `carry` where that lies before the bed's first reading."""
    return np.where(position >= first_of, values.take(position), carry)
