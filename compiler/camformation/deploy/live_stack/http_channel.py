"""HTTP calls from this machine: to port 8080 through the load balancer, to port 9600 through any
given endpoint."""

import json
import time
from collections.abc import Callable, Sequence
from http.client import HTTPException
from socket import gaierror
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from camformation.deploy.cloud.channel import POLL_S, Answer, Call, NoWay
from camformation.deploy.live_stack.camunda import (
    LOOPBACK,
    MAX_BYTES,
    Login,
    NoRedirect,
    check_endpoint,
)

UNSENT = (ConnectionRefusedError, gaierror, TimeoutError)
TIMEOUT_S = 30.0  # a gateway waits for brokers itself, and reports it with 504


class HttpChannel:
    """A `Channel` to one endpoint, or to one for each broker; the first that answers is used."""

    def __init__(
        self,
        endpoints: Sequence[str],
        login: Callable[[], Login] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raises DeployError for an invalid endpoint, or one that would expose the password.

        `login` is called at the first call.
        """
        for each in endpoints:
            check_endpoint(each, secret=login is not None)
        self._endpoints = [each.rstrip("/") for each in endpoints]
        self._login = login
        self._header = ""
        self._sleep = sleep

    @property
    def name(self) -> str:
        """See `Channel`."""
        return self._endpoints[0]

    @property
    def patience(self) -> int:
        """See `Channel`."""
        return 0

    def ask(self, calls: Sequence[Call]) -> tuple[tuple[Answer, ...], ...]:
        """See `Channel`."""
        renewed = self._login is not None and not self._header
        if self._login and not self._header:
            self._header = self._login().header
        answers: list[tuple[Answer, ...]] = []
        for call in calls:
            if call.everywhere:
                found = tuple(self._named(each, call) for each in self._endpoints)
            else:
                found = (self._polled(call),)
            if self._login and renewed is False and any(each.status == 401 for each in found):
                self._header, renewed = self._login().header, True  # tokens expire
                found = (self._polled(call),)
            answers.append(found)
            if not any(200 <= each.status < 400 for each in found):
                break
        if answers and all(each.status == 0 and not each.sent for each in answers[0]):
            raise NoWay(
                "CAM745",
                f"{self.name} does not answer: {answers[0][0].body}",
                "check --endpoint, and the connection to it, such as `camformation port-forward`",
            )
        return tuple(answers)

    def _named(self, endpoint: str, call: Call) -> Answer:
        answer = self._once(endpoint, call)
        return Answer(answer.status, answer.body, answer.sent, urlsplit(endpoint).netloc)

    def _polled(self, call: Call) -> Answer:
        left = float(call.seconds)
        while True:
            answer = self._any(call)
            says = call.while_says and call.while_says in json.dumps(answer.body)
            if not says or left <= 0:
                return answer
            self._sleep(min(POLL_S, left))
            left -= POLL_S

    def _any(self, call: Call) -> Answer:
        """Call one endpoint, and the next only if the call cannot have arrived."""
        answer = Answer(0, "there is no endpoint", sent=False)
        for each in self._endpoints:
            answer = self._once(each, call)
            if answer.status or answer.sent:
                return answer
        return answer

    def _once(self, endpoint: str, call: Call) -> Answer:
        headers = {"Accept": "application/json"}
        data = None
        if call.body is not None:
            data = json.dumps(call.body).encode()
            headers["Content-Type"] = "application/json"
        if self._header:
            headers["Authorization"] = self._header
        request = Request(f"{endpoint}{call.path}", data, headers, method=call.method)
        here = urlsplit(endpoint).hostname in LOOPBACK
        handlers: list[Any] = [NoRedirect, *([ProxyHandler({})] if here else [])]
        try:
            with build_opener(*handlers).open(request, timeout=TIMEOUT_S) as answer:
                return Answer(answer.status, _body(answer.read(MAX_BYTES)))
        except HTTPError as error:
            with error:
                return Answer(error.code, _body(error.read(MAX_BYTES)))
        except URLError as error:  # no connection, or none that could be written to
            return Answer(0, str(error.reason), sent=not isinstance(error.reason, UNSENT))
        except (OSError, HTTPException, ValueError) as error:
            return Answer(0, str(error) or type(error).__name__)


def _body(content: bytes) -> Any:
    if not content.strip():
        return None
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")
