"""Hooks of MkDocs: pages outside `docs/`, generated pages, links to files of the repository."""

import posixpath
import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # MkDocs loads this file by its path

from website.reference import pages  # noqa: E402

OUTSIDE = {"README.md": "index.md"} | {
    name: name for name in ("ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
}
"""Pages of the repository beside `docs/`, and their places in the site."""

LINK = re.compile(r"(\]\()([^)\s]+)(\))|(<img[^>]* src=\"|srcset=\")([^\"]+)(\")")
FENCE = re.compile(r"^(```|~~~)[^\n]*\n.*?^\1[ ]*$", re.M | re.S)
INFO = re.compile(r"^(\s*```)(\w+)[ ]+(\w+)(?:[ ]+(\S+))?[ ]*$", re.M)


WORKER = "iframe-worker.js"
"""Stands in for the script of this name that the plugin `offline` would load from the network."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the generated pages of fields into the navigation."""
    fields = [path for path in pages() if path.startswith("reference/fields/")]
    for section in config.nav or ():
        for entry in section.get("Reference", ()) if isinstance(section, dict) else ():
            if isinstance(entry, dict) and "Fields" in entry:
                entry["Fields"] = fields
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside `docs/`, the generated ones, and files that pages link to."""
    for name, place in OUTSIDE.items():
        text = (ROOT / name).read_text("utf-8")
        files.append(File.generated(config, place, content=text))
    for place, text in pages().items():
        files.append(File.generated(config, place, content=text))
    files.append(File.generated(config, WORKER, abs_src_path=str(Path(__file__).with_name(WORKER))))
    for file in list(files.documentation_pages()):
        source = _source(file.src_uri)
        for target in _targets(file.content_string):
            path = _resolved(source, target)
            if path and _page_of(path) is None and (ROOT / path).exists():
                _add(files, config, path)
    return files


def _add(files: Files, config: MkDocsConfig, path: str) -> None:
    """Add a file of the repository, or the files of a folder with a page that lists them."""
    there = ROOT / path
    place = _place(path)
    if files.get_file_from_path(place) is not None:
        return
    if there.is_file():
        files.append(File.generated(config, place, content=there.read_bytes()))
        return
    inside = sorted(each.name for each in there.iterdir() if each.is_file())
    for name in inside:
        _add(files, config, f"{path}/{name}")
    listed = "\n".join(f"- [{name}]({there.name}/{name})" for name in inside)
    text = f"# {path}\n\n{listed}\n"
    files.append(File.generated(config, place, content=text, inclusion=InclusionLevel.NOT_IN_NAV))


def on_page_markdown(markdown: str, /, *, page: Page, files: Files, **_: Any) -> str:
    """Let links lead to places in the site; keep of a block's words those that are known."""
    here = page.file.src_uri
    source = _source(here)
    markdown = _outside_code(markdown, lambda text: _linked(text, here, source, files))
    return INFO.sub(_block, markdown)


def _block(found: re.Match[str]) -> str:
    title = f' title="{found[4]}"' if found[4] else ""
    return f"{found[1]}{found[2]}{title}"


def _outside_code(markdown: str, change: Any) -> str:
    parts, end = [], 0
    for block in FENCE.finditer(markdown):
        parts += [change(markdown[end : block.start()]), block[0]]
        end = block.end()
    return "".join([*parts, change(markdown[end:])])


def _linked(text: str, here: str, source: str, files: Files) -> str:
    def link(found: re.Match[str]) -> str:
        before, target, after = (found[1], found[2], found[3]) if found[1] else found.groups()[3:]
        path = _resolved(source, target)
        if path is None:
            return found[0]
        place = _page_of(path) or _place(path)
        anchor = target.partition("#")[1] + target.partition("#")[2]
        return f"{before}{posixpath.relpath(place, posixpath.dirname(here) or '.')}{anchor}{after}"

    return LINK.sub(link, text)


def _targets(text: str | None) -> list[str]:
    found = LINK.findall(FENCE.sub("", text or ""))
    return [each[1] or each[4] for each in found]


def _source(place: str) -> str:
    """Return where in the repository a page is from; generated texts are written as if in docs/."""
    for name, there in OUTSIDE.items():
        if there == place:
            return name
    return "docs/generated.md" if place.startswith("reference/") else f"docs/{place}"


def _page_of(path: str) -> str | None:
    """Return the place of a repository's file in the site, if it is a page."""
    if path in OUTSIDE:
        return OUTSIDE[path]
    return path.removeprefix("docs/") if re.fullmatch(r"docs/.+\.md", path) else None


def _place(path: str) -> str:
    """Return the place of another file; hidden folders would not be served."""
    if path.startswith("docs/") and "/." not in path:
        return path.removeprefix("docs/")
    place = "files/" + "/".join(part.lstrip(".") for part in path.split("/"))
    return f"{place}.md" if (ROOT / path).is_dir() else place


def _resolved(source: str, target: str) -> str | None:
    """Return the path in the repository that a link leads to; None: it leads elsewhere."""
    path = target.partition("#")[0]
    if not path or re.match(r"[a-z][a-z+.-]*:", target):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
