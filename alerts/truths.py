"""What each rule last knew of each bed, and in which readings of a batch something may happen, all beds at once.

Most rules know nothing new in most readings: the rate is within its limits and was so before. Those rules are left out
at once; for the rest, what was last known is carried forward through the readings of each bed (running maxima of
positions), so that a missing value or a single false one is no event.
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
    """A batch as some rules see it: rows are those of `rules` (positions of specs), columns are readings.

    `before` is what was last known before the reading, `since` since when the condition has held in it, `unseen_ms` for
    how long it had not been seen to. `happens`: a run may begin, break or go on again here. `known`, `shown`: position
    of the bed's last reading that knew, or showed the condition, up to this one; none where before `first_of`.
    """

    rules: NDArray[np.intp]
    truth: Truths
    before: Truths
    since: Instants
    unseen_ms: Instants
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

    def busy(self, beds: NDArray[np.intp], running: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which rules have something going on in `beds`: a run (`running`, rules x slots), or what may become one."""
        going_on: NDArray[np.bool_] = running | (self.truth == _TRUE)
        return self._needs_change | going_on.take(beds, axis=1).any(axis=1)

    def see(
        self,
        truth: Truths,
        at: Instants,
        slot: NDArray[np.intp],
        first: NDArray[np.intp],
        *,
        running: NDArray[np.bool_],
        busy: NDArray[np.bool_],
    ) -> Seen:
        """`truth` (rules x m) of readings at `at` of beds in `slot`, each bed's from `first` on, by time.

        `running` (rules x slots): there is a run. `busy` as of these beds.
        """
        true = truth == _TRUE
        rules = np.flatnonzero(busy | true.any(axis=1))
        truth, true = truth[rules], true[rules]
        alone = len(first) == len(slot)
        first_of = np.repeat(first.astype(np.int32), np.diff(first, append=len(slot)))
        known, shown = _latest(truth >= 0, alone), _latest(true, alone)
        before, shown_at = self.truth[rules].take(slot, axis=1), self.shown_at[rules].take(slot, axis=1)
        if not alone:
            before = _carried(truth, _shifted(known), first_of, before)
            shown_at = _carried(at, _shifted(shown), first_of, shown_at)
        unseen_ms = at - shown_at
        lapsed = unseen_ms > self._unknown_limit[rules]
        fresh = np.where(self._needs_change[rules, None], before == _FALSE, (before != _TRUE) | lapsed)
        since = _carried(at, _latest(true & fresh, alone), first_of, self.since[rules].take(slot, axis=1))
        begins = true & (at - since >= self._begin_confirm[rules])
        changes = ((truth >= 0) & (truth != before)) | (true & lapsed)
        return Seen(
            rules=rules,
            truth=truth,
            before=before,
            since=since,
            unseen_ms=unseen_ms,
            happens=np.where(running[rules].take(slot, axis=1), changes, begins),
            known=known,
            shown=shown,
            first_of=first_of,
        )

    def keep(self, seen: Seen, at: Instants, slot: NDArray[np.intp], last: NDArray[np.intp]) -> None:
        """Remember what was known after the readings at positions `last`, one of each bed concerned."""
        where = np.ix_(seen.rules, slot[last])
        first = seen.first_of[last]
        known, shown = seen.known[:, last], seen.shown[:, last]
        rows = np.arange(len(seen.rules))[:, None]
        self.truth[where] = np.where(known >= first, seen.truth[rows, known], self.truth[where])
        self.shown_at[where] = np.where(shown >= first, at[shown], self.shown_at[where])
        self.since[where] = seen.since[:, last]


def _column(values: Any) -> Instants:
    return np.array(list(values), np.int64).reshape(-1, 1)


def _latest(mask: NDArray[np.bool_], alone: bool) -> Positions:
    """Position of the last True up to each column, -1 where there is none; of that column where each is `alone`."""
    positions = np.where(mask, np.arange(mask.shape[1], dtype=np.int32), np.int32(-1))
    return positions if alone else np.maximum.accumulate(positions, axis=1)


def _shifted(positions: Positions) -> Positions:
    """The positions as they were one column before."""
    before = np.empty_like(positions)
    before[:, 1:], before[:, :1] = positions[:, :-1], -1
    return before


def _carried(values: Any, position: Positions, first_of: Positions, carry: Any) -> Any:
    """`values` (m, or rows x m) at `position`, `carry` (rows x m) where that lies before the bed's first reading."""
    picked = values.take(position) if values.ndim == 1 else np.take_along_axis(values, position, axis=1)
    return np.where(position >= first_of, picked, carry)
