"""A real nginx on loopback with a shipped file in it, for as long as a test needs it: one process, nothing installed."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
HINT = "no nginx: apt-get install nginx-light"


def has_nginx() -> bool:
    """Whether the program is there."""
    return shutil.which("nginx") is not None


def shipped(name: str, replaced: dict[str, str]) -> str:
    """The text of a file of ``deploy`` with a user's own names for what the file says; each has to be in it."""
    text = (DEPLOY / name).read_text(encoding="utf-8")
    for old, new in replaced.items():
        assert old in text, f"{name} says nothing of {old}"
        text = text.replace(old, new)
    return text


@contextlib.contextmanager
def nginx(folder: Path, http: str, port: int) -> Iterator[None]:
    """``http`` as the content of nginx's ``http { ... }``, from when ``port`` answers; ended when the context is left."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {folder / kind};" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/log; events {{}}\n"
        f"http {{ access_log {folder}/access; {temporary}\n{http}\n}}\n"
    )
    with (folder / "stderr").open("wb") as stderr:
        process = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)], stderr=stderr)
    try:
        until = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((folder / "stderr").read_text())
            time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()
