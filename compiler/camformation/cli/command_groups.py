"""Command groups that list their commands without importing them."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Entry(NamedTuple):
    """A command: the module that has it as `command`, its line in the help, its section there."""

    module: str
    summary: str
    section: str = "Commands"


class Commands(click.Group):
    """Commands that are imported when they are run, not when they are listed or completed."""

    def __init__(self, *, entries: Mapping[str, Entry], **settings: Any) -> None:
        super().__init__(**settings)
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.entries:
            return None
        module = import_module(f"camformation.cli.commands.{self.entries[cmd_name].module}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        wrong = args[0] not in self.entries and not args[0].startswith("-")
        if wrong and not ctx.resilient_parsing:  # as it is while a shell completes
            from camformation.closeness import closest

            within = ctx.command_path.partition(" ")[2]  # the groups it is in, but for the root
            from camformation.diagnostics import quoted

            close = closest(args[0], self.entries)
            hint = f" Did you mean {f'{within} {close}'.strip()!r}?" if close else ""
            if args[0] == "help":
                topic = [within, *(each for each in args[1:2] if each in self.entries)]
                hint = f" Did you mean {' '.join([*filter(None, topic), '--help'])!r}?"
            given = f"{within} {args[0]}".strip()
            raise click.UsageError(f"There is no command {quoted(given)}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section in dict.fromkeys(entry.section for entry in self.entries.values()):
            with formatter.section(section):
                formatter.write_dl(
                    [(name, e.summary) for name, e in self.entries.items() if e.section == section]
                )

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        options = click.Command.shell_complete(self, ctx, incomplete)  # a Group's imports them all
        return [
            CompletionItem(name, help=entry.summary)
            for name, entry in self.entries.items()
            if name.startswith(incomplete)
        ] + options
