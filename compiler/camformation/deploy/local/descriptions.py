"""Parts that MiniStack's reading calls lack: parent stacks, URLs by bucket host, logs by the
beginning of their streams' names."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from camformation.deploy.local.modules import (
    Function,
    cloudformation,
    module,
    replace,
    replace_entry,
)

Request = dict[str, Any]
Reply = tuple[int, dict[str, str], bytes]

_HOSTED = re.compile(r"(?P<bucket>.+)\.s3(?:[.-](?P<region>[a-z0-9-]+))?\.amazonaws\.com(\.cn)?")


def install() -> None:
    """Wrap the actions."""
    handlers = cloudformation("handlers")
    for action in ("DescribeStacks", "ListStacks"):
        replace_entry("_ACTION_HANDLERS", action, _with_parents, handlers)
    replace_entry("_ACTION_HANDLERS", "DescribeStackResources", _by_physical_id, handlers)
    replace("_resolve_document", _by_host, cloudformation("helpers"))
    replace("_filter_log_events", _of_prefix, module("services.cloudwatch_logs"))


def _of_prefix(original: Function) -> Function:
    """FilterLogEvents with a prefix reads no other streams."""

    def call(request: Request) -> Reply:
        logs = module("services.cloudwatch_logs")
        prefix, group = request.get("logStreamNamePrefix"), logs._resolve_log_group_name(request)
        if prefix and group in logs._log_groups:
            streams = logs._log_groups[group]["streams"]
            names = [name for name in streams if name.startswith(prefix)]
            request = {**request, "logStreamNames": names or [prefix]}  # no names are all
        reply: Reply = original(request)
        return reply

    return call


def _with_parents(original: Function) -> Function:
    """ParentId and RootId of nested stacks; the description of those created by a change set."""

    def call(request: Request) -> Reply:
        for stack in cloudformation()._stacks.values():
            if not stack.get("Description"):
                stack["Description"] = _template(stack).get("Description", "")
        status, headers, body = original(request)
        nested = {
            stack["StackId"]: stack
            for stack in cloudformation()._stacks.values()
            if stack.get("ParentId")
        }

        def family(found: re.Match[str]) -> str:
            stack = nested.get(found[1])
            if stack is None:
                return found[0]
            ids = ((name, stack[name]) for name in ("ParentId", "RootId"))
            return found[0] + "".join(f"<{name}>{value}</{name}>" for name, value in ids)

        text = re.sub(r"<StackId>([^<]*)</StackId>", family, body.decode())
        return status, headers, text.encode()

    return call


def _template(stack: dict[str, Any]) -> dict[str, Any]:
    """A stack's template; for one that is being created, or failed, only the text exists."""
    known = stack.get("_template")
    found: dict[str, Any] = known or cloudformation("engine")._parse_template(
        stack.get("_template_body") or "{}"
    )
    return found


def _by_physical_id(original: Function) -> Function:
    """DescribeStackResources with PhysicalResourceId: the stack that holds the resource."""

    def call(request: Request) -> Reply:
        helpers = cloudformation("helpers")
        wanted = helpers._p(request, "PhysicalResourceId")
        if wanted and not helpers._p(request, "StackName"):
            for name, stack in cloudformation()._stacks.items():
                held = stack.get("_resources", {}).values()
                if any(record["PhysicalResourceId"] == wanted for record in held):
                    return _reply(original, {**request, "StackName": [name]})
            return _refused(f"Stack for {wanted} does not exist")
        return _reply(original, request)

    return call


def _reply(original: Callable[..., Any], request: Request) -> Reply:
    reply: Reply = original(request)
    return reply


def _refused(message: str) -> Reply:
    reply: Reply = cloudformation("helpers")._error("ValidationError", message)
    return reply


def _by_host(original: Function) -> Function:
    """Also `https://<bucket>.s3.<region>.amazonaws.com/<key>`."""

    def resolve(request: Request, body_key: str, url_key: str, label: str) -> Any:
        url = str(cloudformation("helpers")._p(request, url_key))
        parts = urlsplit(url)
        hosted = _HOSTED.fullmatch(parts.hostname or "")
        if hosted:
            path = f"https://s3.amazonaws.com/{hosted['bucket']}{parts.path}"
            request = {**request, url_key: [path]}
        return original(request, body_key, url_key, label)

    return resolve
