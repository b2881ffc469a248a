"""The destruction of one deployment from the command line: plan, question, execution."""

from collections.abc import Iterator

import click

from camformation.cli.operation_view import OperationView, command_line
from camformation.cli.options import Where
from camformation.cli.own_prices import price_table
from camformation.cli.recording import recording
from camformation.cli.target import Subject, connected, interactive
from camformation.deploy.change.preparation import service_role
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.destruction.execution import Destroyed, destroy
from camformation.deploy.destruction.plan import plan_destruction
from camformation.deploy.destruction.preparation import Step
from camformation.deploy.operation.events import Detached, Event, Notice
from camformation.report.deployment.destruction_text import (
    destroyed_json,
    destroyed_text,
    destruction_json,
    destruction_text,
)
from camformation.report.terminal_text import visible


def destroy_stack(
    about: Subject,
    where: Where,
    *,
    name: str | None,
    yes: bool,
    disable_protection: bool,
    final_snapshot: bool,
    role_arn: str | None,
    view: OperationView,
    dry_run: bool = False,
) -> int:
    """Destroy a deployment and return the exit code. Raises DeployError."""
    if not (yes or dry_run or interactive()):
        raise DeployError(
            "CAM616",
            "cannot ask for confirmation without a terminal",
            "give --yes --name NAME to destroy without asking",
        )
    ended: list[Destroyed] = []
    if about.deployment:
        role_arn = service_role(about.deployment, role_arn)
    with connected(where, about.deployment, role_arn) as at:
        planned = plan_destruction(at.cloud, about.stack, price_table())
        if view.as_json:
            click.echo(destruction_json(planned), nl=False)
        else:
            colour = interactive()
            click.echo(
                destruction_text(planned, final_snapshot=final_snapshot, colour=colour), nl=False
            )
        if dry_run:
            if not view.as_json:
                click.echo("\nnothing was changed")
            return 0
        confirmed = name or click.prompt(
            f"Type the deployment's name ({visible(planned.name)}) to continue"
        )

        def shown() -> Iterator[Event]:
            for event in destroy(
                at.cloud,
                view.clock,
                planned,
                confirmed=confirmed,
                disable_protection=disable_protection,
                final_snapshot=final_snapshot,
                role_arn=role_arn,
                reattach=command_line("watch", planned.stack.id, where, at),
                control=view.control,
            ):
                if isinstance(event, Destroyed):
                    ended.append(event)
                elif isinstance(event, Step):
                    yield Notice(
                        time=event.time, code="destroy", message=event.message, warning=False
                    )
                else:
                    yield event

        with recording(where, at, planned.stack.name, deployment=about.deployment) as recorder:
            last = view.run(recorder.recorded(shown()))
    for each in ended:
        click.echo(destroyed_json(each) if view.as_json else f"\n{destroyed_text(each)}", nl=False)
    if isinstance(last, Detached):
        return view.left(last.reason)
    return 0 if ended else 1
