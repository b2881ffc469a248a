"""Manual pages of every command, made of its help."""

from pathlib import Path

import click
from click_man.core import write_man_pages

from camformation.cli.command_groups import Commands
from camformation.cli.main import root


def write_manual(folder: Path, version: str, date: str) -> None:
    """Write a page for each command into an empty folder; `date` stands at the foot."""
    folder.mkdir(parents=True)
    name = "camformation"
    write_man_pages(name, _eager(root, name), version=version, target_dir=str(folder), date=date)


def _eager(group: Commands, name: str) -> click.Group:
    """Return a group with its commands loaded: ours lists them without loading them."""
    context = click.Context(group, info_name=name)
    commands: dict[str, click.Command] = {}
    for each in group.list_commands(context):
        command = group.get_command(context, each)
        assert command is not None
        command.short_help = group.entries[each].summary
        commands[each] = _eager(command, each) if isinstance(command, Commands) else command
    found = click.Group(name, commands, params=group.params, help=group.help)
    found.short_help = group.short_help
    return found
