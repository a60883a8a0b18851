"""The form for when rates, movement, signals and belts are told, and back. One wrong field, and nothing is stored.

`ROWS` is the whole form: a new rule of `VitalSettings` needs one line there. What a posted form does not name stays as
it was, so that a page from before an update takes nothing back.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Final

from starlette.datastructures import FormData

from api.languages import Language
from api.settings_form import Fault, posted_hours, read_hours, shown_hours
from api.words import N_, RULES
from domain.alarms import Rule
from domain.errors import ConfigurationError
from domain.residents import VitalSettings, duration_range_s
from domain.vitals import CLEAR_RANGE_S, RuleLimit

NOT_IN_RANGE: Final = N_("%(field)s: write a number from %(low)s to %(high)s.")
NOT_UNDER: Final = N_("%(field)s: this must not be under the limit.")
NOT_OVER: Final = N_("%(field)s: this must not be over the limit.")
NOT_ASCENDING: Final = N_("%(field)s: this must not be over the next higher limit of the same rate.")
NOT_SHORTER: Final = N_("%(field)s: this must not be shorter than over an occupied bed.")
NO_FIT: Final = N_("%(field)s: this does not fit (%(why)s).")
LIMIT: Final = N_("limit")
AFTER: Final = N_("how long")
CLEAR_LIMIT: Final = N_("over when back at")
CLEAR_AFTER: Final = N_("over after")
OVER: Final = N_("over")
UNDER: Final = N_("under")
MOVEMENT: Final = N_("movement over")
BACK_UNDER: Final = N_("back under")
BACK_OVER: Final = N_("back over")
MIN: Final = N_("min")
SEC: Final = N_("sec")
_NUMBER: Final = re.compile(r"[0-9]{1,5}([.,][0-9]{1,3})?")
_UNITS: Final = {MIN: 60, SEC: 1}


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
    def beyond(self) -> str:
        """What stands before the limit."""
        return self.word or (OVER if self.over else UNDER)

    @property
    def back(self) -> str:
        """What stands before the limit at which it is over."""
        return BACK_UNDER if self.over else BACK_OVER

    @property
    def rule(self) -> Rule:
        return Rule(self.name.replace("_", "-"))

    def of(self, settings: VitalSettings) -> RuleLimit:
        limit: RuleLimit = getattr(settings, self.name)
        return limit

    def parts(self) -> Iterator["Part"]:
        """The numbers of the row, in its order."""
        if (scale := self.scale) is not None:
            yield Part(key="limit", label=LIMIT, low=scale.low, high=scale.high, unit=scale.unit)
            yield Part(key="clear_limit", label=CLEAR_LIMIT, low=scale.low, high=scale.high, unit=scale.unit)
        low, high = duration_range_s(self.name)
        yield Part(key="after_s", label=AFTER, low=low, high=high, unit=self.unit)
        low, high = CLEAR_RANGE_S
        yield Part(key="clear_after_s", label=CLEAR_AFTER, low=low, high=high, unit=self.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One number of a row: a field of `RuleLimit`. `low` and `high` are in seconds where `unit` is a time."""

    key: str
    label: str
    low: float
    high: float
    unit: str

    def typed(self, value: float) -> str:
        """`value` as it stands in the form; reading that gives `value` again."""
        return f"{value / _UNITS.get(self.unit, 1):.3f}".rstrip("0").rstrip(".")

    def read(self, typed: str) -> float | None:
        """None for what is no number, or out of range."""
        if not _NUMBER.fullmatch(typed):
            return None
        value = float(typed.replace(",", ".")) * _UNITS.get(self.unit, 1)
        value = round(value) if self.unit in _UNITS else value
        return value if self.low <= value <= self.high else None


