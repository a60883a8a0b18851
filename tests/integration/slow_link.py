"""A link to an engine that can be made slow: a relay of connections that holds every answer back."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator


class SlowLink:
    """Relays `port` of this machine to the engine; answers come `delay_s` later."""

    def __init__(self, to_port: int) -> None:
        self.delay_s = 0.0
        self._to_port = to_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, name="slow-link", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """No new connections; those that stand end with their sides."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._to_port))
            except OSError:
                near.close()
                continue
            for source, sink, slow in ((near, far, False), (far, near, True)):
                threading.Thread(target=self._relay, args=(source, sink, slow), daemon=True).start()

    def _relay(self, source: socket.socket, sink: socket.socket, slow: bool) -> None:
        with contextlib.suppress(OSError), source, sink:
            while data := source.recv(65_536):
                if slow:
                    time.sleep(self.delay_s)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def slow_link(to_port: int) -> Iterator[SlowLink]:
    link = SlowLink(to_port)
    try:
        yield link
    finally:
        link.close()
