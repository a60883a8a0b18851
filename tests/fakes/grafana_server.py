"""A Grafana for tests over a real socket: what its HTTP API documents of folders, data sources and dashboards.

It keeps what it is given and counts the writes. Tokens have a role each. `failing` answers everything with that status;
`answer` with that body in place of JSON. `hook` is called before each request, for what happens in between.
"""

import contextlib
import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

ADMIN, EDITOR, VIEWER = "admin-token", "editor-token", "viewer-token"
_WRITERS: Final = {"folders": {ADMIN, EDITOR}, "dashboards": {ADMIN, EDITOR}, "datasources": {ADMIN}}

Answer = tuple[int, Any]


@dataclass
class FakeGrafana:
    """The state, by uid. Use `grafana()` to have it served."""

    url: str = ""
    prefix: str = ""
    folders: dict[str, dict[str, Any]] = field(default_factory=dict)
    data_sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    dashboards: dict[str, dict[str, Any]] = field(default_factory=dict)
    writes: list[tuple[str, str]] = field(default_factory=list)
    failing: int | None = None
    answer: str | None = None
    redirect_to: str | None = None
    hook: Callable[[str, str], None] = lambda _method, _path: None

    def handle(self, method: str, path: str, token: str, body: dict[str, Any]) -> Answer:
        self.hook(method, path)
        if self.failing is not None:
            return self.failing, {"message": "something is wrong"}
        if path == "/health":
            return 200, {"commit": "0", "database": "ok", "version": "11.6.0"}
        if token not in {ADMIN, EDITOR, VIEWER}:
            return 401, {"message": "Invalid API key"}
        kind = path.split("/")[1]
        if kind not in _WRITERS:
            return 404, {"message": "Not found"}
        if (method != "GET" or kind == "datasources") and token not in _WRITERS[kind]:
            return 403, {"message": f"You'll need additional permissions to perform this action: {kind}:write"}
        answer = self._of(kind, method, path, body)
        if method != "GET" and answer[0] < 400:
            self.writes.append((method, path))
        return answer

    def _of(self, kind: str, method: str, path: str, body: dict[str, Any]) -> Answer:
        match kind, method:
            case "folders", "GET":
                return _found(self.folders.get(path.removeprefix("/folders/")), "folder not found")
            case "folders", "POST":
                return self._new_folder(body)
            case "folders", "PUT":
                return self._changed_folder(path.removeprefix("/folders/"), body)
            case "datasources", "GET":
                return _found(self.data_sources.get(path.removeprefix("/datasources/uid/")), "Data source not found")
            case "datasources", "POST":
                return self._new_data_source(body)
            case "datasources", "PUT":
                return self._changed_data_source(path.removeprefix("/datasources/uid/"), body)
            case "dashboards", "GET":
                return _found(self.dashboards.get(path.removeprefix("/dashboards/uid/")), "Dashboard not found")
            case "dashboards", "POST" if path == "/dashboards/db":
                return self._saved_dashboard(body)
        return 405, {"message": "Method not allowed"}

    def _new_folder(self, body: dict[str, Any]) -> Answer:
        if body["uid"] in self.folders:
            return 412, {"message": "a folder with the same uid already exists"}
        self.folders[body["uid"]] = {"id": len(self.folders) + 1, **body, "version": 1}
        return 200, self.folders[body["uid"]]

    def _changed_folder(self, uid: str, body: dict[str, Any]) -> Answer:
        if uid not in self.folders:
            return 404, {"message": "folder not found"}
        folder = self.folders[uid]
        if body.get("version") != folder["version"] and not body.get("overwrite"):
            return 412, {"message": "the folder has been changed by someone else", "status": "version-mismatch"}
        self.folders[uid] = {**folder, "title": body["title"], "version": folder["version"] + 1}
        return 200, self.folders[uid]

    def _new_data_source(self, body: dict[str, Any]) -> Answer:
        taken = any(one["name"] == body["name"] or uid == body["uid"] for uid, one in self.data_sources.items())
        if taken:
            return 409, {"message": "data source with the same name already exists"}
        return self._keep_data_source({"id": len(self.data_sources) + 1, "readOnly": False}, body)

    def _changed_data_source(self, uid: str, body: dict[str, Any]) -> Answer:
        there = self.data_sources.get(uid)
        if there is None:
            return 404, {"message": "Data source not found"}
        if there["readOnly"]:
            return 403, {"message": "Cannot update read-only data source"}
        return self._keep_data_source(there, body)

    def _keep_data_source(self, there: dict[str, Any], body: dict[str, Any]) -> Answer:
        uid = body["uid"]
        secrets = self.secrets.setdefault(uid, {})
        secrets |= body.get("secureJsonData", {})
        public = {key: value for key, value in body.items() if key != "secureJsonData"}
        kept = {"orgId": 1, "isDefault": False, "basicAuth": False, **there, **public, "version": 1}
        self.data_sources[uid] = kept | {"secureJsonFields": dict.fromkeys(secrets, True)}
        return 200, {"datasource": self.data_sources[uid], "id": kept["id"], "message": "Datasource added"}

    def _saved_dashboard(self, body: dict[str, Any]) -> Answer:
        given, folder = body["dashboard"], body.get("folderUid", "")
        if folder not in self.folders:
            return 400, {"message": "folder not found"}
        if not given.get("title") or not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", given["uid"]):
            return 400, {"message": "Dashboard title cannot be empty, or uid is not one"}
        there = self.dashboards.get(given["uid"])
        if there and there["meta"]["provisioned"]:
            return 400, {"message": "Cannot save provisioned dashboard"}
        before = there["dashboard"]["version"] if there else 0
        if there and given.get("version") != before and not body.get("overwrite"):
            return 412, {"message": "The dashboard has been changed by someone else", "status": "version-mismatch"}
        number = there["dashboard"]["id"] if there else len(self.dashboards) + 1
        kept = {**given, "id": number, "version": before + 1}
        meta = {"folderUid": folder, "version": before + 1, "provisioned": False, "canSave": True}
        self.dashboards[given["uid"]] = {"meta": meta, "dashboard": kept}
        return 200, {"id": number, "uid": given["uid"], "status": "success", "version": before + 1}


@contextlib.contextmanager
def grafana(*, prefix: str = "", tls: ssl.SSLContext | None = None) -> Iterator[FakeGrafana]:
    """A Grafana on a free port, under the path `prefix` ("/grafana") and over TLS if wanted."""
    state = FakeGrafana(prefix=prefix)
    connections: list[socket.socket] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            connections.append(self.connection)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
            pass

        def _reply(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"null") or {}
            under, rest = f"{state.prefix}/api", self.path
            status, value = (
                state.handle(self.command, rest.removeprefix(under), self._token(), body)
                if rest.startswith(under)
                else (404, {"message": "Not found"})
            )
            sent = (json.dumps(value) if state.answer is None else state.answer).encode()
            if state.redirect_to is not None:
                status = 301
            self.send_response(status)
            if state.redirect_to is not None:
                self.send_header("Location", state.redirect_to)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def _token(self) -> str:
            return self.headers.get("Authorization", "").removeprefix("Bearer ")

        do_GET = do_POST = do_PUT = _reply  # noqa: N815 - the base class calls them so

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    scheme = "http"
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    state.url = f"{scheme}://127.0.0.1:{server.server_address[1]}{prefix}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        for connection in connections:  # a client that met an error may hold its own open
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        server.server_close()
        thread.join()


def _found(value: dict[str, Any] | None, otherwise: str) -> Answer:
    return (404, {"message": otherwise}) if value is None else (200, value)
