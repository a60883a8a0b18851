"""`nightbelt serve`: the service. All that it needs is imported before it is up: no alarm waits for an import."""

import contextlib
import sys

from domain.clock import SystemClock
from nightbelt.logs import configure_logs
from nightbelt.opening import open_stores
from nightbelt.service import Service, listen
from nightbelt.settings import load_settings
from nightbelt.stopping import Stopping
from nightbelt.terminal import SettingsFile, held, out


def serve(settings_file: SettingsFile = None) -> None:
    """The service alone: readings from your broker, alarms, and the pages."""
    settings = load_settings(settings_file)
    configure_logs(settings.log_level, as_json=not sys.stderr.isatty())
    with Stopping() as stopping, held(settings.data_dir), contextlib.suppress(KeyboardInterrupt):
        listener = listen(settings.web_host, settings.web_port)
        with contextlib.closing(listener), contextlib.closing(open_stores(settings, stopping)) as stores:
            service = Service(settings, stores, listener, clock=SystemClock())
            service.run(stopping, lambda: out.print(f"serving http://{settings.web_host}:{listener.getsockname()[1]}"))
