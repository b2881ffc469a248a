"""A running deployment on a terminal: a tree that redraws itself, with messages above it."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from camformation.deploy.operation.events import (
    Delayed,
    Denied,
    Detached,
    Event,
    Failure,
    Finished,
    Notice,
    Progress,
    ResourceEvent,
    Rollout,
    StackProgress,
    Started,
)
from camformation.report.deployment import words
from camformation.report.deployment.views import Redrawn

if TYPE_CHECKING:
    from rich.console import Console

SHOWN_PER_STACK = 4  # resources in progress; the others are only counted


class DeployLive(Redrawn):
    """Shows the latest state of everything; `now` is the clock of its timers."""

    def __init__(self, console: "Console", now: Callable[[], datetime]) -> None:
        self._started: Started | None = None
        self._progress: Progress | None = None
        self._rollouts: dict[tuple[str, str], Rollout] = {}
        self._delayed: Delayed | None = None
        self._ended = False
        super().__init__(console, now)  # which draws

    def show(self, event: Event) -> None:
        """Show an event in the picture; messages that must stay are printed above it."""
        self._delayed = None
        match event:
            case Started():
                self._started = event
                self._print(words.started(event), "bold")
            case Progress():
                self._progress = event
            case Rollout():
                self._rollouts[event.component, event.logical_id] = event
            case Delayed():
                self._delayed = event
            case ResourceEvent():
                done = event.status.endswith(("_COMPLETE", "_FAILED"))
                if done and event.type == "AWS::ECS::Service":
                    self._rollouts.pop((event.component, event.logical_id), None)
            case Failure():
                first, *rest = words.failure(event)
                self._print(f"✗ {first}", "bold red")
                for line in rest:
                    self._print(line, "")
            case Notice():
                self._notice(event)
            case Denied():
                for line in words.denied(event.calls):
                    self._print(f"denied: {line}", "")
            case Finished():
                self._ended = True
                sign, style = ("✓", "bold green") if event.succeeded else ("✗", "bold red")
                self._print(f"{sign} {words.finished(event)}", style)
            case Detached():
                self._ended = True
                for line in words.detached(event):
                    self._print(line, "bold")

    def render(self) -> Any:
        """Return the current tree."""
        from rich.text import Text
        from rich.tree import Tree

        if self._progress is None or self._ended:
            return Text("")
        now = self._now()
        progress = self._progress
        name = self._started.stack if self._started else ""
        elapsed = words.duration(max(0.0, (now - progress.began).total_seconds()))
        tree = Tree(Text(f"{name}  {elapsed}", style="bold"))
        nested = [stack for stack in progress.stacks if stack.component != "root"]
        for stack in progress.stacks:
            if stack.component == "root" and nested and not (stack.done or stack.running):
                continue
            branch = tree.add(_stack(stack, now))
            mine = [each for each in progress.waiting if each.component == stack.component]
            for each in mine[:SHOWN_PER_STACK]:
                seconds = max(0.0, (now - each.since).total_seconds())
                late = each.usual is not None and seconds > each.usual[1]
                known = words.usual(each.usual)
                aside = f"  {known}" if known else ""
                leaf = branch.add(
                    Text(
                        f"{each.logical_id} {each.type}  {words.duration(seconds)}{aside}",
                        style="yellow" if late else "",
                    )
                )
                if found := self._rollouts.get((each.component, each.logical_id)):
                    leaf.add(_table(found))
                    for _, text in found.service.events[:2]:
                        leaf.add(Text(text, style="dim"))
                    if found.waits_for:
                        leaf.add(Text(words.passing(found.waits_for), style="yellow"))
                    if found.evidence:
                        for line in words.evidence(found.evidence):
                            leaf.add(Text(line, style="red"))
            if len(mine) > SHOWN_PER_STACK:
                branch.add(Text(f"and {len(mine) - SHOWN_PER_STACK} more", style="dim"))
        if self._delayed:
            pause = words.duration(self._delayed.seconds)
            tree.add(Text(f"{self._delayed.reason}; trying again in {pause}", style="yellow"))
        return tree


def _stack(stack: StackProgress, now: datetime) -> Any:
    from rich.text import Text

    total = f"/{stack.expected}" if stack.expected else ""
    counts = [f"{stack.done}{total} done"]
    counts += [f"{stack.running} running"] if stack.running else []
    counts += [f"{stack.failed} failed"] if stack.failed else []
    took = words.duration(max(0.0, ((stack.ended or now) - stack.began).total_seconds()))
    bad = stack.failed or "ROLLBACK" in stack.status or stack.status.endswith("_FAILED")
    style = "red" if bad else "green" if stack.status.endswith("_COMPLETE") else ""
    status = stack.status or "WAITING"
    return Text(f"{stack.component}  {status}  {', '.join(counts)}  {took}", style=style)


def _table(found: Rollout) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in ("Revision", "Rollout", "Desired", "Running", "Pending", "Failed"):
        table.add_column(title, justify="left" if title in ("Revision", "Rollout") else "right")
    for each in found.service.deployments:
        table.add_row(
            each.task_definition.rpartition("/")[2],
            f"{each.status} {each.rollout_state}".strip(),
            *map(str, (each.desired, each.running, each.pending, each.failed)),
        )
    return table
