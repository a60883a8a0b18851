"""Threads of tries."""

import threading

import pytest

from nightbelt.channels.errands import Errands


def test_a_thread_that_never_ends_does_not_keep_the_program_from_ending() -> None:
    assert Errands().submit(lambda: threading.current_thread().daemon).result(5)
    with pytest.raises(ZeroDivisionError):
        Errands().submit(lambda: 1 / 0).result(5)
