"""The end of a target whose disk is full: it reports this once, and stops working.

MiniStack logs that it cannot write, and continues in memory. Therefore its log is watched; from
then on every request is refused, so that the command ends instead of waiting.
"""

import errno
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO})

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Callable[[], Awaitable[Message]], Send], Awaitable[None]]


class Log(logging.FileHandler):
    """The emulator's log file, which notices that nothing can be written any more."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, delay=True)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s [%(name)s] %(message)s"))
        self.addFilter(lambda record: record.levelno >= logging.WARNING)
        self.failure = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, and note a write failure in it."""
        for error in _errors(record):
            self._note(error)
        try:
            if self.stream is None:
                self.stream = self._open()
            self.stream.write(self.format(record) + self.terminator)
            self.stream.flush()
        except OSError as error:
            self._note(error)

    def close(self) -> None:
        """Close the file; buffered data is lost if nothing can be written."""
        try:
            super().close()
        except OSError as error:
            self._note(error)

    def _note(self, error: OSError) -> None:
        if error.errno in FULL and not self.failure:
            self.failure = error.strerror or str(error)


def _errors(record: logging.LogRecord) -> Iterator[OSError]:
    told: list[Any] = list(record.args) if isinstance(record.args, tuple) else []
    error = (record.exc_info or (None, None, None))[1]
    while error is not None and len(told) < 20:
        told.append(error)
        error = error.__cause__ or error.__context__
    return (each for each in told if isinstance(each, OSError))


def guarded(app: App, log: Log) -> App:
    """The emulator's application, which refuses every request once nothing can be written."""

    async def answer(scope: Message, receive: Any, send: Send) -> None:
        if scope["type"] != "http" or not log.failure:
            await app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in scope.get("headers") or ()}
        kind, body = _refusal(f"The local target cannot write: {log.failure}", headers)
        head = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 403, "headers": head})
        await send({"type": "http.response.body", "body": body})

    return answer


def _refusal(message: str, headers: dict[bytes, bytes]) -> tuple[bytes, bytes]:
    """An error in the form of the protocol: JSON, query, or that of S3."""
    if b"x-amz-target" in headers or b"json" in headers.get(b"content-type", b""):
        error = {"__type": "AccessDeniedException", "message": message}
        return b"application/x-amz-json-1.1", json.dumps(error).encode()
    text = f"<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>"
    if b"form-urlencoded" in headers.get(b"content-type", b""):
        text = f"<ErrorResponse>{text}</ErrorResponse>"
    return b"text/xml", text.encode()
