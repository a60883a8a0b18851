"""Resolve requirements.lock and requirements-dev.lock: versions and hashes, no address of any registry."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMON = ("--quiet", "--generate-hashes", "--allow-unsafe", "--strip-extras", "--no-header", "--no-annotate")
SILENT = ("--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links")


def main() -> None:
    for lock, extras in (("requirements.lock", ()), ("requirements-dev.lock", ("--extra", "dev"))):
        constraint = ROOT / "deploy" / "build-requirements.in"
        command = [sys.executable, "-m", "piptools", "compile", *COMMON, *SILENT, *extras, "--upgrade"]
        subprocess.run([*command, "-o", str(ROOT / lock), str(ROOT / "pyproject.toml"), str(constraint)], check=True)


if __name__ == "__main__":
    main()
