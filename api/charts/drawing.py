"""Pictures of charts, and the scripts with which a browser draws them; each is made once and kept.

A process of its own draws (see `draw_process`), one at a time. Blocks for about a second: use from a thread of the
pool. UnavailableError when it does not come back.
"""

import gzip
import hashlib
import json
import struct
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal

from api.charts import draw_process
from domain.errors import UnavailableError

Form = Literal["svg", "png"]

KEPT: Final = 64
"""Pictures kept in memory, some 50 KB each."""
TIMEOUT_S: Final = 60.0
SCRIPT_NAME: Final = f"vega-{hashlib.sha256(version('vl-convert-python').encode()).hexdigest()[:16]}.js"
"""Changes with the scripts, so that a browser may keep them for good."""


class Draughtsman:
    """Draws on demand; safe to use from several threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()
        self._scripts: bytes | None = None
        self._scripts_lock = threading.Lock()

    def picture(self, spec: dict[str, Any], form: Form) -> bytes:
        """The chart as SVG (UTF-8) or PNG."""
        return self.pictures([spec], form)[0]

    def pictures(self, specs: Sequence[dict[str, Any]], form: Form) -> list[bytes]:
        """Several at once; the first costs a second, each further one a twentieth of it."""
        return self._drawn([{"form": form, "spec": spec} for spec in specs])

    def zipped_scripts(self) -> bytes:
        """JavaScript (UTF-8, gzip) that gives a page `vegaEmbed`."""
        with self._scripts_lock:
            if self._scripts is None:
                self._scripts = gzip.compress(_draw([{"form": "bundle"}])[0])
            return self._scripts

    def _drawn(self, orders: list[dict[str, Any]]) -> list[bytes]:
        keys = [hashlib.sha256(json.dumps(order, sort_keys=True).encode()).hexdigest() for order in orders]
        with self._lock:
            found = {key: self._kept[key] for key in keys if key in self._kept}
            missing = {key: order for key, order in zip(keys, orders, strict=True) if key not in found}
            if missing:
                found |= dict(zip(missing, _draw(list(missing.values())), strict=True))
            self._keep(found)
        return [found[key] for key in keys]

    def _keep(self, found: dict[str, bytes]) -> None:
        for key, picture in found.items():
            self._kept[key] = picture
            self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)


def _draw(orders: list[dict[str, Any]]) -> list[bytes]:
    command = [sys.executable, "-I", str(Path(draw_process.__file__))]
    try:
        done = subprocess.run(
            command, input=json.dumps(orders).encode(), capture_output=True, timeout=TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise UnavailableError("charts", type(error).__name__) from error
    pictures, at = [], 0
    while at < len(done.stdout):
        (length,) = struct.unpack_from(">Q", done.stdout, at)
        pictures.append(done.stdout[at + 8 : at + 8 + length])
        at += 8 + length
    return pictures
