"""The image without Docker: the Dockerfile's own steps by hand, in a folder, as far as a machine without it can.

The package is built from what the Dockerfile copies and .dockerignore lets through, installed (not editable) into an
environment that nobody may write to, and run under an account that is not root, with the packages of requirements.lock
and no others, and without those that the Dockerfile takes out again.
"""

import contextlib
import importlib.metadata
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

from tests.composition import ROOT, dockerfile, reaches_the_builder

ACCOUNT = 10_001
READ_ALL = 2
"""The number of the capability to read what belongs to others: the interpreter may lie in a closed folder."""


class Image:
    """`command` is how to run a program of the image; `data` is the only place it may write to."""

    def __init__(self, home: Path) -> None:
        self.environment_folder = home / "nightbelt"
        self.site = next(self.environment_folder.glob("lib/python*/site-packages"))
        self.data = home / "data"
        self.variables = {
            **dockerfile().environment,
            "PATH": f"{self.environment_folder / 'bin'}:/usr/bin:/bin",
            "PYTHONPATH": str(home / "dependencies"),
            "NIGHTBELT_DATA_DIR": str(self.data),
            "HOME": str(self.data),
        }

    def command(self, *arguments: str) -> list[str]:
        return [*_account(), *arguments]

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.data,
            env={**self.variables, **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@contextlib.contextmanager
def image() -> Iterator[Image]:
    home = Path(tempfile.mkdtemp(prefix="nightbelt-image-"))
    try:
        home.chmod(0o755)
        _install(_build(_context(home / "build")), home / "nightbelt")
        _link_dependencies(home / "dependencies")
        for path in [home, *home.rglob("*")]:
            if not path.is_symlink():
                path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222)
        made = Image(home)
        home.chmod(0o755)
        made.data.mkdir()
        if os.geteuid() == 0:
            os.chown(made.data, ACCOUNT, ACCOUNT)
        home.chmod(0o555)
        yield made
    finally:
        for path in [home, *home.rglob("*")]:
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
        shutil.rmtree(home)


def _context(folder: Path) -> Path:
    """What the builder gets to see of the repository, where the Dockerfile puts it."""
    for source in dockerfile().copied:
        paths = (ROOT / source).rglob("*") if (ROOT / source).is_dir() else [ROOT / source]
        for path in paths:
            relative = path.relative_to(ROOT)
            if path.is_file() and reaches_the_builder(str(relative)):
                (folder / relative).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / relative)
    return folder


def _build(context: Path) -> Path:
    wheels = context / "wheels"
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--wheel-dir", str(wheels)]
    _pip("wheel", *options, str(context))
    return next(wheels.glob("*.whl"))


def _install(wheel: Path, folder: Path) -> None:
    venv.create(folder, symlinks=True, with_pip=False)
    _pip("--python", str(folder / "bin" / "python"), "install", "--no-deps", "--no-index", "--quiet", str(wheel))


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _link_dependencies(folder: Path) -> None:
    """Links to what requirements.lock installs, but for what the Dockerfile uninstalls at its end."""
    folder.mkdir()
    steps = dockerfile().arguments("RUN")
    gone = {
        name for step in steps for name in re.findall(r"pip uninstall((?: [\w-]+)+)", step)[:1] for name in name.split()
    }
    locked = re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    for name in locked:
        if name not in gone:
            _link(importlib.metadata.distribution(name), folder)


def _link(distribution: importlib.metadata.Distribution, folder: Path) -> None:
    for file in distribution.files or ():
        if file.parts[0] in {"..", "__pycache__"}:
            continue
        path, source = folder / file.parts[0], Path(str(distribution.locate_file(file.parts[0])))
        if not path.exists() and source.exists():
            path.symlink_to(source)


def _account() -> list[str]:
    """How to become the image's account; nothing when we are nobody special ourselves."""
    if os.geteuid() != 0:
        return []
    bounds = re.search(r"CapBnd:\s*([0-9a-f]+)", Path("/proc/self/status").read_text())
    may_read = bounds is not None and int(bounds[1], 16) >> READ_ALL & 1
    only = "-all,+dac_read_search" if may_read else "-all"
    capabilities = [f"--{which}={only}" for which in ("inh-caps", "ambient-caps", "bounding-set")]
    return ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups", "--no-new-privs", *capabilities]
