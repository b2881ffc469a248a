"""Errors of the local target that the user can act on."""


class LocalTargetMissing(Exception):
    """The emulator is not installed, or has another version."""

    hint = "in camformation's repository: pipx install --force '.[local]'"


class LocalTargetBusy(Exception):
    """Another process holds this state and does not answer."""

    hint = "end the other process, or choose another folder with --local-state DIR"


class LocalTargetFailed(Exception):
    """The emulator did not start, or cannot start here."""

    def __init__(
        self, message: str, hint: str = "the emulator's log is ministack.log in the state folder"
    ) -> None:
        super().__init__(message)
        self.hint = hint
