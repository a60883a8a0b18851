"""Threads of tries: each has one of its own, which ends with the program however long its service keeps it."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class Errands(Executor):
    """Begins everything at once; how much that may be is the caller's to say.

    No thread is waited for at the end of the program: what never comes back must not keep it from being started anew.
    """

    def submit(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()

        def run() -> None:
            try:
                future.set_result(call(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 - whatever it is, the caller is to hear of it
                future.set_exception(error)

        try:
            threading.Thread(target=run, name="courier", daemon=True).start()
        except RuntimeError as error:  # no room for a thread just now: a try that failed, and not the end of the call
            future.set_exception(error)
        return future
