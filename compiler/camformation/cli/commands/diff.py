"""`camformation diff` compares the deployed templates with the compiled spec."""

import click

from camformation.cli.options import (
    Where,
    layout_option,
    one_spec_argument,
    plan_style_option,
    set_option,
    target_options,
)


@click.command("diff")
@one_spec_argument
@layout_option
@set_option
@plan_style_option
@target_options
def command(spec: str, layout: str, settings: tuple[str, ...], style: str, where: Where) -> int:
    """Compare the deployed templates with the compiled ones, without a change set.

    Quicker than `plan`, and it only reads; CloudFormation itself is not asked what it would do.
    Exits like `plan`.
    """
    from camformation.cli.plans import rendered
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import connected, errors_shown
    from camformation.deploy.change.preparation import stack_name
    from camformation.deploy.change.zones import resolve_zones
    from camformation.deploy.live_stack.deployed import read_deployed
    from camformation.deploy.plan.attribution import origins_of
    from camformation.deploy.plan.given import given_values
    from camformation.deploy.plan.model import Target
    from camformation.deploy.plan.pipeline import make_plan
    from camformation.layout import Layout
    from camformation.pipeline import compile_spec

    files = SpecFiles()
    with errors_shown(files):
        compiled = compile_spec(spec, files.read, Layout(layout), settings)
        stack = stack_name(compiled.deployment)
        with connected(where, compiled.deployment) as at:
            deployed = read_deployed(at.cloud.stacks, stack)
            running = deployed.templates if deployed else None
            templates = resolve_zones(compiled.templates, running, at.cloud.identity.zones())
            target = Target(
                deployment=str(compiled.deployment.name),
                layout=str(compiled.layout),
                stack=stack,
                account=at.caller.account,
                region=at.cloud.region,
                base="deployed" if deployed else "nothing",
            )
        known = deployed.stack.parameters if deployed else {}
        parameters = (known, given_values(compiled.parameters, known))
        plan = make_plan(
            running,
            templates,
            target=target,
            locate=compiled.locate_in_resource,
            origins=origins_of(compiled, running, parameters),
            parameters=parameters,
        )
        click.echo(rendered(plan, style), nl=False)
        return plan.exit_code
    return 1
