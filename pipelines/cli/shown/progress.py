"""Progress on the terminal: a bar where there is one, a line an asset elsewhere."""

from __future__ import annotations

import contextlib
import sys
import threading
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

QUIET_S = 20.0
"""After so long without a finished asset a line says what is under way, and again each time as long."""
_FIRST = " (the first run of an installation also compiles its kernels, which takes minutes)"


class Bar:
    """A listener of ``assets.shown.progress`` that draws on standard error."""

    def __init__(self, title: str, hush: bool = False) -> None:
        self.title, self.hush = title, hush
        self.tty = sys.stderr.isatty() and not hush
        self.began = time.monotonic()
        self.under_way, self.told_at, self.has_told = "", self.began, False
        self.over = threading.Event()
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[what]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )

    def __enter__(self) -> Bar:
        if self.tty:
            self.progress.start()
            self.task = self.progress.add_task(self.title, total=1.0, what="")
        elif not self.hush:
            tell_title(self.title)
            threading.Thread(target=self._tell_what_takes_long, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.over.set()
        if self.tty:
            self.progress.stop()

    def update(self, done: float, asset: str, share: float, text: str) -> None:
        """Show that ``done`` of the run is behind us and what is being done now."""
        if self.tty:
            self.progress.update(self.task, completed=done, what=f"{asset} {text}".strip())
        elif share >= 1.0 and not self.hush:
            self.under_way, self.told_at = "", time.monotonic()
            _told(f"  {time.monotonic() - self.began:6.1f} s  {done:4.0%}  {asset}")
        else:
            self.under_way = asset

    def _tell_what_takes_long(self) -> None:
        while not self.over.wait(QUIET_S / 10):
            now = time.monotonic()
            if self.under_way and now - self.told_at >= QUIET_S:
                _told(
                    f"  {now - self.began:6.1f} s        {self.under_way} is under way{'' if self.has_told else _FIRST}"
                )
                self.told_at, self.has_told = now, True


def tell_title(title: str) -> None:
    """The line by which a region begins where there is no bar."""
    _told(f"{title} ...")


def _told(line: str) -> None:
    # Whoever read along may have gone (``khanij run | head``): the run goes on.
    with contextlib.suppress(BrokenPipeError):
        print(line, file=sys.stderr, flush=True)
