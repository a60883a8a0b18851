"""A board's live stream without a browser: when did each alarm arrive?"""

import contextlib
import http.client
import json
import re
import socket
import threading
import time
from urllib.parse import urlencode

from tests.integration.running import LOGIN, PASSWORD


class BoardStream:
    """Signed in and listening from the start on; `seen` holds the instant (ms) at which each alarm was told first."""

    def __init__(self, web_port: int) -> None:
        self._port = web_port
        self.seen: dict[str, float] = {}
        self._cookies: dict[str, str] = {}
        self._sign_in()
        self._connection = http.client.HTTPConnection("127.0.0.1", web_port, timeout=30)
        self._connection.request("GET", "/live", headers=self._headers())
        assert self._connection.sock is not None
        self._link = self._connection.sock
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200
        self._thread = threading.Thread(target=self._listen, name="board-stream", daemon=True)
        self._thread.start()

    def __enter__(self) -> "BoardStream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up, and let the listener notice."""
        with contextlib.suppress(OSError):  # the server may have hung up first
            self._link.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._answer.close()
        self._link.close()
        self._connection.close()

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a page or a program's answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.request("GET", path, headers=self._headers())
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def _sign_in(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        connection.request("GET", "/login")
        answer = connection.getresponse()
        found = re.search(r'name="csrf" value="([^"]+)"', answer.read().decode())
        assert found is not None
        self._take_cookies(answer)
        form = urlencode({"login": LOGIN, "password": PASSWORD, "csrf": found[1]})
        headers = {**self._headers(), "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/login", form, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 303
        self._take_cookies(answer)
        connection.close()

    def _take_cookies(self, answer: http.client.HTTPResponse) -> None:
        for header in answer.headers.get_all("set-cookie") or []:
            name, _, value = header.partition(";")[0].partition("=")
            self._cookies[name] = value

    def _headers(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}

    def _listen(self) -> None:
        event = b""
        try:
            for line in self._answer:
                if line.startswith(b"event: "):
                    event = line[7:].strip()
                elif line.startswith(b"data: ") and event == b"alarm":
                    now = time.clock_gettime_ns(time.CLOCK_REALTIME) / 1e6
                    alarm_id = json.loads(line[6:])["alarm_id"]
                    self.seen.setdefault(alarm_id, now)
        except (OSError, http.client.HTTPException):
            return  # hung up, by one side or the other
