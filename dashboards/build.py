"""The dashboards as Grafana's JSON, always the same bytes for the same code."""

import json
from pathlib import Path
from typing import Any, Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard, Panel, RowPanel

from dashboards.belts import belt_fleet
from dashboards.center import center_overview
from dashboards.resident import resident_night
from domain.errors import ConfigurationError

JSON_DIRECTORY: Final = Path(__file__).parent / "json"
"""Where the files are that provisioning serves."""


def built() -> list[Dashboard]:
    """The dashboards, with panels numbered in their order."""
    return [_numbered(board.build()) for board in (center_overview(), resident_night(), belt_fleet())]


def model(dashboard: Dashboard) -> dict[str, Any]:
    """A dashboard as plain JSON values."""
    plain: dict[str, Any] = json.loads(JSONEncoder().encode(dashboard))
    return plain


def write(directory: Path) -> list[Path]:
    """Write every dashboard to a file of its uid; ConfigurationError when that cannot be done."""
    written = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for dashboard in built():
            path = directory / f"{dashboard.uid}.json"
            text = json.dumps(model(dashboard), indent=2, sort_keys=True, ensure_ascii=False)
            path.write_text(text + "\n", encoding="utf-8")
            written.append(path)
    except OSError as error:
        raise ConfigurationError(f"directory {directory} cannot be written: {error.strerror}") from error
    return written


def panels(dashboard: Dashboard) -> list[Panel | RowPanel]:
    """All panels and rows in the order they stand."""
    return list(dashboard.panels or ())


def _numbered(dashboard: Dashboard) -> Dashboard:
    for number, panel in enumerate(panels(dashboard), start=1):
        panel.id_val = number
    return dashboard
