"""Chromium without a window: a page is opened in frames, used, measured, printed and drawn.

One process serves all pages, for it starts longer than it works. It is spoken to as developers'
tools do (Chrome DevTools Protocol), over two pipes.
"""

import json
import os
import subprocess
import sys
import zlib
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select
from typing import Any

import pytest

from website.__main__ import found_browser

CHROMIUM = found_browser()
needs_browser = pytest.mark.skipif(
    not CHROMIUM and not os.environ.get("CI"), reason="needs Chromium, which CI has"
)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"),
    *("--disable-background-networking", "--disable-extensions", "--disable-dev-shm-usage"),
    *("--password-store=basic", "--use-mock-keychain"),  # or macOS asks a person for its keychain
    *("--allow-file-access-from-files", "--disable-web-security"),  # the harness reads its frames
    "--remote-debugging-pipe",
)
PIPES = "import os, sys; os.dup2({0}, 3); os.dup2({1}, 4); os.execv(sys.argv[1], sys.argv[1:])"
"""Chromium reads commands from 3, and writes answers to 4."""
SECONDS = 120  # that anything may take
HARNESS = """<!doctype html><meta charset="utf-8"><body><script>
const results = {};
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const frame = async (width, sandbox) => {
  const made = document.createElement('iframe');
  made.style.cssText = 'width:' + width + 'px;height:900px;border:0';
  if (sandbox) { made.sandbox = 'allow-same-origin'; }
  const loaded = new Promise((done) => { made.onload = done; });
  made.src = 'page.html';
  document.body.append(made);
  await loaded;
  return made.contentWindow;
};
const overflow = (view) => {
  const page = view.document.documentElement;
  const inner = (each) => each.closest('.wide, pre, svg');
  return [...view.document.body.querySelectorAll('*')].filter((each) =>
    !inner(each.parentElement) && each.getBoundingClientRect().right > view.innerWidth + 1
  ).map((each) => each.tagName + '.' + each.className).concat(
    page.scrollWidth > view.innerWidth + 1 ? ['the page'] : []);
};
const shown = (view) => [...view.document.querySelectorAll('.entry')].filter((each) =>
  view.getComputedStyle(each).display !== 'none').length;
const done = (async () => {
  try { %s } catch (error) { results.error = String(error); }
  return JSON.stringify(results);
})();
</script>"""


class Browser:
    """A browser that runs, and the pipes to it."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._heard = b""
        self._number = 0

    def used(self, page: str, script: str, folder: Path) -> Any:
        """Return the results of a script that uses a page: see HARNESS for what it can call."""
        (folder / "page.html").write_text(page, "utf-8")
        harness = folder / "harness.html"
        harness.write_text(HARNESS % script, "utf-8")
        with self._opened(harness) as tab:
            found = self._ask(
                "Runtime.evaluate", tab, expression="done", awaitPromise=True, returnByValue=True
            )
        results = json.loads(found["result"]["value"])
        assert "error" not in results, results
        return results

    def printed(self, page: str, folder: Path) -> bytes:
        """Return the page as PDF."""
        (folder / "page.html").write_text(page, "utf-8")
        with self._opened(folder / "page.html") as tab:
            return b64decode(self._ask("Page.printToPDF", tab)["data"])

    def drawn(self, file: Path, width: int, height: int) -> bytes:
        """Return the pixels of a page or picture, as PNG filters them."""
        with self._opened(file, width=width, height=height) as tab:
            return pixels(b64decode(self._ask("Page.captureScreenshot", tab)["data"]))

    @contextmanager
    def _opened(self, file: Path, **size: int) -> Iterator[str]:
        """Open a file in a tab, and wait until it has loaded; the tab's session."""
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        tab = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        if size:
            self._ask(
                "Emulation.setDeviceMetricsOverride", tab, deviceScaleFactor=1, mobile=False, **size
            )
        self._ask("Page.enable", tab)
        assert "errorText" not in self._ask("Page.navigate", tab, url=file.as_uri())
        while self._message().get("method") != "Page.loadEventFired":
            pass
        yield tab
        self._ask("Target.closeTarget", targetId=target)

    def _ask(self, method: str, tab: str | None = None, **parameters: Any) -> Any:
        self._number += 1
        asked = {"id": self._number, "method": method, "params": parameters}
        if tab:
            asked["sessionId"] = tab
        os.write(self._commands, json.dumps(asked).encode() + b"\0")
        while (found := self._message()).get("id") != self._number:
            pass
        assert "error" not in found, (method, found)
        return found["result"]

    def _message(self) -> Any:
        """Return the next answer or event."""
        while b"\0" not in self._heard:
            assert select([self._answers], [], [], SECONDS)[0], "Chromium does not answer"
            read = os.read(self._answers, 1 << 20)
            assert read, "Chromium has ended"
            self._heard += read
        message, _, self._heard = self._heard.partition(b"\0")
        return json.loads(message)


@contextmanager
def running(folder: Path) -> Iterator[Browser]:
    """Run a browser whose profile is in a folder."""
    assert CHROMIUM, "there is no Chromium"
    read_commands, commands = os.pipe()
    answers, write_answers = os.pipe()
    theirs = (read_commands, write_answers)
    profile = f"--user-data-dir={folder / 'profile'}"
    process = subprocess.Popen(
        [sys.executable, "-c", PIPES.format(*theirs), CHROMIUM, *FLAGS, profile],
        pass_fds=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(folder)},
    )
    for each in theirs:
        os.close(each)
    browser = Browser(commands, answers)
    try:
        yield browser
        browser._ask("Browser.close")
        process.wait(SECONDS)
    finally:
        process.kill()
        process.wait()
        os.close(commands)
        os.close(answers)


def pixels(png: bytes) -> bytes:
    """Return the filtered scan lines of a PNG (PNG specification, chunk layout)."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, data = 8, b""
    while at < len(png):
        length, kind = int.from_bytes(png[at : at + 4]), png[at + 4 : at + 8]
        if kind == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += length + 12
    return zlib.decompress(data)
