"""The form for when rates, movement, signals and belts are told, and back. One wrong field, and nothing is stored.

What a posted form does not name stays as it was, so that a page from before an update takes nothing back.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Final

from starlette.datastructures import FormData

from api.languages import N_, Language
from api.settings_form import Fault, posted_hours, read_hours, shown_hours
from api.vital_rows import (
    CLEAR_LIMIT,
    CLOCK,
    DEFAULTS,
    LADDERS,
    LENGTHS,
    LIMIT,
    ROWS,
    Part,
    RuleRow,
    row_named,
    values_typed,
)
from domain.errors import ConfigurationError
from domain.residents import VitalSettings
from domain.vitals import RuleLimit

NOT_IN_RANGE: Final = N_("%(field)s: write a number from %(low)s to %(high)s.")
NOT_A_CLOCK_TIME: Final = N_("%(field)s: write a time as 21:00.")
NOT_UNDER: Final = N_("%(field)s: this must not be under the limit.")
NOT_OVER: Final = N_("%(field)s: this must not be over the limit.")
NOT_ASCENDING: Final = N_("%(field)s: this must not be over the next higher limit of the same rate.")
NOT_SHORTER: Final = N_("%(field)s: this must not be shorter than over an occupied bed.")
NO_FIT: Final = N_("%(field)s: this does not fit (%(why)s).")


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
            typed=dict(values_typed(settings)),
            on={row.name for row in ROWS if row.of(settings).on},
            windows=shown_hours(settings.windows),
        )

    @classmethod
    def posted(cls, form: FormData, current: VitalSettings) -> "VitalsForm":
        """As it was sent; with what is stored where the form names nothing of a rule."""
        shown = cls.showing(current)
        named = {row.name for row in ROWS if any(f"{row.name}.{part.key}" in form for part in row.parts())}
        return cls(
            typed={name: str(form.get(name, stored)).strip() for name, stored in shown.typed.items()},
            on={name for name in named if f"{name}.on" in form} | (shown.on - named),
            windows=posted_hours(form) if "window_from" in form else shown.windows,
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
        rules: dict[str, Any] = {row.name: self._rule(row, row.of(current)) for row in ROWS}
        self._check_ladders(rules)
        lengths = {part.key: self._value(part.key, (part.label,), part) for part in LENGTHS}
        self._check_silence(rules["belt_silent"], lengths["silent_empty_after_s"])
        windows, faults = read_hours(self.windows)
        self.faults += faults
        if self.faults:
            return None
        try:
            return replace(current, windows=windows, **rules, **lengths)
        except ConfigurationError as error:
            self._no_fit(str(error))
            return None

    def _rule(self, row: RuleRow, current: Any) -> Any:
        """As typed; `current` where a value is wrong (then there is a fault)."""
        values = {
            part.key: self._value(f"{row.name}.{part.key}", (row.title, part.label), part) for part in row.parts()
        }
        if self.is_wrong(row.name):
            return current
        rule = replace(current, on=row.name in self.on, **values)
        if isinstance(rule, RuleLimit):
            self._check_side(row, rule)
        return rule

    def _value(self, name: str, labels: tuple[str, ...], part: Part) -> Any:
        value = part.read(self.typed[name])
        if value is None and part.unit == CLOCK:
            self._fault(name, NOT_A_CLOCK_TIME, labels)
        elif value is None:
            self._fault(name, NOT_IN_RANGE, labels, low=part.typed(part.low), high=part.typed(part.high))
        return value

    def _check_side(self, row: RuleRow, rule: RuleLimit) -> None:
        if rule.limit is None or rule.clear_limit is None:
            return
        name, labels = f"{row.name}.clear_limit", (row.title, CLEAR_LIMIT)
        if row.over and rule.clear_limit > rule.limit:
            self._fault(name, NOT_OVER, labels)
        elif not row.over and rule.clear_limit < rule.limit:
            self._fault(name, NOT_UNDER, labels)

    def _check_ladders(self, rules: Mapping[str, RuleLimit]) -> None:
        for below, above in (pair for ladder in LADDERS for pair in pairwise(ladder)):
            low, high = rules[below].limit, rules[above].limit
            if low is not None and high is not None and low > high and not self.is_wrong(below, above):
                self._fault(f"{below}.limit", NOT_ASCENDING, (row_named(below).title, LIMIT))

    def _check_silence(self, over_occupied: RuleLimit, over_empty_s: float | None) -> None:
        name = "silent_empty_after_s"
        if over_empty_s is not None and over_empty_s < over_occupied.after_s and not self.is_wrong("belt_silent"):
            self._fault(name, NOT_SHORTER, tuple(part.label for part in LENGTHS if part.key == name))

    def _no_fit(self, why: str) -> None:
        """What only `VitalSettings` knows; it names the field first."""
        name = re.split(r"[:, ]", why, maxsplit=1)[0]
        row = next((row for row in ROWS if row.name == name), None)
        if row is None:
            self._fault(name, NO_FIT, tuple(part.label for part in LENGTHS if part.key == name), why=why)
        else:
            part = next((part for part in row.parts() if f" {part.key} " in why), next(row.parts()))
            self._fault(f"{name}.{part.key}", NO_FIT, (row.title, part.label), why=why)

    def _fault(self, name: str, message: str, labels: tuple[str, ...], **values: object) -> None:
        self.faults.append(Fault(field=name, message=message, values=values, labels=labels))


def default_words(row: RuleRow, form: VitalsForm, language: Language) -> str:
    """What Nightbelt's own settings for the rule are, when those of the form are others; else ""."""
    own = row.of(DEFAULTS)
    given = {part.key: part.read(form.typed[f"{row.name}.{part.key}"]) for part in row.parts()}
    if all(value == getattr(own, key) for key, value in given.items()) and (row.name in form.on) == own.on:
        return ""
    told = [part.words(part.typed(getattr(own, part.key)), language) for part in row.parts()]
    state = language.say("on") if own.on else language.say("off")
    return language.say("Default: %(values)s", values=" · ".join([state, *told]))
