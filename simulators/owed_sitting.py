"""Which alarms about sitting up are owed, from how somebody really moved.

The rule asks for a movement over the limit for 10 s of somebody who has settled; who turns over moves so for a cell of
the body's grid (10 s) and owes nothing, who does so longer owes an alarm, whatever it was. A movement is *sure* where
every sample of it is over the limit, *perhaps* one where some sample may be. What hangs on a perhaps, or comes before
the alarm of an earlier one is certainly over, is neither owed nor false. Fails toward EITHER.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.alarms import Rule
from domain.residents import VitalSettings
from domain.units import SECOND_MS
from domain.vitals import RuleLimit
from simulators.belt import shown_movement
from simulators.localtime import Span
from simulators.losses import CHATTER_MS
from simulators.night import NightPlan
from simulators.owed import Owed, Sight
from simulators.owed_episodes import EARLY_MS, EpisodeVerdict, beside_silence, either
from simulators.physiology import CELL_MS, Body

READINGS: Final = 3
"""How many readings it may take to show that a movement has lasted: its first, one that the sensor takes for an empty
bed, and the next."""
UNSEEN_MS: Final = 30 * SECOND_MS
"""A movement that is not shown again for this long is over."""
OVER_MS: Final = 2 * EARLY_MS
"""Beyond the clear time: how long after a movement its alarm is certainly over."""


def sitting_verdicts(plan: NightPlan, body: Body, sight: Sight, settings: VitalSettings) -> list[EpisodeVerdict]:
    """All that may be told of one night by this rule; a verdict NO is left out."""
    asked = settings.sitting_up
    if not asked.on or asked.limit is None or asked.clear_limit is None:
        return []
    found = [beside_silence(verdict, sight) for verdict in _of_movements(plan, body, settings, sight)]
    return [either(verdict) for verdict in found] if sight.delivery.shuffled else found


def _of_movements(plan: NightPlan, body: Body, settings: VitalSettings, sight: Sight) -> Iterator[EpisodeVerdict]:
    asked, settle_ms = settings.sitting_up, settings.settle_s * SECOND_MS
    after_ms, clear_ms = asked.after_s * SECOND_MS, asked.clear_after_s * SECOND_MS
    enough_ms = after_ms + READINGS * sight.belt.interval_ms + CHATTER_MS[1]
    over_at = plan.start_at
    for entry_at, exit_at in plan.in_bed.tolist():
        for group in _groups(body, asked, (entry_at + settle_ms, exit_at), sight):
            low, high = group[0][0], group[-1][1]
            if high - low <= after_ms:
                continue
            sure = next((span for span in _sure(body, asked, group) if span[1] - span[0] >= enough_ms), None)
            owed = sure is not None and sure[0] - low < EARLY_MS and low >= over_at
            began_at = low if sure is None else sure[0]
            yield EpisodeVerdict(
                rule=Rule.SITTING_UP,
                began_at=began_at,
                until=high + clear_ms,
                due_at=began_at + after_ms,
                owed=Owed.YES if owed else Owed.EITHER,
            )
            over_at = high + clear_ms + OVER_MS


def _groups(body: Body, asked: RuleLimit, judged: Span, sight: Sight) -> Iterator[list[Span]]:
    """The cells in `judged` (true ms) that may show such a movement, those together that may be taken for one."""
    _, highest = shown_movement(body.movement)
    still = _cells(body, highest <= (asked.clear_limit or 0), judged)
    still_ms, unseen_ms = 2 * (sight.belt.interval_ms + CELL_MS), UNSEEN_MS + sight.belt.interval_ms + CELL_MS
    group: list[Span] = []
    for span in _cells(body, highest > (asked.limit or 0), judged):
        since_at = group[-1][1] if group else span[0]
        between = (high - low for low, high in still if low >= since_at and high <= span[0])
        if span[0] - since_at > unseen_ms or max(between, default=0) >= still_ms:
            yield group
            group = []
        group.append(span)
    if group:
        yield group


def _sure(body: Body, asked: RuleLimit, group: list[Span]) -> list[Span]:
    """The stretches of the group in which every sample shows it."""
    lowest, _ = shown_movement(body.movement)
    return _cells(body, lowest > (asked.limit or 0), (group[0][0], group[-1][1]))


def _cells(body: Body, mask: NDArray[np.bool_], within: Span) -> list[Span]:
    """The runs of cells of `mask` (true ms), as far as they lie `within`."""
    first, last = ((at - body.start_at) // CELL_MS for at in (within[0], within[1] + CELL_MS - 1))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask[first:last], [False]]).astype(np.int8)))
    starts = (body.start_at + (first + edges) * CELL_MS).reshape(-1, 2).tolist()
    return [(max(low, within[0]), min(high, within[1])) for low, high in starts if low < within[1] and high > within[0]]
