"""When a heart or breathing rate, their absence, or the belt itself is told: the numbers and where they come from.

NEWS2 is the National Early Warning Score 2 of the Royal College of Physicians: points for a rate, 3 being an urgent
review by themselves. Only two of its seven parameters come from a belt, so this is no NEWS2 score. "Makers" are the
tables of bed monitors that are in use (their warning comes after 300 s, their emergency after 60 s).
"""

from dataclasses import dataclass
from datetime import time
from typing import Final

from domain.errors import ConfigurationError

WARNING_AFTER_S: Final = 300
"""How long a rate is at the warning level (makers); gentler rates come and go with dreams, cramps and a cough."""
URGENT_AFTER_S: Final = 120
"""How long at the urgent level. Makers take 60 s; we wait for a second minute, because a belt that counts each beat
double or misses breaths does so for tens of seconds."""
CLEAR_AFTER_S: Final = 120
"""How long a rate must be back before its alarm resolves by itself, as with leave-bed alarms."""
SETTLE_S: Final = 120
"""After getting in a belt shows no rate to be trusted for 60 to 120 s (EarlySense, WiSleep)."""
LOST_AFTER_S: Final = 5 * 60
"""No heart and no breathing rate of somebody in bed. Belts lose 6-27 % of heart and 13-34 % of breathing rates, in
stretches of seconds to a minute or two (Anesthesiology 132:424); own choice above that."""
LOST_LONG_AFTER_S: Final = 15 * 60
SILENT_AFTER_S: Final = 5 * 60
"""A belt that reports every 1-60 s, silent while somebody lies in the bed: nothing can be raised for them."""
SILENT_EMPTY_AFTER_S: Final = 60 * 60
"""The same over an empty bed. Some belts rest when nobody lies there."""
POOR_AFTER_S: Final = 15 * 60
EMPTY_BED_AFTER_S: Final = 10 * 60
"""Rates from an empty bed; vibration of lifts and pumps shows so (a maker's rule: "environmental interference")."""

UNUSUAL_AFTER_S: Final = 15 * 60
"""A rate far from the own usual: longer than a dream, a cough or a trip to the bathroom is felt (own choice)."""

RESTLESS_WITHIN_S: Final = 30 * 60
"""A restless half hour is more than lying awake once; single minutes of tossing are everybody's (own choice)."""
RESTLESS_SHARE: Final = 0.8
"""Most of the minutes of that time have a movement over the limit. Somebody who lies awake moves so in four of ten."""
PAUSE_AFTER_S: Final = 20
"""AASM calls 10 s without breath an apnoea; a belt's rate is of the last half minute or so, and shows it late."""
TURN_WITHIN_S: Final = 4 * 3600
"""NICE QS89: adults at high risk of a pressure ulcer at least every 4 h, at risk every 6 h; makers offer 1, 2, 4, 6."""
OFFLINE_AFTER_S: Final = 180
"""Not before a silent centre is told (`alerts.center_silence`): behind one broken gateway all belts go offline."""
BATTERY_AFTER_S: Final = 600
"""A battery that is told lower for a moment, while the belt sends much, is not low (own choice)."""

DURATION_RANGE_S: Final = (10, 24 * 3600)
CLEAR_RANGE_S: Final = (0, 3600)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLimit:
    """One rule's numbers for one resident.

    Told when the value has been beyond `limit` for `after_s`; over when it has been back beyond `clear_limit` for
    `clear_after_s`. Rules that compare nothing (a rate is there or not) have no limits. `latches`: its alarm stands
    until a person has answered it, though the value is back; None leaves that to the rule. `follows_usual`: may what is
    usual for the person move a warning level outwards? None: as long as its limit is the product's own, for a limit
    that somebody has set is where they want it.
    """

    on: bool = True
    limit: float | None = None
    clear_limit: float | None = None
    after_s: int = WARNING_AFTER_S
    clear_after_s: int = CLEAR_AFTER_S
    latches: bool | None = None
    follows_usual: bool | None = None

    def __post_init__(self) -> None:
        _within("after_s", self.after_s, DURATION_RANGE_S)
        _within("clear_after_s", self.clear_after_s, CLEAR_RANGE_S)
        if (self.limit is None) != (self.clear_limit is None):
            raise ConfigurationError("limit and clear_limit: give both or neither")


def _within(name: str, value: int, bounds: tuple[int, int]) -> None:
    low, high = bounds
    if not low <= value <= high:
        raise ConfigurationError(f"{name} {value}: {low} to {high} s")


MORE_EXITS_RANGE: Final = (0, 50)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitLimit:
    """Told when somebody has left the bed more than `more_than` times in a night's windows, and is back."""

    on: bool = True
    more_than: int = 5

    def __post_init__(self) -> None:
        low, high = MORE_EXITS_RANGE
        if not low <= self.more_than <= high:
            raise ConfigurationError(f"more_than {self.more_than}: {low} to {high} times")


@dataclass(frozen=True, slots=True, kw_only=True)
class AtTime:
    """Told when something is so at local time `at` and stays so for `after_s`."""

    on: bool = False
    at: time
    after_s: int = 15 * 60

    def __post_init__(self) -> None:
        _within("after_s", self.after_s, DURATION_RANGE_S)
        if self.at.tzinfo is not None:
            raise ConfigurationError("at: a local time carries no zone")


