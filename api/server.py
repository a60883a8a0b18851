"""The web server, which ends the live streams first when it is told to stop."""

import socket

import uvicorn
from fastapi import FastAPI

from api.live import LiveHub

GRACE_S = 5
"""How long requests that are being answered may take after the server was told to stop."""


class BoardServer(uvicorn.Server):
    """A live stream never ends by itself, and uvicorn waits for open answers: so they are ended before it waits."""

    def __init__(
        self, app: FastAPI, hub: LiveHub, *, host: str, port: int, log_level: str = "warning", proxies: str = ""
    ) -> None:
        """`proxies`: addresses or networks, with commas, that are believed when they say whom they ask for."""
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            log_level=log_level,
            timeout_graceful_shutdown=GRACE_S,
            proxy_headers=bool(proxies),  # else any program on this machine may say that it comes from elsewhere
            forwarded_allow_ips=proxies,
        )
        super().__init__(config)
        self._hub = hub

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._hub.close()
        await super().shutdown(sockets)
