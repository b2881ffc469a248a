"""Calls of the local target that this process itself serves, without a socket in between.

What botocore would write to a connection is given to the server's application, in its own thread
and event loop. HTTP takes a fifth of the time of a deployment; tests/local and the commands that
tests start as processes go over it. `over_http` is botocore's own way to send.
"""

import asyncio
import importlib
import io
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session

from camformation.deploy.local import server
from camformation.deploy.local.storage import App, Log, Message

over_http = URLLib3Session.send
serving: dict[str, tuple[App, asyncio.AbstractEventLoop]] = {}  # by host and port
_LIMIT_S = 60  # as botocore waits for an answer


def install() -> None:
    """Send directly to every target that this process will start."""
    start = server._run

    def started(listener: socket.socket, url: str, log: Log) -> Callable[..., None]:
        hypercorn: Any = importlib.import_module("hypercorn.asyncio")
        serve, address = hypercorn.serve, urlsplit(url).netloc

        async def served(app: App, *configuration: Any, **more: Any) -> None:
            serving[address] = app, asyncio.get_running_loop()
            await serve(app, *configuration, **more)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(hypercorn, "serve", served)
            end = start(listener, url, log)

        def ended(*why: object) -> None:
            serving.pop(address, None)
            end(*why)

        return ended

    server._run = started
    URLLib3Session.send = directly


def directly(session: URLLib3Session, request: Any) -> AWSResponse:
    target = serving.get(urlsplit(request.url).netloc)
    if target is None:
        return over_http(session, request)
    app, loop = target
    answer = _answer(app, request)
    try:
        head, *rest = asyncio.run_coroutine_threadsafe(answer, loop).result(_LIMIT_S)
    except (CancelledError, RuntimeError) as error:  # it has ended
        answer.close()
        raise ConnectionClosedError(endpoint_url=request.url, error=error) from error
    headers = HeadersDict()
    for name, value in head["headers"]:
        headers[name.decode("latin-1")] = value.decode("latin-1")
    content = b"".join(each.get("body", b"") for each in rest if request.method != "HEAD")
    response = AWSResponse(request.url, head["status"], headers, _Body(content))
    if not request.stream_output:
        assert response.content == content
    return response


class _Body(io.BytesIO):
    """An answer's body, as urllib3 has it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


async def _answer(app: App, request: Any) -> list[Message]:
    """Return what an ASGI application sends in answer to a request of botocore."""
    url, body = urlsplit(request.url), request.body or b""
    body = body.encode() if isinstance(body, str) else body
    body = bytes(body) if isinstance(body, bytes | bytearray) else body.read()
    headers = {"Host": url.netloc, "Content-Length": str(len(body)), **request.headers}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": unquote(url.path or "/"),
        "raw_path": (url.path or "/").encode(),
        "query_string": url.query.encode(),
        "headers": [
            (name.lower().encode(), value if isinstance(value, bytes) else value.encode())
            for name, value in headers.items()
        ],
        "client": ("127.0.0.1", 0),
    }
    received = iter([{"type": "http.request", "body": body, "more_body": False}])
    sent: list[Message] = []

    async def receive() -> Message:
        return next(received, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent
