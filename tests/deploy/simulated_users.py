"""Camunda's users on 127.0.0.1: logins, and passwords that count a moment after they are changed.

Orchestration Cluster REST API: Get current user, Get user, Update user.
"""

import json
import threading
from base64 import b64decode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote


class SimulatedUsers:
    """A gateway with users. `exported` false keeps changes from counting, as a paused exporter."""

    def __init__(self, **passwords: str) -> None:
        self.passwords = dict(passwords)
        self.profiles: dict[str, dict[str, str]] = {
            name: {"username": name, "name": name.title(), "email": f"{name}@example.com"}
            for name in passwords
        }
        self.administrators = {"admin"}
        self.lag = 0  # logins that are still answered with the old password
        self.exported = True
        self.changes: list[tuple[str, str]] = []
        self.requests: list[str] = []
        self._waiting: list[tuple[str, str]] = []
        simulated = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                simulated.handle(self, None)

            def do_PUT(self) -> None:
                length = int(self.headers["Content-Length"])
                simulated.handle(self, json.loads(self.rfile.read(length)))

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def handle(self, request: BaseHTTPRequestHandler, body: Any) -> None:
        self.requests.append(f"{request.command} {request.path}")
        status, data = self._answer(request, body)
        content = json.dumps(data).encode() if data is not None else b""
        request.send_response(status)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def _answer(self, request: BaseHTTPRequestHandler, body: Any) -> tuple[int, Any]:
        if self.exported and self._waiting:
            if self.lag > 0:
                self.lag -= 1
            else:
                self.passwords.update(dict(self._waiting))
                self._waiting.clear()
        header = request.headers.get("Authorization", "").removeprefix("Basic ")
        name, _, password = b64decode(header).decode().partition(":")
        if self.passwords.get(name) != password:
            return 401, {"title": "Unauthorized"}
        if request.path == "/v2/authentication/me":
            return 200, {"username": name}
        user = unquote(request.path.removeprefix("/v2/users/"))
        if name not in self.administrators:
            return 403, {"title": "Forbidden"}
        if user not in self.profiles:
            return 404, {"title": "Not Found"}
        if request.command == "GET":
            return 200, self.profiles[user]
        if set(body) != {"name", "email", "password"}:
            return 400, {"title": "Bad Request"}
        self.changes.append((user, body["password"]))
        self._waiting.append((user, body["password"]))
        return 200, {**self.profiles[user]}
