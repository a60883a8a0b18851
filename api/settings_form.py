"""The form for when leaving the bed is told, and back. Fails closed: one wrong field and nothing is stored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Final

from starlette.datastructures import FormData

from api.languages import N_, Language
from domain.residents import LeaveBedSettings, NightWindow

MAX_WINDOWS: Final = 6
IMMEDIATE_RANGE_S: Final = (0, 600)
AWAY_RANGE_MIN: Final = (1, 240)
NOT_A_NUMBER: Final = N_("%(field)s: write a whole number from %(low)s to %(high)s.")
HALF_A_WINDOW: Final = N_("Hours %(row)s: write both from and to, or leave both empty.")
NOT_A_TIME: Final = N_("Hours %(row)s: write times as 21:00.")
TOO_MANY: Final = N_("Hours: at most %(high)s.")
FIELDS: Final = {
    "immediate_after_s": N_("Out of bed for (seconds)"),
    "away_limit_min": N_("Not back within (minutes)"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with `field` (hours: "window-1" and so on): a text for the catalogue and its values.

    `labels` name the field to a person where `FIELDS` does not, from the whole to the part.
    """

    field: str
    message: str
    values: Mapping[str, object]
    labels: tuple[str, ...] = ()

    def in_words(self, language: Language) -> str:
        labels = self.labels or (FIELDS.get(self.field, ""),)
        return language.say(self.message, field=" – ".join(language.say(label) for label in labels), **self.values)


@dataclass(slots=True, kw_only=True)
class SettingsForm:
    """The fields as a person typed them, so that a wrong form can be shown again."""

    immediate: bool
    immediate_after_s: str
    not_back: bool
    away_limit_min: str
    windows: list[tuple[str, str]]
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def showing(cls, settings: LeaveBedSettings) -> "SettingsForm":
        return cls(
            immediate=settings.immediate,
            immediate_after_s=str(settings.immediate_after_s),
            not_back=settings.not_back,
            away_limit_min=str(settings.away_limit_min),
            windows=shown_hours(settings.windows),
        )

    @classmethod
    def posted(cls, form: FormData) -> "SettingsForm":
        def text(name: str) -> str:
            return str(form.get(name, "")).strip()

        return cls(
            immediate="immediate" in form,
            immediate_after_s=text("immediate_after_s"),
            not_back="not_back" in form,
            away_limit_min=text("away_limit_min"),
            windows=posted_hours(form),
        )

    @property
    def wrong(self) -> list[str]:
        """The fields with faults, the first one first."""
        return [fault.field for fault in self.faults]

    @property
    def raises_nothing(self) -> bool:
        return not (self.immediate or self.not_back)

    def settings(self) -> LeaveBedSettings | None:
        """What the form says, or None and `faults`."""
        self.faults = []
        seconds = self._number("immediate_after_s", self.immediate_after_s, IMMEDIATE_RANGE_S)
        minutes = self._number("away_limit_min", self.away_limit_min, AWAY_RANGE_MIN)
        windows, faults = read_hours(self.windows)
        self.faults += faults
        if self.faults or seconds is None or minutes is None:
            return None
        return LeaveBedSettings(
            immediate=self.immediate,
            immediate_after_s=seconds,
            not_back=self.not_back,
            away_limit_min=minutes,
            windows=windows,
        )

    def _number(self, name: str, typed: str, limits: tuple[int, int]) -> int | None:
        low, high = limits
        if typed.isascii() and typed.isdigit() and len(typed) <= 4 and low <= int(typed) <= high:
            return int(typed)
        self.faults.append(Fault(field=name, message=NOT_A_NUMBER, values={"low": low, "high": high}))
        return None


def shown_hours(windows: Iterable[NightWindow]) -> list[tuple[str, str]]:
    """Hours as they stand in a form."""
    return [(f"{window.start:%H:%M}", f"{window.end:%H:%M}") for window in windows]


def posted_hours(form: FormData) -> list[tuple[str, str]]:
    """The rows of hours that were typed, without those to be removed and empty ones."""
    removed = {str(row) for row in form.getlist("remove")}
    hours = zip(form.getlist("window_from"), form.getlist("window_to"), strict=False)
    rows = [(str(start).strip(), str(end).strip()) for start, end in hours]
    return [row for n, row in enumerate(rows) if str(n) not in removed and row != ("", "")]


def read_hours(rows: Sequence[tuple[str, str]]) -> tuple[tuple[NightWindow, ...], list[Fault]]:
    """The hours that can be read, each once, and what is wrong with the others."""
    windows: list[NightWindow] = []
    faults: list[Fault] = []
    for row, typed in enumerate(rows, start=1):
        try:
            if "" in typed:
                faults.append(Fault(field=f"window-{row}", message=HALF_A_WINDOW, values={"row": row}))
            else:
                windows.append(NightWindow(start=hour(typed[0]), end=hour(typed[1])))
        except ValueError:
            faults.append(Fault(field=f"window-{row}", message=NOT_A_TIME, values={"row": row}))
    if len(rows) > MAX_WINDOWS:
        faults.append(Fault(field=f"window-{MAX_WINDOWS + 1}", message=TOO_MANY, values={"high": MAX_WINDOWS}))
    return tuple(dict.fromkeys(windows)), faults


def hour(typed: str) -> time:
    """ "21:00", and what browsers make of it; ValueError on anything else."""
    hours, minutes, *seconds = typed.split(":")
    if seconds not in ([], ["00"]):
        raise ValueError(typed)
    return time(int(hours), int(minutes))
