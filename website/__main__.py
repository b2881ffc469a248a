"""`python -m website FOLDER` searches a built site as a reader would who opens it from disk."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
WORD = "brokers"


def found_browser() -> str:
    """Return the path of a browser of the Chromium family; an empty text if there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), "")


def main(folder: str) -> None:
    """Raise SystemExit unless the search finds pages, and every page loads only its own files."""
    site = Path(folder).resolve()
    for each in site.rglob("*.html"):
        text = each.read_text("utf-8")
        if foreign := re.search(r"<(?:script|img|iframe)[^>]* src=\"?https?:[^>]*>", text):
            sys.exit(f"{each.relative_to(site)} loads from elsewhere: {foreign[0]}")
    if not (browser := found_browser()):
        print(f"{site}/index.html: not searched, for there is no {BROWSERS[0]}")
        return
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=10000"]
    page = f"{(site / 'index.html').as_uri()}?q={WORD}"
    done = subprocess.run(
        [browser, *options, "--dump-dom", page], capture_output=True, text=True, timeout=120
    )
    found = re.search(r"(\d+) matching documents<", done.stdout)
    if not found:
        sys.exit(f"the search from disk finds nothing of {WORD!r}")
    print(f"{site}/index.html: a search from disk finds {WORD!r} in {found[1]} pages")


if __name__ == "__main__":
    main(*sys.argv[1:])
