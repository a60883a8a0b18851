"""Threads of tries."""

import threading

import pytest

from nightbelt.channels.errands import Errands


def test_a_thread_that_never_ends_does_not_keep_the_program_from_ending() -> None:
    assert Errands().submit(lambda: threading.current_thread().daemon).result(5)
    with pytest.raises(ZeroDivisionError):
        Errands().submit(lambda: 1 / 0).result(5)


def test_where_no_thread_can_be_begun_the_try_has_failed_and_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert isinstance(Errands().submit(lambda: None).exception(0), RuntimeError)
