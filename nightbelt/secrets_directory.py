"""Settings from secret files, as Docker and systemd hand them in: one file for a setting, its name in small letters."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.errors import ConfigurationError

VARIABLE: Final = "NIGHTBELT_SECRETS_DIR"
DEFAULT_DIRECTORY: Final = Path("/run/secrets")
PREFIX: Final = "nightbelt_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What a secret file holds, without the space around it."""

    path: Path
    content: str


def secrets_directories(environment: Mapping[str, str]) -> list[Path]:
    """Where secret files are: the directories that VARIABLE names, else the default one when it exists.

    ConfigurationError when one that is named does not exist.
    """
    named = environment.get(VARIABLE)
    if named is None:
        return [DEFAULT_DIRECTORY] if DEFAULT_DIRECTORY.is_dir() else []
    for directory in named.split(os.pathsep):
        if not Path(directory).is_dir():
            raise ConfigurationError(f"environment variable {VARIABLE}: no directory {directory}")
    return [Path(directory) for directory in named.split(os.pathsep)]


def read_secrets(directories: list[Path], settings: frozenset[str]) -> dict[str, Secret]:
    """The secrets by the name of their setting; files of others are passed over.

    ConfigurationError for one of ours that is no setting, is there twice, cannot be read or is empty: a secret that
    silently does not count would be a service without a password.
    """
    found: dict[str, Secret] = {}
    for path in _ours(directories):
        name = path.name.removeprefix(PREFIX)
        if name not in settings:
            raise ConfigurationError(f"secret file {path}: no such setting")
        if name in found:
            raise ConfigurationError(f"secret file {path}: so is {found[name].path}; leave one out")
        found[name] = Secret(path=path, content=_content(path))
    return found


def _ours(directories: list[Path]) -> list[Path]:
    try:
        everything = [path for directory in directories for path in sorted(directory.iterdir())]
    except OSError as error:
        raise ConfigurationError(f"secrets directory {error.filename}: {error.strerror}") from error
    return [path for path in everything if path.name.startswith(PREFIX)]


def _content(path: Path) -> str:
    try:
        content = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"secret file {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"secret file {path}: not UTF-8 text") from error
    if not content:
        raise ConfigurationError(f"secret file {path}: empty")
    return content
