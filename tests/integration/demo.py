"""`nightbelt demo` as a newcomer starts it: a process on a data directory, with its output."""

import contextlib
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

UP_S = 60.0
END_S = 30.0


class Demo:
    """A demo with few beds; `address` is known once it is up."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self.output = data.parent / f"{data.name}.out"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "nightbelt", "demo", "--data", str(data), "--port", "0", *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_up(self) -> str:
        deadline = time.monotonic() + UP_S
        while time.monotonic() < deadline:
            found = re.findall(r"open (http://[0-9.:]+)", self.said)
            if found:
                return str(found[-1])
            assert self.process.poll() is None, self.said
            time.sleep(0.05)
        raise AssertionError(self.said)

    @property
    def said(self) -> str:
        return self.output.read_text()

    @property
    def state(self) -> dict[str, object]:
        kept: dict[str, object] = json.loads((self.data / "demo.json").read_text())
        return kept

    def password(self, login: str) -> str:
        passwords = self.state["passwords"]
        assert isinstance(passwords, dict)
        return str(passwords[login])

    def end(self, how: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(how)
        return self.process.wait(END_S)


@contextlib.contextmanager
def demo(data: Path, *options: str) -> Iterator[Demo]:
    running = Demo(data, *options)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()


def processes_naming(text: str) -> list[str]:
    """Command lines of running processes in which `text` stands."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if text in line:
                found.append(line)
    return found
