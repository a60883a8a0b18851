"""Settings from secret files, as Docker and systemd hand them in: one file for a setting, its name in small letters."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from domain.errors import ConfigurationError

VARIABLE: Final = "NIGHTBELT_SECRETS_DIR"
DEFAULT_DIRECTORY: Final = Path("/run/secrets")
PREFIX: Final = "nightbelt_"


def secrets_directory(environment: Mapping[str, str]) -> Path | None:
    """Where secret files are: the directory that VARIABLE names, else the default one when it exists.

    ConfigurationError when the named one does not exist.
    """
    named = environment.get(VARIABLE)
    if named is None:
        return DEFAULT_DIRECTORY if DEFAULT_DIRECTORY.is_dir() else None
    if not Path(named).is_dir():
        raise ConfigurationError(f"environment variable {VARIABLE}: no directory {named}")
    return Path(named)


def secrets_in(directory: Path, settings: frozenset[str]) -> dict[str, str]:
    """The secrets in `directory` by the name of their setting, stripped; files of others are passed over.

    ConfigurationError for one of ours that is no setting, cannot be read or is empty: a secret that silently does not
    count would be a service without a password.
    """
    try:
        ours = [path for path in sorted(directory.iterdir()) if path.name.startswith(PREFIX)]
    except OSError as error:
        raise ConfigurationError(f"secrets directory {directory}: {error.strerror}") from error
    for path in ours:
        if path.name.removeprefix(PREFIX) not in settings:
            raise ConfigurationError(f"secret file {path}: no such setting")
    return {path.name.removeprefix(PREFIX): _content(path) for path in ours}


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
