"""docker-compose.yml, the Dockerfile and what belongs to them, read for tests."""

import fnmatch
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Service:
    """One service as compose understands it."""

    name: str
    said: dict[str, Any]
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def runs_and_ends(self) -> bool:
        return bool(self.said["restart"] == "no")

    @property
    def secrets(self) -> set[str]:
        return set(self.said.get("secrets", ()))

    @property
    def networks(self) -> set[str]:
        return set(self.said["networks"])

    @property
    def mounts(self) -> dict[str, str]:
        """Source by where it is seen."""
        return {seen: source for source, seen, *_ in (text.split(":") for text in self.said.get("volumes", ()))}

    @property
    def words(self) -> str:
        """Everything it is told, in one text."""
        return yaml.safe_dump(self.said, width=10_000)


def compose() -> dict[str, Any]:
    said: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return said


def services() -> dict[str, Service]:
    return {
        name: Service(name=name, said=said, environment=said.get("environment", {}))
        for name, said in compose()["services"].items()
    }


@dataclass(frozen=True)
class Dockerfile:
    """The instructions in order, each with its arguments as one text."""

    instructions: list[tuple[str, str]]

    def arguments(self, instruction: str) -> list[str]:
        return [text for name, text in self.instructions if name == instruction]

    @property
    def environment(self) -> dict[str, str]:
        """What the last stage sets."""
        pairs = (pair.partition("=") for text in self.last_stage("ENV") for pair in shlex.split(text))
        return {name: value for name, _, value in pairs}

    @property
    def copied(self) -> list[str]:
        """What is copied from the repository."""
        copies = (shlex.split(text) for text in self.arguments("COPY") if not text.startswith("--from"))
        return [source for *sources, _target in copies for source in sources]

    def last(self, instruction: str) -> str:
        return self.last_stage(instruction)[-1]

    def last_stage(self, instruction: str) -> list[str]:
        starts = [n for n, (name, _) in enumerate(self.instructions) if name == "FROM"]
        return [text for name, text in self.instructions[starts[-1] :] if name == instruction]


def dockerfile() -> Dockerfile:
    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    whole = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    lines = [line.strip().split(None, 1) for line in whole.splitlines() if line.strip()]
    return Dockerfile([(name, " ".join(arguments.split())) for name, arguments in lines])


def reaches_the_builder(path: str) -> bool:
    """Does .dockerignore let `path` (relative, of a file) through? The last line that matches it decides."""
    verdict = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.lstrip("!")
        above = ["/".join(path.split("/")[: n + 1]) for n in range(path.count("/") + 1)]
        if any(_matches(part, pattern) for part in above):
            verdict = line.startswith("!")
    return verdict


def _matches(path: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatch.fnmatch(path.rsplit("/", 1)[-1], pattern[3:])
    return fnmatch.fnmatch(path, pattern) and path.count("/") == pattern.count("/")
