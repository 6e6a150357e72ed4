"""Progress on the terminal: a bar where there is one, a line an asset elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


class Bar:
    """A listener of ``assets.shown.progress`` that draws on standard error."""

    def __init__(self, title: str, hush: bool = False) -> None:
        self.title, self.hush = title, hush
        self.tty = sys.stderr.isatty() and not hush
        self.began = time.monotonic()
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
            _told(f"{self.title} ...")
        return self

    def __exit__(self, *error: object) -> None:
        if self.tty:
            self.progress.stop()

    def update(self, done: float, asset: str, share: float, text: str) -> None:
        """Show that ``done`` of the run is behind us and what is being done now."""
        if self.tty:
            self.progress.update(self.task, completed=done, what=f"{asset} {text}".strip())
        elif share >= 1.0 and not self.hush:
            _told(f"  {time.monotonic() - self.began:6.1f} s  {done:4.0%}  {asset}")


def _told(line: str) -> None:
    # Whoever read along may have gone (``khanij run | head``): the run goes on.
    with contextlib.suppress(BrokenPipeError):
        print(line, file=sys.stderr, flush=True)
