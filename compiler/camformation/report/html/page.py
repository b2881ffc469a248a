"""The frame of a page: its style, its script, and the policy that allows only these.

Content Security Policy Level 3: inline styles and scripts are allowed by their hashes. Under a
policy that refuses even those, everything can still be read and folded.
"""

from base64 import b64encode
from hashlib import sha256

from camformation.report.html.markup import Html, tag, text
from camformation.report.html.script import SCRIPT
from camformation.report.html.style import STYLE


def page(title: str, *body: Html, style: str = "") -> str:
    """Return a complete page. It neither loads nor sends anything."""
    styles = f"{STYLE}{style}"
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src {_hash(styles)}",
            f"script-src {_hash(SCRIPT)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{text(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{text(title)}</title>\n<style>{styles}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + f"\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )


def _hash(inline: str) -> str:
    return f"'sha256-{b64encode(sha256(inline.encode()).digest()).decode()}'"


def section(name: str, title: str, *content: Html | str | None) -> Html:
    """Return a section with a heading that can be linked to."""
    return tag("section", tag("h2", title), *content, id=name)


def picture(svg: str, about: str) -> Html:
    """Return an SVG file as an image with its own style, independent of the page's policy."""
    data = b64encode(svg.encode()).decode()
    shown = f'<img class="picture" alt="{text(about)}" src="data:image/svg+xml;base64,{data}">'
    return tag("div", Html(shown), class_="wide", tabindex="0")


def filters(kinds: list[tuple[str, str]], hint: str) -> Html:
    """Return check boxes that hide kinds of entries by style alone, and a search with the
    script."""
    boxes = [
        Html(
            f'<label class="chip {kind}"><input type="checkbox" id="show-{kind}" checked>'
            f"{text(label)}</label>"
        )
        for kind, label in kinds
    ]
    search = Html(
        '<span class="search" hidden><input type="search" id="search" aria-label="Search" '
        f'placeholder="{text(hint)}"><output id="found"></output></span>'
    )
    return tag("div", *boxes, search, class_="filters")
