"""What the form for rates, movement, signals and belts holds: one row for each rule.

`ROWS` is the whole form: a new rule of `VitalSettings` needs one line there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from typing import Any, Final

from api.languages import N_, Language
from api.settings_form import hour
from api.words import RULES
from domain.alarms import Rule
from domain.residents import VitalSettings, duration_range_s
from domain.vitals import CLEAR_RANGE_S, DURATION_RANGE_S, MORE_EXITS_RANGE, AtTime, ExitLimit

OVER: Final = N_("over")
UNDER: Final = N_("under")
MOVEMENT: Final = N_("movement over")
BACK_UNDER: Final = N_("back under")
BACK_OVER: Final = N_("back over")
FOR: Final = N_("for")
MIN: Final = N_("min")
SEC: Final = N_("sec")
TIMES: Final = N_("times")
CLOCK: Final = ""
"""No unit: a time of day."""
_SECONDS: Final = {MIN: 60, SEC: 1}
_WHOLE: Final = (MIN, SEC, TIMES)
_NUMBER: Final = re.compile(r"[0-9]{1,5}([.,][0-9]{1,3})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One value of a row: the field `key` of its settings. `word` stands before it in the form, `label` names it in
    a sentence. `low` and `high` are in seconds where `unit` is a time. `ends`: it is about the end of the alarm.
    """

    key: str
    label: str
    word: str = ""
    unit: str
    low: float = 0
    high: float = 0
    ends: bool = False

    def typed(self, value: Any) -> str:
        """`value` as it stands in the form; reading that gives `value` again."""
        if self.unit == CLOCK:
            return f"{value:%H:%M}"
        return f"{value / _SECONDS.get(self.unit, 1):.3f}".rstrip("0").rstrip(".")

    def read(self, typed: str) -> float | time | None:
        """None for what cannot be read, or is out of range."""
        if self.unit == CLOCK:
            return _clock(typed)
        if not _NUMBER.fullmatch(typed):
            return None
        value = float(typed.replace(",", ".")) * _SECONDS.get(self.unit, 1)
        if self.unit == TIMES and not value.is_integer():
            return None
        value = round(value) if self.unit in _WHOLE else value
        return value if self.low <= value <= self.high else None

    def words(self, typed: str, language: Language) -> str:
        return f"{typed} {language.say(self.unit)}" if self.unit else typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What a limit counts, in which unit, and from where to where it can be set."""

    unit: str
    low: float
    high: float


HEART: Final = Scale(unit=N_("per minute"), low=20, high=250)
BREATHING: Final = Scale(unit=N_("per minute"), low=2, high=60)
SHARE: Final = Scale(unit=N_("of 100"), low=0, high=100)
PERCENT: Final = Scale(unit=N_("percent"), low=0, high=100)
OFF_BY: Final = Scale(unit=SEC, low=10, high=3600)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """One rule in the form. `name` is its field in `VitalSettings`, and its rule's name; `scale` is None where nothing
    is compared. `over`: told when the value is over the limit, else when it is under; `word` says it otherwise.
    `most`: not behind "More".
    """

    name: str
    scale: Scale | None = None
    over: bool = True
    most: bool = False
    unit: str = MIN
    word: str = ""

    @property
    def rule(self) -> Rule:
        return Rule(self.name.replace("_", "-"))

    @property
    def title(self) -> str:
        return RULES[self.rule]

    def of(self, settings: VitalSettings) -> Any:
        """The rule's own settings: RuleLimit, ExitLimit or AtTime."""
        return getattr(settings, self.name)

    def parts(self) -> Iterator[Part]:
        """The values of the row, in its order."""
        kind = self.of(DEFAULTS)
        if isinstance(kind, ExitLimit):
            low, high = MORE_EXITS_RANGE
            yield Part(key="more_than", label=TIMES, word=N_("more than"), unit=TIMES, low=low, high=high)
        elif isinstance(kind, AtTime):
            low, high = DURATION_RANGE_S
            yield Part(key="at", label=N_("time"), word=N_("at"), unit=CLOCK)
            yield Part(key="after_s", label=AFTER, word=N_("and for"), unit=self.unit, low=low, high=high)
        else:
            yield from self._limits()

    def _limits(self) -> Iterator[Part]:
        low, high = duration_range_s(self.name)
        if (scale := self.scale) is not None:
            word = self.word or (OVER if self.over else UNDER)
            yield Part(key="limit", label=LIMIT, word=word, unit=scale.unit, low=scale.low, high=scale.high)
        yield Part(key="after_s", label=AFTER, word=FOR, unit=self.unit, low=low, high=high)
        if scale is not None:
            word = BACK_UNDER if self.over else BACK_OVER
            back = {"key": "clear_limit", "label": CLEAR_LIMIT, "word": word, "unit": scale.unit}
            yield Part(**back, low=scale.low, high=scale.high, ends=True)
        low, high = CLEAR_RANGE_S
        yield Part(key="clear_after_s", label=CLEAR_AFTER, word=FOR, unit=self.unit, low=low, high=high, ends=True)


