"""Another process at work on a file, for tests of what it leaves behind."""

import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `script` to its end."""
    return subprocess.run(
        _command(script, arguments), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def run_and_kill(script: str, *arguments: object, after_lines: int) -> int:
    """Kill -9 `script` when it has printed `after_lines` lines; returns how many it printed in all."""
    with subprocess.Popen(_command(script, arguments), cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines = 0
        while lines < after_lines and process.stdout.readline():
            lines += 1
        process.send_signal(signal.SIGKILL)
        return lines + len(process.stdout.read().splitlines())


def _command(script: str, arguments: tuple[object, ...]) -> list[str]:
    return [sys.executable, "-W", "error", "-c", script, *map(str, arguments)]
