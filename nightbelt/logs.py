"""Structured logs: one line per event, key=value or JSON; ids only."""

import logging
import sys
from pathlib import Path
from typing import Any

import structlog


def configure_logs(level: str, *, path: Path | None = None, as_json: bool = False) -> None:
    """Send logs of at least `level` to `path`, or to standard error when there is none."""
    stream: Any = path.open("a", encoding="utf-8") if path is not None else sys.stderr
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(stream=stream, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
