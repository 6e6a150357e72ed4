"""A headless Chromium driven through its own debugging protocol over the loopback: open, press, click, read, picture."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

import aiohttp

CHROMIUM = next((p for p in ("chromium", "chromium-browser", "google-chrome") if shutil.which(p)), "")
_KEYS = {
    "Enter": 13,
    "Escape": 27,
    "c": 67,
    "ArrowDown": 40,
    "ArrowUp": 38,
    "Tab": 9,
    " ": 32,
    "End": 35,
    "Home": 36,
    "+": 187,
}


class Browser:
    """One page in one browser; every request that is not for the opened file is recorded."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.requests, self.errors = folder, [], []
        self._number = 0

    async def __aenter__(self) -> Browser:
        arguments = [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
            "--disable-dev-shm-usage", f"--user-data-dir={self.folder / 'profile'}", "--remote-debugging-port=0",
            "--window-size=1300,1000", "about:blank",
        ]  # fmt: skip
        self.process = subprocess.Popen(
            arguments,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(self.folder)},
        )
        active = self.folder / "profile" / "DevToolsActivePort"
        for _ in range(300):
            if active.is_file() and len(active.read_text().splitlines()) > 1:
                break
            await asyncio.sleep(0.1)
        port = active.read_text().splitlines()[0]
        self.session = aiohttp.ClientSession()
        async with self.session.get(f"http://127.0.0.1:{port}/json") as answer:
            page = next(t for t in await answer.json() if t["type"] == "page")
        self.socket = await self.session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0)
        for domain in ("Page", "Runtime", "Network", "Log"):
            await self.send(f"{domain}.enable")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.socket.close()
        await self.session.close()
        self.process.terminate()
        self.process.wait(20)

    async def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol, and its result."""
        self._number += 1
        number = self._number
        await self.socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            message = json.loads((await self.socket.receive(timeout=60)).data)
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]
            if message.get("method") == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
            elif message.get("method") == "Runtime.exceptionThrown":
                self.errors.append(str(message["params"]["exceptionDetails"].get("exception", {}).get("description")))
            elif message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                self.errors.append(message["params"]["entry"]["text"])

    async def open(self, url: str) -> None:
        """Open a page and wait until it says that it is ready."""
        await self.send("Page.navigate", url=url)
        for _ in range(200):
            if await self.value("document.documentElement && document.documentElement.dataset.ready === 'yes'"):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"the page is not ready: {self.errors}")

    async def value(self, expression: str) -> Any:
        """The value of an expression in the page."""
        result = await self.send("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def press(self, key: str, times: int = 1) -> None:
        """A key pressed and released as a user would."""
        for _ in range(times):
            extra = {"text": "\r"} if key == "Enter" else {"text": key} if len(key) == 1 else {}
            for kind in ("keyDown", "keyUp"):
                await self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=_KEYS.get(key, 0), **(extra if kind == "keyDown" else {}))  # fmt: skip

    async def click(self, x: float, y: float) -> None:
        """A click of the left button."""
        for kind in ("mousePressed", "mouseReleased"):
            await self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def picture(self, path: Path) -> None:
        """A picture of what is seen."""
        result = await self.send("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(result["data"]))
