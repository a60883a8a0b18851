"""Certificates for one test, made by the openssl program: an authority of its own, and what it signs."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.integration.engines import engine_path


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates; `certificate` is what those who trust it need."""

    def __init__(self, folder: Path, name: str = "test authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.certificate, self._key = folder / "ca.pem", folder / "ca-key.pem"
        _openssl("req", "-x509", *_new_key(self._key), "-days", "2", "-subj", f"/CN={name}", "-out", self.certificate)

    def sign(self, name: str, *, days: int = 2, subject: str = "IP:127.0.0.1,DNS:localhost") -> Certificate:
        """A certificate for the alternative names in `subject`; `days` from now on, -1 for one that is over."""
        made = Certificate(self._folder / f"{name}.pem", self._folder / f"{name}-key.pem")
        request, extensions = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        _openssl("req", *_new_key(made.key), "-subj", f"/CN={name}", "-out", request)
        extensions.write_text(f"subjectAltName={subject}\n")
        signed_by = ("-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial", "-extfile", extensions)
        _openssl("x509", "-req", "-in", request, *signed_by, "-days", str(days), "-out", made.certificate)
        return made


def _new_key(path: Path) -> tuple[str | Path, ...]:
    return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path)


def _openssl(*arguments: str | Path) -> None:
    subprocess.run([engine_path("openssl"), *map(str, arguments)], check=True, capture_output=True)