LIMIT: Final = N_("limit")
AFTER: Final = N_("how long")
CLEAR_LIMIT: Final = N_("over when back at")
CLEAR_AFTER: Final = N_("over after")
DEFAULTS: Final = VitalSettings()
ROWS: Final = (
    RuleRow(name="heart_rate_very_high", scale=HEART, most=True),
    RuleRow(name="heart_rate_high", scale=HEART, most=True),
    RuleRow(name="heart_rate_low", scale=HEART, over=False, most=True),
    RuleRow(name="heart_rate_very_low", scale=HEART, over=False, most=True),
    RuleRow(name="breathing_rate_very_high", scale=BREATHING, most=True),
    RuleRow(name="breathing_rate_high", scale=BREATHING, most=True),
    RuleRow(name="breathing_rate_low", scale=BREATHING, over=False, most=True),
    RuleRow(name="breathing_rate_very_low", scale=BREATHING, over=False, most=True),
    RuleRow(name="heart_rate_unusual_high"),
    RuleRow(name="heart_rate_unusual_low"),
    RuleRow(name="breathing_rate_unusual_high"),
    RuleRow(name="breathing_rate_unusual_low"),
    RuleRow(name="many_exits"),
    RuleRow(name="not_in_bed"),
    RuleRow(name="still_in_bed"),
    RuleRow(name="breathing_pause", scale=BREATHING, over=False, unit=SEC),
    RuleRow(name="restless", scale=SHARE, word=MOVEMENT),
    RuleRow(name="sitting_up", scale=SHARE, unit=SEC, word=MOVEMENT),
    RuleRow(name="no_turn_over", scale=SHARE, word=N_("turned when movement is over")),
    RuleRow(name="vitals_lost"),
    RuleRow(name="vitals_lost_long"),
    RuleRow(name="vitals_in_empty_bed"),
    RuleRow(name="signal_poor", scale=SHARE, over=False),
    RuleRow(name="belt_silent"),
    RuleRow(name="belt_offline"),
    RuleRow(name="battery_low", scale=PERCENT, over=False),
    RuleRow(name="clock_wrong", scale=OFF_BY, word=N_("wrong by more than")),
)
LENGTHS: Final = (
    Part(key="settle_s", label=N_("Rates count after getting in for"), low=0, high=600, unit=SEC),
    Part(key="silent_empty_after_s", label=N_("Belt silent over an empty bed for"), low=60, high=86_400, unit=MIN),
)
"""The numbers of `VitalSettings` that belong to no rule alone."""
LADDERS: Final = tuple(
    tuple(f"{kind}_{level}" for level in ("very_low", "low", "high", "very_high"))
    for kind in ("heart_rate", "breathing_rate")
)


def row_named(name: str) -> RuleRow:
    return next(row for row in ROWS if row.name == name)


def values_typed(settings: VitalSettings) -> Iterator[tuple[str, str]]:
    """Every value of the form by its name ("heart_rate_low.limit"), as it stands there."""
    for row in ROWS:
        for part in row.parts():
            yield f"{row.name}.{part.key}", part.typed(getattr(row.of(settings), part.key))
    for part in LENGTHS:
        yield part.key, part.typed(getattr(settings, part.key))


def value_words(name: str, value: object, language: Language) -> tuple[str, str] | None:
    """A field of the form and its value as a sentence has them; None for a name that is not in the form."""
    whose, _, key = name.partition(".")
    parts = [part for part in LENGTHS if part.key == name]
    titles = []
    for row in ROWS:
        if row.name == whose:
            titles = [row.title]
            parts = [part for part in row.parts() if part.key == key]
            if key == "on":
                return language.say(row.title), language.say("on") if value else language.say("off")
    if not parts:
        return None
    title = " – ".join(language.say(text) for text in (*titles, parts[0].label))
    return title, parts[0].words(str(value), language)


def _clock(typed: str) -> time | None:
    try:
        return hour(typed)
    except ValueError:
        return None
