"""The root command: its subcommands, and the exit code of every failure."""

import sys
from collections.abc import Sequence

import click

from camformation import __version__
from camformation.cli.command_groups import Commands, Entry

COMMANDS = {
    "init": Entry("init", "Write a spec after a few questions.", "Describe"),
    "show": Entry("show", "Show the complete spec, and where each value comes from.", "Describe"),
    "explain": Entry("explain", "Explain a field of the spec, or a code.", "Describe"),
    "schema": Entry("schema", "Print the JSON Schema of the spec language.", "Describe"),
    "validate": Entry("validate", "Check specs, and write nothing.", "Compile"),
    "compile": Entry("compile", "Compile specs to CloudFormation templates.", "Compile"),
    "lint": Entry("lint", "Check the templates with cfn-lint, findings at spec lines.", "Compile"),
    "stackset": Entry("stackset", "Hand a spec to CloudFormation StackSets.", "Compile"),
    "bootstrap": Entry("bootstrap", "Make the bucket for templates, once a region.", "Deploy"),
    "plan": Entry("plan", "Show what deploying would do to the running system.", "Deploy"),
    "deploy": Entry("deploy", "Deploy through a change set, shown live.", "Deploy"),
    "watch": Entry("watch", "Pick up a running operation, or look at the last one.", "Deploy"),
    "timeline": Entry("timeline", "Show how long a deployment should take, or took.", "Deploy"),
    "fleet": Entry("fleet", "Deploy to many accounts and regions, through StackSets.", "Deploy"),
    "outputs": Entry("outputs", "Print endpoints, secret ARNs and names.", "Operate"),
    "password": Entry("password", "Print the administrator's password.", "Operate"),
    "list": Entry("list", "List the deployments of a region.", "Operate"),
    "diff": Entry("diff", "Compare what is deployed with the spec.", "Operate"),
    "drift": Entry("drift", "Detect what was changed beside CloudFormation.", "Operate"),
    "destroy": Entry("destroy", "Delete a deployment, keeping what is to be kept.", "Operate"),
    "completion": Entry("completion", "Print the shell completion script.", "Describe"),
}


@click.group(
    cls=Commands,
    entries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="camformation")
def root() -> None:
    """Camunda 8 on Amazon ECS, from one YAML file.

    Write a spec with `init`, check it with `validate`, turn it into CloudFormation with `compile`.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 1 for every error that the user can fix."""
    try:
        outcome = root.main(arguments, prog_name="camformation", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 1
    except (click.Abort, KeyboardInterrupt):
        click.echo("aborted", err=True)
        return 130
    except BrokenPipeError:
        # Whoever read our output has seen enough; keep the interpreter from saying so at exit.
        sys.stdout = None
        return 0
    return outcome if isinstance(outcome, int) else 0
