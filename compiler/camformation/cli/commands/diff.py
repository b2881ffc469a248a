"""`camformation diff` compares the deployed templates with the compiled spec."""

import click

from camformation.cli.options import (
    Where,
    layout_option,
    one_spec_argument,
    plan_format_options,
    set_option,
    target_options,
)


@click.command("diff")
@one_spec_argument
@layout_option
@set_option
@plan_format_options
@target_options
def command(spec: str, layout: str, settings: tuple[str, ...], style: str, where: Where) -> int:
    """Compare the deployed templates with the compiled ones, without a change set.

    Quicker than `plan`: it only reads, and does not ask CloudFormation for a change set.
    Exits like `plan`.
    """
    from camformation.cli.own_prices import price_table
    from camformation.cli.plans import rendered
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import connected, errors_shown
    from camformation.deploy.change.preparation import stack_name
    from camformation.deploy.change.wanted import refuse_second_stack, wanted
    from camformation.deploy.live_stack.deployed import read_deployed
    from camformation.deploy.live_stack.running import read_running
    from camformation.deploy.live_stack.settings import read_settings
    from camformation.deploy.plan.attribution import origins_of
    from camformation.deploy.plan.given import given_values
    from camformation.deploy.plan.model import Target
    from camformation.deploy.plan.pipeline import make_plan
    from camformation.deploy.plan.stack_settings import (
        StackSettings,
        stack_settings_gate,
        wanted_settings,
    )
    from camformation.frozen import replaced
    from camformation.layout import Layout
    from camformation.pipeline import compile_spec

    files = SpecFiles()
    with errors_shown(files, style):
        compiled = compile_spec(spec, files.read, Layout(layout), settings)
        stack = stack_name(compiled.deployment)
        with connected(where, compiled.deployment) as at:
            deployed = read_deployed(at.cloud.stacks, stack)
            if deployed is None:
                refuse_second_stack(at.cloud.stacks, stack, str(compiled.deployment.name))
            known = deployed.stack.parameters if deployed else {}
            given = given_values(compiled.parameters, known)
            engine = wanted(at.cloud, compiled, given, deployed)
            running = read_running(at.cloud.services, at.cloud.databases, deployed)
            target = Target(
                deployment=str(compiled.deployment.name),
                layout=str(compiled.layout),
                stack=stack,
                account=at.caller.account,
                region=at.cloud.region,
                base="deployed" if deployed else "nothing",
            )
        plan = make_plan(
            deployed.templates if deployed else None,
            engine.templates,
            target=target,
            locate=compiled.locate_in_resource,
            parameters=(known, engine.parameters),
            origins=origins_of(
                compiled,
                deployed.templates if deployed else None,
                (known, engine.parameters),
                engine.templates,
            ),
            running=running,
            prices=price_table(),
        )
        own = stack_settings_gate(
            read_settings(
                at.cloud.stacks,
                deployed.stack,
                local=at.cloud.local,
                protects=bool(compiled.deployment.stack.protect_data),
            )
            if deployed
            else StackSettings(),
            wanted_settings(compiled.deployment),
            compiled.resolved.decided,
        )
        plan = replaced(plan, gate=(*engine.notices, *plan.gate, *own))
        click.echo(rendered(plan, style), nl=False)
        return plan.exit_code
    return 1
