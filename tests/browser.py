"""Chromium without a window: a page is opened in frames, used, measured, printed and drawn."""

import html
import json
import os
import re
import subprocess
import zlib
from pathlib import Path
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
)
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
(async () => {
  try { %s } catch (error) { results.error = String(error); }
  const out = document.createElement('pre');
  out.id = 'results';
  out.textContent = JSON.stringify(results);
  document.body.append(out);
})();
</script>"""


def used(page: str, script: str, folder: Path) -> Any:
    """Return the results of a script that uses a page: see HARNESS for what it can call."""
    (folder / "page.html").write_text(page, "utf-8")
    harness = folder / "harness.html"
    harness.write_text(HARNESS % script, "utf-8")
    reading = ("--allow-file-access-from-files", "--disable-web-security")
    out = _run(folder, *reading, "--virtual-time-budget=8000", "--dump-dom", harness.as_uri())
    found = re.search(r'<pre id="results">(.*?)</pre>', out, re.S)
    assert found, out[-2000:]
    results = json.loads(html.unescape(found[1]))
    assert "error" not in results, results
    return results


def printed(page: str, folder: Path) -> bytes:
    """Return the page as PDF."""
    (folder / "page.html").write_text(page, "utf-8")
    pdf = folder / "page.pdf"
    _run(folder, f"--print-to-pdf={pdf}", (folder / "page.html").as_uri())
    return pdf.read_bytes()


def drawn(file: Path, width: int, height: int, folder: Path) -> bytes:
    """Return the pixels of a page or picture, as PNG filters them."""
    shot = folder / "shot.png"
    _run(folder, f"--window-size={width},{height}", f"--screenshot={shot}", file.as_uri())
    return pixels(shot.read_bytes())


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


def _run(folder: Path, *arguments: str) -> str:
    assert CHROMIUM, "there is no Chromium"
    profile = f"--user-data-dir={folder / 'profile'}"
    environment = {**os.environ, "HOME": str(folder)}
    done = subprocess.run(
        [CHROMIUM, *FLAGS, profile, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        check=True,
    )
    return done.stdout
