"""The option --fail-fast: the decision about a repeating failure when no one is asked."""

from camformation.deploy.operation.interrupt import Choice
from camformation.frozen import frozen


@frozen
class FailFast:
    """A command's reaction to an operation that cannot succeed."""

    wanted: bool | None  # the option, None if it is not given
    asks: bool = True  # somebody on a terminal, if the option is not given
    cancels: bool = True  # an update, where nobody is asked and the option is not given

    def choice(self, kind: str) -> Choice:
        """Return the decision without a question. Nothing is ever deleted: a creation is left as it
        is."""
        if kind == "UPDATE" and (self.wanted or self.cancels):
            return Choice.CANCEL
        return Choice.DETACH
