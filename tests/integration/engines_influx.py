"""A real InfluxDB for tests: Debian's 1.6.7 behind a proxy that gives it the write address of the later versions.

`with influx(folder) as engine:`; `engine.url` is the proxy's address, for the adapter as for anything else. With
`stop_database` the proxy answers 502 in its place, with `stop` nobody answers; the address and the data stay. 1.8 and
later need no proxy: see `NIGHTBELT_TEST_INFLUX_URL` in docs/influxdb.md.
"""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tests.integration.engines import EngineProcess, engine_path, free_port, until

ANSWER_TIMEOUT_S = 5.0


class Influx:
    """The database and its proxy; both run once it is started."""

    def __init__(self, database: EngineProcess, proxy: EngineProcess) -> None:
        self.url = f"http://{proxy.host}:{proxy.port}"
        self.database = database
        self.proxy = proxy

    def start(self) -> None:
        """Returns when the database answers through the proxy."""
        self.start_database()
        self.proxy.start()
        until(lambda: self._answers(self.url))

    def stop(self) -> None:
        """Stop both; connections are refused from now on."""
        self.proxy.stop()
        self.stop_database()

    def kill(self) -> None:
        """kill -9 both."""
        self.proxy.kill()
        self.kill_database()

    def start_database(self) -> None:
        self.database.start()
        until(lambda: self._answers(f"http://{self.database.host}:{self.database.port}"))

    def stop_database(self) -> None:
        """The proxy goes on, and answers 502."""
        self.database.stop()

    def kill_database(self) -> None:
        self.database.kill()

    def query(self, statement: str, database: str = "") -> list[dict[str, Any]]:
        """The series of an InfluxQL statement, epoch ms; AssertionError with the database's words when it fails."""
        form = urlencode({"q": statement, "db": database, "epoch": "ms"}).encode()
        request = Request(f"http://{self.database.host}:{self.database.port}/query", data=form)
        with urlopen(request, timeout=ANSWER_TIMEOUT_S) as response:
            (result,) = json.load(response)["results"]
        assert "error" not in result, result["error"]
        series: list[dict[str, Any]] = result.get("series", [])
        return series

    def _answers(self, url: str) -> bool:
        with contextlib.suppress(OSError), urlopen(f"{url}/ping", timeout=ANSWER_TIMEOUT_S) as response:
            return bool(response.status == 204)
        return False


@contextlib.contextmanager
def influx(folder: Path, *, extra: str = "") -> Iterator[Influx]:
    """InfluxDB with its data in `folder`; `extra` lines go to the end of its configuration, the `[http]` section."""
    influxd, caddy = engine_path("influxd"), engine_path("caddy")
    folder.mkdir(parents=True, exist_ok=True)
    database_port, proxy_port = free_port(), free_port()
    (folder / "influxd.conf").write_text(_DATABASE.format(folder=folder, rpc=free_port(), http=database_port) + extra)
    (folder / "Caddyfile").write_text(_PROXY.format(port=proxy_port, database=database_port))
    database = EngineProcess(
        [influxd, "run", "-config", str(folder / "influxd.conf")], database_port, folder / "influxd.log"
    )
    proxy = EngineProcess(
        [
            "env",
            f"XDG_CONFIG_HOME={folder}",
            f"XDG_DATA_HOME={folder}",
            caddy,
            "run",
            "--adapter",
            "caddyfile",
            "--config",
            str(folder / "Caddyfile"),
        ],
        proxy_port,
        folder / "caddy.log",
    )
    engine = Influx(database, proxy)
    try:
        engine.start()
        yield engine
    finally:
        engine.stop()


_DATABASE = """\
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"

[meta]
dir = "{folder}/meta"

[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
wal-fsync-delay = "0s"
query-log-enabled = false
max-series-per-database = 0
max-values-per-tag = 0

[monitor]
store-enabled = false

[subscriber]
enabled = false

[continuous_queries]
enabled = false

[http]
bind-address = "127.0.0.1:{http}"
log-enabled = false
max-body-size = 0
"""

_PROXY = """\
{{
    admin off
    auto_https off
}}

http://:{port} {{
    bind 127.0.0.1
    @write {{
        method POST
        path /api/v2/write
    }}
    rewrite @write /write?db={{query.bucket}}&precision={{query.precision}}
    reverse_proxy 127.0.0.1:{database}
}}
"""
