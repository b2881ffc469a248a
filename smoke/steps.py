"""The steps of a run: each is a command as users type it, with the exit code it should have."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smoke.account import Account
from smoke.doubts import Verdict, namespace_order, of_running
from smoke.recording import Recorder
from smoke.retention import retain_except_on_create

# No registry has it and, for the local target, its name says that it fails.
NO_IMAGE = "public.ecr.aws/docker/library/camformation-fail:none"
CHANGE = "orchestration.memory_mib=5120"

Command = Callable[[list[str]], int]


class Stopped(Exception):
    """The run goes no further: broken off, out of time, or a step that went wrong."""


@dataclass
class Steps:
    """What was done so far, and what came of it."""

    account: Account
    recorder: Recorder
    spec: Path
    stack: str
    command: Command
    say: Callable[[str], None]
    stopped: Callable[[], str]  # why to stop, if there is a reason
    stacks: dict[str, str] = field(default_factory=dict)  # ids of all that were made, with names
    verdicts: list[Verdict] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def run(self, step: str, *arguments: str, expect: int = 0) -> int:
        """Run one command; anything but the expected exit code is a problem, and ends the run."""
        self.recorder.step = step
        self.say(f"\n== {step}\n$ camformation {' '.join(arguments)}")
        code = self.command([*arguments, *self.account.options])
        if why := self.stopped() or self._left_running():
            raise Stopped(why)
        if code != expect:
            self.problems.append(f"{step}: exit code {code} instead of {expect}")
            raise Stopped(self.problems[-1])
        return code

    def _left_running(self) -> str:
        """Why to stop where Ctrl-C has left an operation to CloudFormation: no command fails so."""
        aws = self.account.client("cloudformation")
        try:
            status = aws.describe_stacks(StackName=self.stack)["Stacks"][0]["StackStatus"]
        except aws.exceptions.ClientError:
            return ""
        busy = status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"
        return f"left while the stack is {status}" if busy else ""

    def all(self, bucket: Callable[[], str]) -> None:
        """Everything but the end. `bucket` tells the name of the artifact bucket."""
        spec, yes = str(self.spec), ("--yes", "--quiet")
        self.run("bootstrap", "bootstrap")
        self.run("create", "deploy", spec, *yes)
        resources = self.look()
        self.verdicts += of_running(self.account, resources)
        self.run("unchanged", "plan", spec)
        self.run("change", "plan", spec, "--set", CHANGE, expect=2)
        self.run("changed", "deploy", spec, *yes, "--set", CHANGE)
        self.drift(resources)
        failing = ("--set", CHANGE, "--set", f"orchestration.image={NO_IMAGE}")
        self.run("failed-on-purpose", "deploy", spec, *yes, *failing, expect=1)
        self.look()
        self.recorder.step = "retention"
        self.say("\n== RetainExceptOnCreate")
        name = f"{self.stack}-retention"
        self.verdicts.append(retain_except_on_create(self.account, bucket(), name))

    def drift(self, resources: dict[str, list[str]]) -> None:
        """Change something beside CloudFormation, have it found, and put it back."""
        if self.account.local:
            self.say("\n== drift: the local target detects none")
            return
        logs, group = self.account.client("logs"), resources["AWS::Logs::LogGroup"][0]
        [found] = [
            each
            for each in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
            if each["logGroupName"] == group
        ]
        logs.put_retention_policy(logGroupName=group, retentionInDays=1)
        try:
            self.run("drifted", "drift", self.stack, expect=2)
        finally:
            days = found["retentionInDays"]
            logs.put_retention_policy(logGroupName=group, retentionInDays=days)

    def look(self) -> dict[str, list[str]]:
        """Physical ids by type, of the root stack and all below it; notes the stacks."""
        aws = self.account.client("cloudformation")
        found: dict[str, list[str]] = defaultdict(list)
        waiting = [aws.describe_stacks(StackName=self.stack)["Stacks"][0]["StackId"]]
        while waiting:
            stack = waiting.pop()
            self.stacks[stack] = stack.split("/")[1]
            pages = aws.get_paginator("list_stack_resources").paginate(StackName=stack)
            for resource in (each for page in pages for each in page["StackResourceSummaries"]):
                kind, physical = resource["ResourceType"], resource.get("PhysicalResourceId", "")
                found[kind].append(physical)
                if kind == "AWS::CloudFormation::Stack" and physical:
                    waiting.append(physical)
        return found

    def after_the_end(self) -> None:
        """Read the events of the deletion, of every stack, and judge their order."""
        aws = self.account.client("cloudformation")
        for stack in self.stacks:
            pages = aws.get_paginator("describe_stack_events").paginate(StackName=stack)
            for _ in pages:  # the recorder keeps them
                pass
        self.verdicts.append(namespace_order(self.recorder.all_events()))


def left(account: Account, stacks: dict[str, str]) -> list[str]:
    """What the deleted stacks have left behind, as CloudFormation knows it."""
    aws = account.client("cloudformation")
    lines: list[str] = []
    for stack, name in stacks.items():
        try:
            found: list[dict[str, Any]] = [
                resource
                for page in aws.get_paginator("list_stack_resources").paginate(StackName=stack)
                for resource in page["StackResourceSummaries"]
            ]
        except aws.exceptions.ClientError as error:
            lines.append(f"{name}: cannot be read: {error}")
            continue
        lines += [
            f"{resource['ResourceType']} {resource.get('PhysicalResourceId', '')} ({name})"
            for resource in found
            if resource["ResourceStatus"] != "DELETE_COMPLETE"
            and resource["ResourceType"] != "AWS::CloudFormation::Stack"
        ]
    return lines
