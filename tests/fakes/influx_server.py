"""What a set-up needs of InfluxDB 2.x and 3 Core, behind real HTTP: neither can be installed as a package here.

Behaves as their API is documented (paths, parameters, bodies, status codes, error bodies) and keeps state, so that what
was made is found again and what a token may not do is refused. It stores lines without reading them.
"""

import gzip
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ADMIN = "the-admin-token"
POLL_S = 0.01
ORG_ID = "00000000000000aa"
Json = dict[str, Any]
Answer = tuple[int, Any]


class Refusal(Exception):  # noqa: N818 - an answer, not a fault
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.answer: Answer = (status, {"code": code, "message": message, "error": message})


@dataclass
class InfluxState:
    """The server's content; `requests` holds method and path of everything that was asked."""

    version: str
    org: str = "nightbelt"
    buckets: list[Json] = field(default_factory=list)
    mappings: list[Json] = field(default_factory=list)
    tokens: list[Json] = field(default_factory=list)
    databases: dict[str, str | None] = field(default_factory=dict)
    lines: dict[str, list[str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    url: str = ""

    def changes(self) -> list[str]:
        """The requests that were to change something."""
        return [request for request in self.requests if not request.startswith("GET")]

    def answer(self, method: str, path: str, query: dict[str, str], token: str, body: Any) -> Answer:
        self.requests.append(f"{method} {path}")
        if path == "/ping":
            if self.version.startswith("v3"):
                self._demand_admin(token)
            return 204, None
        for pattern, respond in _ROUTES[self.version[:2]].items():
            if match := re.fullmatch(pattern, f"{method} {path}"):
                return respond(self, query, token, body, *match.groups())
        return 404, {"code": "not found", "message": "path not found"}

    def _demand_admin(self, token: str) -> None:
        if token == ADMIN:
            return
        if token in {issued["token"] for issued in self.tokens}:
            raise Refusal(403, "forbidden", "insufficient permissions for write")
        raise Refusal(401, "unauthorized", "unauthorized access")

    def _demand(self, token: str, action: str, bucket_id: str) -> None:
        for issued in self.tokens:
            resources = [one["resource"] for one in issued["permissions"] if one["action"] == action]
            if issued["token"] == token and {"type": "buckets", "id": bucket_id, "orgID": ORG_ID} in resources:
                return
        self._demand_admin(token)

    def orgs(self, query: dict[str, str], token: str, body: Any) -> Answer:
        self._demand_admin(token)
        if query.get("org") != self.org:
            raise Refusal(404, "not found", f'organization name "{query.get("org")}" not found')
        return 200, {"orgs": [{"id": ORG_ID, "name": self.org}]}

    def find_buckets(self, query: dict[str, str], token: str, body: Any) -> Answer:
        self._demand_admin(token)
        found = [one for one in self.buckets if one["name"] == query["name"] and one["orgID"] == query["orgID"]]
        if not found:
            raise Refusal(404, "not found", f'bucket "{query["name"]}" not found')
        return 200, {"buckets": found}

    def make_bucket(self, query: dict[str, str], token: str, body: Any) -> Answer:
        self._demand_admin(token)
        if any(one["name"] == body["name"] for one in self.buckets):
            raise Refusal(422, "conflict", f"bucket with name {body['name']} already exists")
        made = {"id": f"{len(self.buckets) + 1:016x}", **body}
        self.buckets.append(made)
        return 201, made

    def change_bucket(self, query: dict[str, str], token: str, body: Any, bucket_id: str) -> Answer:
        self._demand_admin(token)
        bucket = next(one for one in self.buckets if one["id"] == bucket_id)
        bucket.update(body)
        return 200, bucket

    def find_mappings(self, query: dict[str, str], token: str, body: Any) -> Answer:
        self._demand_admin(token)
        mapped = {one["bucketID"] for one in self.mappings}
        virtual = [
            {"id": one["id"], "database": one["name"], "retention_policy": "autogen", "default": False, "virtual": True}
            | {"orgID": ORG_ID, "bucketID": one["id"]}
            for one in self.buckets
            if one["id"] not in mapped
        ]
        found = [one for one in self.mappings + virtual if one["database"] == query["db"]]
        return 200, {"content": found}

    def make_mapping(self, query: dict[str, str], token: str, body: Any) -> Answer:
        self._demand_admin(token)
        made = {"id": f"{len(self.mappings) + 256:016x}", **body}
        self.mappings.append(made)
        return 201, made

    def find_tokens(self, query: dict[str, str], token: str, body: Any) -> Answer:
        self._demand_admin(token)
        return 200, {"authorizations": [{**one, "token": "redacted"} for one in self.tokens]}

    def make_token(self, query: dict[str, str], token: str, body: Any) -> Answer:
        self._demand_admin(token)
        serial = len(self.requests)
        made = {"id": f"{serial:016x}", "token": f"issued-{serial}", "status": "active", **body}
        self.tokens.append(made)
        return 201, made

    def delete_token(self, query: dict[str, str], token: str, body: Any, token_id: str) -> Answer:
        self._demand_admin(token)
        self.tokens = [one for one in self.tokens if one["id"] != token_id]
        return 204, None

    def write(self, query: dict[str, str], token: str, body: Any) -> Answer:
        bucket = next((one for one in self.buckets if one["name"] == query["bucket"]), None)
        if bucket is None or query.get("org") != self.org:
            raise Refusal(404, "not found", f'bucket "{query["bucket"]}" not found')
        self._demand(token, "write", bucket["id"])
        assert query["precision"] == "ms"
        self.lines.setdefault(query["bucket"], []).extend(body.decode().splitlines())
        return 204, None

    def query(self, query: dict[str, str], token: str, body: Any) -> Answer:
        mapping = next((one for one in self.mappings if one["database"] == query["db"] and one["default"]), None)
        if mapping is None:
            return 200, {"results": [{"statement_id": 0, "error": f"database not found: {query['db']}"}]}
        self._demand(token, "read", mapping["bucketID"])
        return 200, {"results": [{"statement_id": 0}]}

    def select_only(self, query: dict[str, str], token: str, body: Any) -> Answer:
        self._demand_admin(token)
        if not query["q"].startswith("SELECT"):
            raise Refusal(400, "invalid", "error in InfluxQL statement: not implemented: DELETE")
        return 200, {"results": [{"statement_id": 0}]}

    def find_databases(self, query: dict[str, str], token: str, body: Any) -> Answer:
        self._demand_admin(token)
        assert query["format"] == "json"
        return 200, [{"iox::database": name} for name in self.databases]

    def make_database(self, query: dict[str, str], token: str, body: Any) -> Answer:
        self._demand_admin(token)
        if body["db"] in self.databases:
            raise Refusal(409, "conflict", "attempted to create a resource that already exists")
        self.databases[body["db"]] = body.get("retention_period")
        return 200, None


_ROUTES: dict[str, dict[str, Callable[..., Answer]]] = {
    "v2": {
        "GET /api/v2/orgs": InfluxState.orgs,
        "GET /api/v2/buckets": InfluxState.find_buckets,
        "POST /api/v2/buckets": InfluxState.make_bucket,
        "PATCH /api/v2/buckets/([0-9a-f]+)": InfluxState.change_bucket,
        "GET /api/v2/dbrps": InfluxState.find_mappings,
        "POST /api/v2/dbrps": InfluxState.make_mapping,
        "GET /api/v2/authorizations": InfluxState.find_tokens,
        "POST /api/v2/authorizations": InfluxState.make_token,
        "DELETE /api/v2/authorizations/([0-9a-f]+)": InfluxState.delete_token,
        "POST /api/v2/write": InfluxState.write,
        "(?:GET|POST) /query": InfluxState.query,
    },
    "v3": {
        "GET /api/v3/configure/database": InfluxState.find_databases,
        "POST /api/v3/configure/database": InfluxState.make_database,
        "(?:GET|POST) /query": InfluxState.select_only,
    },
}


@contextmanager
def fake_influx(version: str) -> Iterator[InfluxState]:
    """A server of that version ("v2.7.12", "v3.4.0") with the organisation "nightbelt" and the token ADMIN."""
    state = InfluxState(version=version)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one piece: two cost a delayed acknowledgement

        def _respond(self) -> None:
            url = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(url.query).items()}
            token = self.headers.get("Authorization", "").removeprefix("Token ")
            try:
                status, answer = state.answer(self.command, url.path, query, token, self._body())
            except Refusal as refusal:
                status, answer = refusal.answer
            content = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("X-Influxdb-Version", state.version)
            self.send_header("Content-Type", "application/json")
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _body(self) -> Any:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Content-Encoding") == "gzip":
                return gzip.decompress(body)
            return json.loads(body) if body and body != b"null" else None

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Tests are quiet."""

        do_GET = do_POST = do_PATCH = do_DELETE = _respond  # noqa: N815 - the base class's names

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(POLL_S,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
