"""What Grafana makes of the dashboards' queries before an engine sees them, as far as these dashboards use it.

First the variables: `$name`, `${name}`, `${name:raw}` and `${name:sqlstring}` (each value in single quotes, quotes in
it doubled, several parted by commas); `__from`, `__to`, `__interval`, `__interval_ms` are variables too. Then, for
PostgreSQL, the macros below, and for InfluxDB `$timeFilter`. The fill of a group macro is left out: Grafana fills the
rows it got. Anything that is not known here is an error, so that no query is run that Grafana would not run so.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

Value = str | Sequence[str]

_VARIABLE: Final = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$(\w+)")
_MACRO: Final = re.compile(r"\$(\w+)\(([^)]*)\)")
_INTERVAL: Final = re.compile(r"(\d+)(ms|s|m|h|d)")
_UNITS_MS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_LATER: Final = ("timeFilter",)
"""What looks like a variable and is replaced after them."""


class NotGrafanasError(Exception):
    """Grafana, or what is known of it here, would not understand this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a dashboard is looked at with: the time shown (ms), the interval, the values of the variables."""

    from_at: int
    to_at: int
    interval: str = "1m"
    values: Mapping[str, Value] = field(default_factory=dict)

    @property
    def interval_ms(self) -> int:
        match = _INTERVAL.fullmatch(self.interval)
        if match is None:
            raise NotGrafanasError(f"interval {self.interval!r}")
        return int(match[1]) * _UNITS_MS[match[2]]

    def value(self, name: str) -> Value:
        own = {
            "__from": str(self.from_at),
            "__to": str(self.to_at),
            "__interval": self.interval,
            "__interval_ms": str(self.interval_ms),
        }
        try:
            return own[name] if name in own else self.values[name]
        except KeyError:
            raise NotGrafanasError(f"no variable {name!r}") from None


def sql(text: str, view: View) -> str:
    """A query as PostgreSQL gets it."""
    return _checked(_MACRO.sub(lambda found: _macro(found, view), _with_variables(text, view)))


def influxql(text: str, view: View) -> str:
    """A query as InfluxDB gets it."""
    times = f"time >= {view.from_at}ms and time <= {view.to_at}ms"
    return _checked(_with_variables(text, view).replace("$timeFilter", times))


def variables_in(text: str) -> set[str]:
    """The names of the variables a text uses, Grafana's own left out."""
    names = {found[1] or found[3] for found in _VARIABLE.finditer(text)}
    return {name for name in names if not name.startswith("__") and name not in _LATER}


def _with_variables(text: str, view: View) -> str:
    def replaced(found: re.Match[str]) -> str:
        name = found[1] or found[3]
        macro = text[found.end() : found.end() + 1] == "("
        return found[0] if macro or name in _LATER else _formatted(view.value(name), found[2])

    return _VARIABLE.sub(replaced, text)


def _formatted(value: Value, form: str | None) -> str:
    several = [value] if isinstance(value, str) else list(value)
    if form == "sqlstring":
        return ",".join("'" + one.replace("'", "''") + "'" for one in several)
    if form in {"raw", None} and len(several) == 1:
        return several[0]
    raise NotGrafanasError(f"format {form!r} of {len(several)} values")


def _macro(found: re.Match[str], view: View) -> str:
    name, arguments = found[1], [argument.strip() for argument in found[2].split(",")]
    try:
        return _MACROS[name](view, *arguments)
    except (KeyError, TypeError):
        raise NotGrafanasError(f"macro {found[0]}") from None


def _group(view: View, column: str, interval: str, fill: str = "") -> str:
    if fill not in {"", "0", "NULL"}:
        raise NotGrafanasError(f"fill {fill!r}")
    length_s = View(from_at=0, to_at=0, interval=interval.strip("'")).interval_ms / 1000
    return f"floor(({column})/{length_s:g})*{length_s:g}"


def _nothing(of: Callable[[View], str]) -> Callable[[View, str], str]:
    def macro(view: View, argument: str) -> str:
        if argument:
            raise NotGrafanasError(f"argument {argument!r}")
        return of(view)

    return macro


_MACROS: Final[Mapping[str, Callable[..., str]]] = {
    "__unixEpochFrom": _nothing(lambda view: str(view.from_at // 1000)),
    "__unixEpochTo": _nothing(lambda view: str(view.to_at // 1000)),
    "__unixEpochGroup": _group,
    "__unixEpochGroupAlias": lambda view, *rest: f'{_group(view, *rest)} AS "time"',
}


def _checked(text: str) -> str:
    if "$" in text:
        raise NotGrafanasError(f"left over: {text[text.index('$') :][:40]}")
    return text
