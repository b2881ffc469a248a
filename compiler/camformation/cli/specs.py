"""Shared steps of the commands that take specs: reading, compiling, reporting diagnostics."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence

import click

from camformation.diagnostics import Diagnostic, Severity, SpecError
from camformation.layout import Layout
from camformation.pipeline import Compiled, compile_spec
from camformation.reading import is_regular_file, read_file
from camformation.spec_text import MAX_BYTES, lines_of


class SpecFiles:
    """Reads spec files, and remembers their lines for reports."""

    def __init__(self) -> None:
        self._texts: dict[str, bytes] = {}
        self._lines: dict[str, list[str]] = {}

    def read(self, file: str) -> bytes:
        """Return a file's content, or enough of it to show that it is too large."""
        self._texts[file] = read_file(file, MAX_BYTES)
        return self._texts[file]

    def read_lock(self, file: str) -> bytes:
        """Return the content of a lock file, which grows with its fleet."""
        self._texts[file] = read_file(file)
        return self._texts[file]

    def remember(self, file: str, content: bytes) -> bytes:
        """Store a file's content from elsewhere, and return it."""
        self._texts[file] = content
        return content

    def forget_but(self, named: Iterable[str]) -> None:
        """Forget all files except those that diagnostics name: of a thousand specs, most are
        sound."""
        kept = set(named)
        self._texts = {file: text for file, text in self._texts.items() if file in kept}

    def lines(self, file: str) -> Sequence[str]:
        """Return the lines of a file that was read, or of a setting."""
        if file.startswith("--set "):
            return [file]
        if file not in self._lines:
            text = self._texts.get(file, b"")[:MAX_BYTES]
            self._lines[file] = lines_of(text.decode("utf-8-sig", "replace"))
        return self._lines[file]

    def report(
        self, diagnostics: Iterable[Diagnostic], style: str, *, strict: bool = False
    ) -> None:
        """Show diagnostics: for people on standard error, for machines on standard output."""
        diagnostics = list(diagnostics)
        if not diagnostics and style == "text":
            return
        from camformation.report.spec import diagnostics as report

        colour = style == "text" and _colour()
        shown = report.render(
            diagnostics, style, self.lines, colour=colour, is_file=is_regular_file
        )
        if style == "text":
            shown += report.summary(diagnostics, strict=strict) + "\n"
            click.echo(shown, err=True, nl=False, color=colour)
        else:
            click.echo(shown, nl=False)


def _colour() -> bool:
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")


def compile_each(
    files: SpecFiles, specs: Iterable[str], layout: str, settings: Iterable[str], strict: bool
) -> Iterator[tuple[Compiled | None, list[Diagnostic]]]:
    """Compile one spec after the other; yield each, if it is sound, with its findings."""
    for spec in specs:
        try:
            one = compile_spec(spec, files.read, Layout(layout), settings, strict=strict)
        except SpecError as error:
            yield None, error.diagnostics
        else:
            yield one, list(one.warnings)


def failed(diagnostics: Iterable[Diagnostic], strict: bool) -> bool:
    """Return whether findings stop the build."""
    return any(strict or each.severity is Severity.ERROR for each in diagnostics)
