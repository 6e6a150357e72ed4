"""Ctrl-C and SIGTERM: the first ends what is under way in good order, a second ends the process at once.

Belongs here: the handlers, and work that can be stopped from outside. Does not belong here: what a stopped run leaves in
Dagster's books (``runs``). Nothing heavy is imported: the handlers stand before the imports that take seconds.

Python runs a handler in the main thread, between two of its instructions: a second Ctrl-C would wait for a long call of
a compiled library. So a run works in a thread of its own, and the main thread has nothing to do but to hear signals.
"""

from __future__ import annotations

import contextvars
import ctypes
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from publishing.uninterrupted import uninterrupted

T = TypeVar("T")
EXIT = 130
SAME_S = 0.25  # a terminal, timeout(1) or make may pass one wish on twice
ASK_S = 2.0
PATIENCE_S = 3.0  # after which a stop that was not obeyed is spoken of
AGAIN_S = 15.0  # where a library swallowed the interruption
_LOOK_S = 0.05


class Stopped(KeyboardInterrupt):
    """Someone pressed Ctrl-C or sent SIGTERM; ``told`` says what was not done."""

    def __init__(self, told: str = "") -> None:
        super().__init__(told)
        self.told = told


class _Wish:
    """Whether a stop was asked for, and whether the main thread may be interrupted by it."""

    def __init__(self) -> None:
        self.active, self.held, self.at = False, False, 0.0

    def hear(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if not self.at:
            self.at = now
            if not self.held:
                raise Stopped
        elif now - self.at > SAME_S:
            os._exit(EXIT)


_wish = _Wish()


def stop_came() -> bool:
    """Whether a stop was asked for."""
    return _wish.at > 0


def check() -> None:
    """Begin nothing new after a stop.

    Raises
    ------
    Stopped : one was asked for.
    """
    if stop_came():
        raise Stopped


@contextmanager
def heard() -> Iterator[None]:
    """Hear Ctrl-C and SIGTERM for as long as the context lasts; elsewhere than in the main thread nothing changes."""
    if threading.current_thread() is not threading.main_thread() or _wish.active:
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, _wish.hear) for number in numbers}
    last_resort = logging.lastResort
    _wish.active, _wish.held, _wish.at = True, False, 0.0
    try:
        yield
    finally:
        _wish.active = False
        logging.lastResort = last_resort
        for number, handler in before.items():
            signal.signal(number, handler)


def interruptible(
    work: Callable[[], T],
    on_stop: Callable[[], None],
    interruption: type[BaseException],
    asked: Callable[[], bool] | None = None,
) -> T:
    """What ``work`` returns; it runs in a thread of its own where signals are heard.

    Parameters
    ----------
    on_stop : called once, when a stop is asked for, before the work is interrupted.
    interruption : what is raised in the work.
    asked : looked at every ``ASK_S``: whether a stop was asked for elsewhere than by a signal.

    Raises
    ------
    Stopped : a stop was asked for; the work has ended.
    """
    if not _wish.active or threading.current_thread() is not threading.main_thread():
        return work()
    values: list[T] = []
    errors: list[BaseException] = []

    def target() -> None:
        # Programs that the work starts inherit this: Ctrl-C reaches a terminal's whole group, and theirs is not to answer.
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            values.append(work())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(target,), name="khanij-run", daemon=True)
    _wish.held = True
    try:
        check()
        thread.start()
        _wait(thread, on_stop, interruption, asked)
    finally:
        _wish.held = False
    check()
    if errors:
        raise errors[0]
    return values[0]


def _wait(
    thread: threading.Thread,
    on_stop: Callable[[], None],
    interruption: type[BaseException],
    asked: Callable[[], bool] | None,
) -> None:
    told, said, sent_at, asked_at = False, False, 0.0, time.monotonic()
    while thread.is_alive():
        thread.join(_LOOK_S)
        if asked is not None and not stop_came() and time.monotonic() - asked_at > ASK_S:
            asked_at = time.monotonic()
            if asked():
                _wish.at = asked_at
        if not stop_came() or not thread.is_alive():
            continue
        if not told:
            told = True
            _mute_libraries()
            on_stop()
        if not said and time.monotonic() - _wish.at > PATIENCE_S:
            said = True
            print("stopping: what is under way ends first; once more ends it at once", file=sys.stderr, flush=True)
        if time.monotonic() - sent_at > AGAIN_S:
            sent_at = time.monotonic()
            with uninterrupted():
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(thread.ident or 0), ctypes.py_object(interruption)
                )


def _mute_libraries() -> None:
    """The interruption may land in a library's clean-up, which logs it with its traceback: nobody is to answer that."""
    logging.lastResort = logging.NullHandler()


def leave(status: int) -> int:
    """End a stopped process without waiting for threads that wait for a server; another status is given back."""
    if status == EXIT:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(EXIT)
    return status
