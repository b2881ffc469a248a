"""A typed client of one AWS service, which raises DeployError for every failure."""

from collections.abc import Iterator
from types import TracebackType
from typing import Any

from camformation.deploy.cloud.errors import DeployError, Refused

MALFORMED = (AttributeError, KeyError, IndexError, TypeError, ValueError)
"""The exceptions of botocore's parsers for an answer that is well-formed, but not the service's."""


class Answer(dict[str, Any]):
    """An answer, or an object in one. A missing required value is not a traceback but an error: a
    proxy or another server has answered instead of AWS."""

    def __init__(self, items: dict[str, Any], client: "Client") -> None:
        super().__init__(items)
        self._client = client

    def __missing__(self, key: str) -> Any:
        raise self._client.strange(f"the answer has no {key}")


class Client:
    """Calls a service's operations by their names in boto3."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @property
    def region(self) -> str:
        """The region that is called."""
        return str(self._client.meta.region_name)

    @property
    def _service(self) -> str:
        model = self._client.meta.service_model
        return str(model.signing_name or model.endpoint_prefix)

    def call(self, operation: str, **arguments: Any) -> Answer:
        """Call an operation; arguments that are None are left out. Raises DeployError."""
        given = {name: value for name, value in arguments.items() if value is not None}
        with _Translation(self):
            answer: Answer = self._answer(self._method(operation)(**given))
            return answer

    def strange(self, why: str) -> DeployError:
        """Return the error that the answer is not from AWS."""
        from camformation.deploy.aws.failures import strange

        return strange(self._service, self.region, why)

    def _method(self, operation: str) -> Any:
        """Return boto3's method for an operation; an older boto3 may have none."""
        method = getattr(self._client, operation, None)
        if method is None:
            said = f"the installed boto3 does not know {self._service}'s {operation}"
            raise DeployError("CAM607", said, "install a newer boto3")
        return method

    def _answer(self, value: Any) -> Any:
        """Return a value of an answer whose objects report missing keys."""
        if type(value) is list:
            return [self._answer(each) for each in value]
        if isinstance(value, dict):
            return Answer({key: self._answer(each) for key, each in value.items()}, self)
        return value

    def pages(self, operation: str, **arguments: Any) -> Iterator[Answer]:
        """Yield an operation's pages, each fetched when it is asked for. Raises DeployError."""
        given = {name: value for name, value in arguments.items() if value is not None}
        with _Translation(self):
            method = self._method(operation)
            if not self._client.can_paginate(operation):
                pages = self._following(method, given)
            else:
                pages = iter(self._client.get_paginator(operation).paginate(**given))
        while True:
            with _Translation(self):
                page = next(pages, None)
            if page is None:
                return
            yield self._answer(page)

    def _following(self, method: Any, arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the pages of an operation that botocore has no paginator for."""
        token: dict[str, Any] = {}
        while True:
            page: dict[str, Any] = method(**arguments, **token)
            yield page
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    def items(self, operation: str, key: str, **arguments: Any) -> Iterator[Answer]:
        """Yield the items under a key of all pages. Raises DeployError."""
        for page in self.pages(operation, **arguments):
            yield from page.get(key, ())


class _Translation:
    """Turns botocore's exceptions inside it into a DeployError."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: object, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
        from botocore.parsers import ResponseParserError

        known = BotoCoreError | ClientError | HTTPClientError | ResponseParserError
        if isinstance(error, known):
            from camformation.deploy.aws.failures import translated

            raise translated(error, self._client._service, self._client.region) from error
        if isinstance(error, RuntimeError) and "credentials" in str(error):
            from camformation.deploy.aws.failures import expired

            raise expired() from error  # botocore's word for it (RefreshableCredentials)
        if isinstance(error, MALFORMED) and _in_parser(trace):
            raise self._client.strange(f"{type(error).__name__} in its answer") from error


def _in_parser(trace: TracebackType | None) -> bool:
    """Whether an exception comes from reading an answer, and not from our own error."""
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") in ("botocore.parsers", "botocore.paginate"):
            return True
        trace = trace.tb_next
    return False


MISSING = ("404", "NoSuchBucket", "NoSuchKey", "NoSuchEntity", "NoSuchHostedZone")


def is_missing(error: Refused) -> bool:
    """Whether AWS says that the requested thing does not exist."""
    return (
        "NotFound" in error.aws_code
        or error.aws_code in MISSING
        or (error.aws_code == "ValidationError" and "does not exist" in error.message)
    )
