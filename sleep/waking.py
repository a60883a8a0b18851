"""Asleep or awake, epoch by epoch, from movement and heart rate (pure): a sum of a few terms, to be checked by hand.

The log odds of being awake are the weighted sum of what `Evidence` holds; docs/sleep.md says where each weight comes
from. Then a limit on them is chosen for the night: belts move in units of their own, so the share of waking that the
sum suggests is believed half, and half what is usual over 65. The limit moves only where an epoch is in doubt.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import expit, logit  # type: ignore[import-untyped]  # scipy ships no types

from domain.units import MINUTE_MS
from sleep.epochs import EpochColumns, Floats, Mask
from sleep.evidence import Evidence, evidence_of
from sleep.occupancy import BedTime

ACTIVITY_WEIGHTS: Final = (2.0, 2.0, 4.0)
"""Per unit of activity over `ACTIVITY_WINDOWS_MIN`. Published kernels look 2 to 11 min around (Oakley, Cole-Kripke,
Sadeh) and are rescored by the quarter of an hour around (Webster): as much for the near minutes as for the far ones."""
HEART_WEIGHTS: Final = (0.5, 0.7)
"""Per `heart_excess` of 1, over minutes and sustained: a waking heart is 5 bpm or so faster than a sleeping one, and
stays so, while a dream's or an arousal's is faster for a while: about 0.15 per bpm in all."""
HEART_ALONE: Final = 1.5
"""The weight of the heart rate is this many times as large when there is no movement to go by."""
SWING_WEIGHT: Final = 0.5
"""Per unit of `heart_swing` and of `breath_swing`: awake, the heart wanders more (Walch 2019), so does breathing."""
EDGE_WEIGHT: Final = 1.5
"""At the moment of lying down; forgotten within `SETTLING_MIN`."""
LEAVING_WEIGHT: Final = 3.0
"""At the moment of getting up: nobody does asleep."""
REST: Final = -3.6
REST_MOVEMENT_ALONE: Final = -3.2
REST_HEART_ALONE: Final = -2.2
"""The sum of an epoch of stillness with the heart at its sleeping level; what is not measured adds nothing, so the sum
starts from higher up. Set on made-up nights, on which published scorers do as published (`benchmarks.made_nights`)."""

USUAL_WAKING: Final = 0.20
"""Share of the time in bed awake over 65: by polysomnography at home 2,676 people of 73 slept 348 of their 437 min
(PMC8741976, table 2). Healthy ones are awake for less (15 to 20 %, Ohayon 2004), residents of nursing homes for more
(25 % by actigraphy, which calls quiet waking sleep; Fetveit 2002)."""
OWN_SHARE: Final = 0.5
"""How far the night's own sum is believed about the share of waking."""
DOUBT: Final = (0.2, 0.4)
"""Chances below the first are never called awake and above the second always, whatever the share."""
LASTING_MIN: Final = 5.0
"""The night begins and ends with sleep that lasts this long (immobility of 5 min: Actiware's onset rule)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Waking:
    """Per epoch: was it awake, the log odds of it, and whether anything was there to tell by."""

    awake: Mask
    log_odds: Floats
    evident: Mask


def waking(columns: EpochColumns, bed: BedTime) -> Waking:
    """Which epochs were awake, told from movement and heart rate, from either alone, or not `evident`."""
    found = evidence_of(columns, bed)
    log_odds = _log_odds(found)
    main = columns.within(bed) & found.evident
    awake = log_odds >= _limit(log_odds[main]) if main.any() else np.zeros(len(columns), bool)
    lasting = round(LASTING_MIN * MINUTE_MS / columns.length_ms)
    unsettled = main & ~_settled(main & ~awake, lasting)
    return Waking(awake=awake | unsettled, log_odds=log_odds, evident=found.evident)


def _log_odds(found: Evidence) -> Floats:
    """The weighted sum; what is not known adds nothing."""
    moving, beating = found.activity is not None, bool(np.any(~np.isnan(found.heart_excess[0])))
    rest = REST if moving and beating else REST_MOVEMENT_ALONE if moving else REST_HEART_ALONE
    total = np.full(len(found.evident), rest)
    for activity, weight in zip(found.activity or (), ACTIVITY_WEIGHTS, strict=False):
        total += weight * np.nan_to_num(activity)
    heart_factor = 1.0 if moving else HEART_ALONE
    for excess, weight in zip(found.heart_excess, HEART_WEIGHTS, strict=True):
        total += heart_factor * weight * np.nan_to_num(excess)
    total += SWING_WEIGHT * (np.nan_to_num(found.heart_swing) + np.nan_to_num(found.breath_swing))
    total += EDGE_WEIGHT * found.settling + LEAVING_WEIGHT * found.leaving
    return total


def _limit(log_odds: Floats) -> float:
    """The log odds from which an epoch is called awake: as many are as the night's share of waking says."""
    share = OWN_SHARE * float(expit(log_odds).mean()) + (1 - OWN_SHARE) * USUAL_WAKING
    wanted = float(np.quantile(log_odds, 1 - share))
    return min(max(wanted, float(logit(DOUBT[0]))), float(logit(DOUBT[1])))


def _settled(asleep: Mask, lasting: int) -> Mask:
    """The epochs from the first to the last stretch of at least `lasting` asleep ones, all others False."""
    padded = np.concatenate([[False], asleep, [False]])
    borders = np.flatnonzero(padded[1:] != padded[:-1])
    starts, ends = borders[::2], borders[1::2]
    long = np.flatnonzero(ends - starts >= lasting)
    settled = np.zeros(len(asleep), bool)
    if len(long):
        settled[starts[long[0]] : ends[long[-1]]] = True
    return settled