HEART_RATE_VERY_HIGH: Final = RuleLimit(limit=130, clear_limit=120, after_s=URGENT_AFTER_S)
"""NEWS2: 131 and more is 3 points. Makers' emergency from 116 would call for every fever."""
HEART_RATE_HIGH: Final = RuleLimit(limit=110, clear_limit=100)
"""NEWS2: 111-130 is 2 points, 91-110 one. Makers warn from 96, which old hearts reach on the way back to bed."""
HEART_RATE_LOW: Final = RuleLimit(limit=40, clear_limit=44)
"""NEWS2: 40 and less is 3 points, 41-50 one. Young healthy people sleep 38 min a night under 50, so makers' warning
below 55 and emergency below 45 are not for sleepers."""
HEART_RATE_VERY_LOW: Final = RuleLimit(limit=35, clear_limit=39, after_s=URGENT_AFTER_S)
"""Well below NEWS2's lowest limit, and a belt's error (some 4 bpm); own choice."""
BREATHING_RATE_VERY_HIGH: Final = RuleLimit(limit=30, clear_limit=27, after_s=URGENT_AFTER_S)
"""Over 30 goes before most deaths in hospices (Ikuta 2021); a belt errs by up to 4.4 /min (Anesthesiology 132:424)."""
BREATHING_RATE_HIGH: Final = RuleLimit(limit=24, clear_limit=22)
"""NEWS2: 25 and more is 3 points; makers warn from 24."""
BREATHING_RATE_LOW: Final = RuleLimit(limit=8, clear_limit=9.5)
"""NEWS2: 8 and less is 3 points; makers warn at 8-9."""
BREATHING_RATE_VERY_LOW: Final = RuleLimit(limit=6, clear_limit=7.5, after_s=URGENT_AFTER_S)
"""Half of the lowest normal rate (12); own choice, beyond a belt's error. Makers' emergency: 7 and less."""
VITALS_LOST: Final = RuleLimit(after_s=LOST_AFTER_S, clear_after_s=60)
VITALS_LOST_LONG: Final = RuleLimit(after_s=LOST_LONG_AFTER_S, clear_after_s=60)
BELT_SILENT: Final = RuleLimit(after_s=SILENT_AFTER_S, clear_after_s=60)
SIGNAL_POOR: Final = RuleLimit(limit=30, clear_limit=40, after_s=POOR_AFTER_S, clear_after_s=300)
"""Of 0-100; a belt that lies well shows 60 and more while the sleeper is still. Own choice."""
VITALS_IN_EMPTY_BED: Final = RuleLimit(after_s=EMPTY_BED_AFTER_S)
RESTLESS: Final = RuleLimit(limit=20, clear_limit=15, after_s=RESTLESS_WITHIN_S, clear_after_s=10 * 60)
"""Movement of 0-100; breathing alone shows up to 3, a turn 40 and more. Over after 10 min without (own choice)."""
SITTING_UP: Final = RuleLimit(on=False, limit=50, clear_limit=20, after_s=10)
"""Off: turning over looks alike for seconds, and makers who tell it offer a sensitivity for just that (Nemuri SCAN)."""
BREATHING_PAUSE: Final = RuleLimit(limit=4, clear_limit=6, after_s=PAUSE_AFTER_S, clear_after_s=60)
"""Under 4 /min the last breath is 15 s ago or more."""
NO_TURN_OVER: Final = RuleLimit(on=False, limit=30, clear_limit=30, after_s=TURN_WITHIN_S, clear_after_s=0)
"""Off but for residents at risk (NICE QS89). A movement over the limit counts as a turn, for belts that count none."""
BELT_OFFLINE: Final = RuleLimit(after_s=OFFLINE_AFTER_S, clear_after_s=60)
BATTERY_LOW: Final = RuleLimit(limit=20, clear_limit=25, after_s=BATTERY_AFTER_S, clear_after_s=0)
"""Percent. A fifth is left for a night or two in most belts; own choice, as is the distance to the clear limit."""
MANY_EXITS: Final = ExitLimit()
"""Over 65, one or two trips a night are usual and three or four no illness by themselves (nocturia: National Sleep
Foundation, 0-2); six are restlessness, an infection or a medicine. Own choice above what is usual."""
CLOCK_WRONG: Final = RuleLimit(limit=180, clear_limit=120, after_s=15 * 60, clear_after_s=300)
"""Seconds off, either way. Readings of more than 5 min ahead are refused on arrival; at 3 min there is time to act."""
NOT_IN_BED: Final = AtTime(at=time(23, 0))
STILL_IN_BED: Final = AtTime(at=time(9, 30))
"""Off: habits differ. Longer than a trip to the bathroom (15 min, as with leaving the bed)."""
HEART_RATE_UNUSUAL: Final = RuleLimit(after_s=UNUSUAL_AFTER_S, clear_after_s=5 * 60)
BREATHING_RATE_UNUSUAL: Final = RuleLimit(after_s=UNUSUAL_AFTER_S, clear_after_s=5 * 60)
"""The limit is the person's own, by hour (`alerts.baselines`); over after 5 min, as with restlessness (own choice)."""
HEART_RATE_BACK: Final = 4.0
BREATHING_RATE_BACK: Final = 1.5
"""How far inside the own limit a rate is back: as the fixed low limits have it, and a third of the least reach."""
HEART_RATE_APART: Final = 3.0
BREATHING_RATE_APART: Final = 1.0
"""A moved warning level stays this far (per minute) inside the urgent one, so that it still comes before it."""
