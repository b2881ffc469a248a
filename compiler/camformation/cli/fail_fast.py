"""The option --fail-fast: what to do where nobody is asked about a failure that repeats."""

from camformation.deploy.operation.interrupt import Choice
from camformation.frozen import frozen


@frozen
class FailFast:
    """How a command takes it that an operation cannot succeed."""

    wanted: bool | None  # the option, None if it is not given
    asks: bool = True  # somebody on a terminal, if the option is not given
    cancels: bool = True  # an update, where nobody is asked and the option is not given

    def choice(self, kind: str) -> Choice:
        """Return what to do unasked. Nothing is ever deleted: a creation is left as it is."""
        if kind == "UPDATE" and (self.wanted or self.cancels):
            return Choice.CANCEL
        return Choice.DETACH
