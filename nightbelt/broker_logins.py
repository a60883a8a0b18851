"""Who may log in at the broker: the service, gateways, and each belt, with passwords that are drawn once and kept."""

import secrets
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from domain.errors import ConfigurationError
from domain.residents import checked_id

PASSWORD_BYTES: Final = 24
"""192 random bits: nobody guesses that, however fast a hash of it can be tried."""
_HEAD: Final = """\
# Logins at the broker, written by `nightbelt broker-config`: name = "password". Keep this file secret.
# A line that is taken out gets a new password by the next run; a gateway or listener stays until its line is taken out.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerLogins:
    """Password by name. The service has one login, each belt its id; a gateway speaks for all belts, a listener hears
    alarms.
    """

    service: Mapping[str, str] = field(default_factory=dict)
    gateways: Mapping[str, str] = field(default_factory=dict)
    belts: Mapping[str, str] = field(default_factory=dict)
    listeners: Mapping[str, str] = field(default_factory=dict)

    def renewed(
        self, *, service: str, gateways: Iterable[str], belts: Iterable[str], listeners: Iterable[str] = ()
    ) -> "BrokerLogins":
        """The same passwords for those who are still there, new ones for newcomers; belts that are gone have none.

        ConfigurationError when one name is to be two things.
        """
        wanted = replace(
            self,
            service={service: self.service.get(service) or _password()},
            gateways={name: self.gateways.get(name) or _password() for name in sorted({*self.gateways, *gateways})},
            listeners={name: self.listeners.get(name) or _password() for name in sorted({*self.listeners, *listeners})},
            belts={belt_id: self.belts.get(belt_id) or _password() for belt_id in sorted(set(belts))},
        )
        seen: set[str] = set()
        for name in (*wanted.service, *wanted.gateways, *wanted.listeners, *wanted.belts):
            if checked_id("broker login", name) in seen:
                raise ConfigurationError(
                    f"broker login {name!r} is given twice: service, gateways, listeners and belts differ"
                )
            seen.add(name)
        return wanted

    def as_toml(self) -> str:
        parts = [_HEAD]
        for name in ("service", "gateways", "listeners", "belts"):
            lines = [f'"{login}" = "{password}"\n' for login, password in getattr(self, name).items()]
            parts.append(f"\n[{name}]\n{''.join(lines)}")
        return "".join(parts)


def read_logins(path: Path) -> BrokerLogins:
    """What `as_toml` wrote. ConfigurationError names the file and what is wrong with it."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"logins file {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"logins file {path}: {error}") from error
    unknown = set(found) - {"service", "gateways", "listeners", "belts"}
    if unknown:
        raise ConfigurationError(f"logins file {path}: no such table: {', '.join(sorted(unknown))}")
    return BrokerLogins(**{name: _passwords(path, name, table) for name, table in found.items()})


def _passwords(path: Path, name: str, table: Any) -> dict[str, str]:
    if not isinstance(table, dict):
        raise ConfigurationError(f"logins file {path}: {name} is not a table")
    for login, password in table.items():
        plain = isinstance(password, str) and password.isascii() and password.isprintable()
        if not plain or not password or set(password) & {'"', "\\"}:
            raise ConfigurationError(
                f"logins file {path}: {name}.{login}: a password is ASCII without quotes and backslashes"
            )
    return table


def _password() -> str:
    return secrets.token_urlsafe(PASSWORD_BYTES)
