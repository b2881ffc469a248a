"""HTML whose text is escaped unless it is markup already."""

from html import escape

from camformation.report.terminal_text import visible_lines


class Html(str):
    """Markup: only results of `tag`, never text from elsewhere."""


Content = str | Html | None


def text(content: str) -> Html:
    """Return text as markup; hidden and reordering characters are written out."""
    return Html(escape(visible_lines(content)))


def join(*parts: Content) -> Html:
    """Return the joined parts; text among them is escaped."""
    return Html("".join(part if isinstance(part, Html) else text(part) for part in parts if part))


def tag(name: str, *content: Content, **attributes: str | bool | None) -> Html:
    """Return an element. `class_` is `class`, `_` in other names a hyphen; None omits an
    attribute."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{text(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Html(f"<{name}{written}>{join(*content)}</{name}>")


def table(heads: list[str], rows: list[list[Content]], class_: str | None = None) -> Html:
    """Return a table that scrolls by itself on a narrow page."""
    head = tag("tr", *(tag("th", each, scope="col") for each in heads))
    body = (tag("tr", *(tag("td", cell) for cell in row)) for row in rows)
    inner = tag("table", tag("thead", head), tag("tbody", *body), class_=class_)
    return tag("div", inner, class_="wide", tabindex="0")


def fold(summary: Content, *content: Content, open_: bool = False, class_: str = "") -> Html:
    """Return a part that the reader can open without a script; `rest` stays folded on paper."""
    return tag("details", tag("summary", summary), *content, class_=class_ or None, open=open_)
