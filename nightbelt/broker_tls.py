"""What is needed to speak TLS to a broker: whom to trust, and who we are."""

import ssl
from pathlib import Path
from typing import Final

from domain.errors import ConfigurationError

SETTINGS: Final = ("mqtt_ca_file", "mqtt_cert_file", "mqtt_key_file")


def tls_context(
    ca_file: Path | None,
    cert_file: Path | None = None,
    key_file: Path | None = None,
    *,
    names: tuple[str, str, str] = SETTINGS,
) -> ssl.SSLContext:
    """A context that trusts `ca_file` (None: the system's authorities) and checks the broker's host name.

    `cert_file` and `key_file` are our own certificate, for brokers that ask for one; the key may stand in `cert_file`.
    ConfigurationError names the file and the setting that it came from, by `names`.
    """
    ca_name, cert_name, key_name = names
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except OSError as error:
        raise ConfigurationError(f"{ca_name} {ca_file}: {_words(error)}") from error
    if cert_file is not None:
        try:
            context.load_cert_chain(cert_file, key_file, password=_no_password)
        except (OSError, ValueError) as error:
            both = f"{cert_name} {cert_file}, {key_name} {key_file or 'none'}"
            raise ConfigurationError(f"{both}: {_words(error)}") from error
    elif key_file is not None:
        raise ConfigurationError(f"{key_name} {key_file}: needs {cert_name}")
    return context


def _no_password() -> str:
    """Called for an encrypted key; without it OpenSSL would ask at the terminal."""
    raise ValueError("the key is encrypted")


def _words(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):
        return f"not a certificate or key as PEM ({error.reason or error})"
    return getattr(error, "strerror", None) or str(error)
