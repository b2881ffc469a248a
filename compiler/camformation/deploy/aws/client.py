"""A typed client of one AWS service, which raises DeployError for every failure."""

from collections.abc import Iterator
from typing import Any

from camformation.deploy.cloud.errors import Refused

Answer = dict[str, Any]


class Client:
    """Calls a service's operations by boto3's names for them."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.region = str(client.meta.region_name)
        model = client.meta.service_model
        self._service = str(model.signing_name or model.endpoint_prefix)

    def call(self, operation: str, **arguments: Any) -> Answer:
        """Call an operation; arguments that are None are left out. Raises DeployError."""
        given = {name: value for name, value in arguments.items() if value is not None}
        with _Translation(self):
            answer: Answer = getattr(self._client, operation)(**given)
            return answer

    def pages(self, operation: str, **arguments: Any) -> Iterator[Answer]:
        """Yield an operation's pages, each fetched when it is asked for. Raises DeployError."""
        given = {name: value for name, value in arguments.items() if value is not None}
        with _Translation(self):
            if not self._client.can_paginate(operation):
                pages = self._following(operation, given)
            else:
                pages = iter(self._client.get_paginator(operation).paginate(**given))
        while True:
            with _Translation(self):
                page = next(pages, None)
            if page is None:
                return
            yield page

    def _following(self, operation: str, arguments: Answer) -> Iterator[Answer]:
        """Yield the pages of an operation that botocore has no paginator for."""
        token: Answer = {}
        while True:
            page: Answer = getattr(self._client, operation)(**arguments, **token)
            yield page
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    def items(self, operation: str, key: str, **arguments: Any) -> Iterator[Answer]:
        """Yield what the pages hold under a key. Raises DeployError."""
        for page in self.pages(operation, **arguments):
            yield from page.get(key, ())


class _Translation:
    """Turns what botocore raises inside it into a DeployError."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
        from botocore.parsers import ResponseParserError

        known = BotoCoreError | ClientError | HTTPClientError | ResponseParserError
        if isinstance(error, known):
            from camformation.deploy.aws.failures import translated

            raise translated(error, self._client._service, self._client.region) from error


def is_missing(error: Refused) -> bool:
    """Whether AWS says that what was asked for does not exist."""
    return (
        "NotFound" in error.aws_code
        or error.aws_code in ("404", "NoSuchBucket", "NoSuchKey", "NoSuchEntity")
        or (error.aws_code == "ValidationError" and "does not exist" in error.message)
    )