ROWS: Final = (
    RuleRow(name="heart_rate_very_high", scale=HEART, most=True),
    RuleRow(name="heart_rate_high", scale=HEART, most=True),
    RuleRow(name="heart_rate_low", scale=HEART, over=False, most=True),
    RuleRow(name="heart_rate_very_low", scale=HEART, over=False, most=True),
    RuleRow(name="breathing_rate_very_high", scale=BREATHING, most=True),
    RuleRow(name="breathing_rate_high", scale=BREATHING, most=True),
    RuleRow(name="breathing_rate_low", scale=BREATHING, over=False, most=True),
    RuleRow(name="breathing_rate_very_low", scale=BREATHING, over=False, most=True),
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
DEFAULTS: Final = VitalSettings()


@dataclass(slots=True, kw_only=True)
class VitalsForm:
    """The fields as a person typed them, by name ("heart_rate_low.limit"), so that a wrong form can be shown again."""

    typed: dict[str, str]
    on: set[str]
    windows: list[tuple[str, str]]
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def showing(cls, settings: VitalSettings) -> "VitalsForm":
        return cls(
            typed=dict(_typed(settings)),
            on={row.name for row in ROWS if row.of(settings).on},
            windows=shown_hours(settings.windows),
        )

    @classmethod
    def posted(cls, form: FormData) -> "VitalsForm":
        known = [name for name, _ in _typed(DEFAULTS)]
        return cls(
            typed={name: str(form[name]).strip() for name in known if name in form},
            on={row.name for row in ROWS if f"{row.name}.on" in form},
            windows=posted_hours(form),
        )

    @property
    def wrong(self) -> list[str]:
        """The fields with faults, the first one first."""
        return [fault.field for fault in self.faults]

    def is_wrong(self, *names: str) -> bool:
        """Has a field of one of these rows, or one of that name, a fault?"""
        return any(name in names or name.partition(".")[0] in names for name in self.wrong)

    def wrong_only(self, names: Collection[str]) -> bool:
        """Are all faults in these rows?"""
        return all(name.partition(".")[0] in names for name in self.wrong)

    def settings(self, current: VitalSettings) -> VitalSettings | None:
        """`current` with what the form says, or None and `faults`."""
        self.faults = []
        given: dict[str, Any] = {}
        limits = {row.name: self._limit(row, row.of(current)) for row in ROWS}
        for part in LENGTHS:
            given[part.key] = self._number(part.key, (part.label,), part, getattr(current, part.key))
        given["windows"], faults = read_hours(self.windows)
        self._check_ladders(limits)
        self._check_silence(limits["belt_silent"], given["silent_empty_after_s"])
        self.faults += faults
        if self.faults:
            return None
        given |= limits
        try:
            return replace(current, **given)
        except ConfigurationError as error:
            self._no_fit(str(error))
            return None

    def _limit(self, row: RuleRow, current: RuleLimit) -> RuleLimit:
        """As typed; `current` where the form does not name the row or a number is wrong (then there is a fault)."""
        names = [f"{row.name}.{part.key}" for part in row.parts()]
        if not any(name in self.typed for name in names):
            return current
        numbers: dict[str, float] = {}
        for part, name in zip(row.parts(), names, strict=True):
            labels = (RULES[row.rule], part.label)
            numbers[part.key] = self._number(name, labels, part, getattr(current, part.key))
        limit = replace(current, on=row.name in self.on, **numbers)  # type: ignore[arg-type]
        self._check_side(row, limit)
        return limit

    def _number(self, name: str, labels: tuple[str, ...], part: Part, current: float) -> float:
        if name not in self.typed:
            return current
        value = part.read(self.typed[name])
        if value is None:
            self._fault(name, NOT_IN_RANGE, labels, low=part.typed(part.low), high=part.typed(part.high))
            return current
        return value

    def _check_side(self, row: RuleRow, limit: RuleLimit) -> None:
        name = f"{row.name}.clear_limit"
        if limit.limit is None or limit.clear_limit is None or self.is_wrong(row.name):
            return
        labels = (RULES[row.rule], CLEAR_LIMIT)
        if row.over and limit.clear_limit > limit.limit:
            self._fault(name, NOT_OVER, labels)
        elif not row.over and limit.clear_limit < limit.limit:
            self._fault(name, NOT_UNDER, labels)

    def _check_ladders(self, limits: Mapping[str, RuleLimit]) -> None:
        for below, above in (pair for ladder in LADDERS for pair in pairwise(ladder)):
            low, high = limits[below].limit, limits[above].limit
            if low is not None and high is not None and low > high and not self.is_wrong(below, above):
                self._fault(f"{below}.limit", NOT_ASCENDING, (RULES[_row(below).rule], LIMIT))

    def _check_silence(self, over_occupied: RuleLimit, over_empty_s: float) -> None:
        name = "silent_empty_after_s"
        if over_empty_s < over_occupied.after_s and not self.is_wrong(name, "belt_silent"):
            self._fault(name, NOT_SHORTER, tuple(part.label for part in LENGTHS if part.key == name))

    def _no_fit(self, why: str) -> None:
        """What only `VitalSettings` knows; it names the field first."""
        name = re.split(r"[:, ]", why, maxsplit=1)[0]
        if any(row.name == name for row in ROWS):
            key = next((part.key for part in _row(name).parts() if part.key in why), "after_s")
            label = next(part.label for part in _row(name).parts() if part.key == key)
            self._fault(f"{name}.{key}", NO_FIT, (RULES[_row(name).rule], label), why=why)
        else:
            label = next((part.label for part in LENGTHS if part.key == name), LIMIT)
            self._fault(name, NO_FIT, (label,), why=why)

    def _fault(self, name: str, message: str, labels: tuple[str, ...], **values: object) -> None:
        self.faults.append(Fault(field=name, message=message, values=values, labels=labels))


def default_words(row: RuleRow, form: VitalsForm, language: Language) -> str:
    """What Nightbelt's own settings for the rule are, when those of the form are others; else ""."""
    own = row.of(DEFAULTS)
    names = {part: f"{row.name}.{part.key}" for part in row.parts()}
    same = all(part.read(form.typed.get(name, "")) == getattr(own, part.key) for part, name in names.items())
    if same and (row.name in form.on) == own.on:
        return ""
    told = [f"{part.typed(getattr(own, part.key))} {language.say(part.unit)}" for part in names]
    state = language.say("on") if own.on else language.say("off")
    return language.say("Default: %(values)s", values=" · ".join([state, *told]))


def _typed(settings: VitalSettings) -> Iterator[tuple[str, str]]:
    for row in ROWS:
        for part in row.parts():
            yield f"{row.name}.{part.key}", part.typed(getattr(row.of(settings), part.key))
    for part in LENGTHS:
        yield part.key, part.typed(getattr(settings, part.key))


def _row(name: str) -> RuleRow:
    return next(row for row in ROWS if row.name == name)
