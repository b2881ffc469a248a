"""Questions to linters about templates, and their answers."""

from camformation.diagnostics import Severity
from camformation.frozen import frozen

CFN_LINT = "cfn-lint"
CLOUDFORMATION_VALIDATE = "cloudformation-validate"
ENGINES = (CFN_LINT, CLOUDFORMATION_VALIDATE)


class NoEngineError(Exception):
    """The optional package of an engine is not installed."""


@frozen
class Question:
    """A template to lint: its JSON, regions joined by commas, and rules to leave out."""

    text: str
    regions: str
    ignored: tuple[str, ...]


@frozen
class Match:
    """A finding of a linter: `path` leads into the template."""

    rule: str
    severity: Severity
    message: str
    path: tuple[str | int, ...]

    @property
    def pointer(self) -> str:
        """The path as a JSON pointer."""
        return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in self.path)
