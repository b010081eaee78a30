"""A group of commands of which one is meant where none is named."""

from collections.abc import Callable
from typing import Any

import click

from drplan.errors import UsageError
from drplan.suggest import did_you_mean


class DefaultGroup(click.Group):
    """A click group that runs the command `default` where the first argument names no command of it.

    What the default command does not take as its first argument (`takes` says so) is a misspelt command, and refused.
    """

    def __init__(
        self, *arguments: Any, default: str, takes: Callable[[str], bool] = lambda _: False, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self.default = default
        self.takes = takes

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Put the default command's name in front where no command is named."""
        first = arguments[0] if arguments else ""
        if first not in self.commands and first not in context.help_option_names:
            if first and not first.startswith("-") and not self.takes(first):
                hint = did_you_mean(first, sorted(self.commands)) or f"there are: {', '.join(sorted(self.commands))}"
                raise UsageError(f"'{first}' is no command of `{context.command_path}`; {hint}")
            arguments = [self.default, *arguments]
        return super().parse_args(context, arguments)

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the options of the default command with those of the group, then the commands."""
        command = self.commands[self.default]
        with click.Context(command, parent=context, info_name=self.default) as inner:
            options = [each for each in command.get_params(inner) if isinstance(each, click.Option)]
            records = [record for each in options if (record := each.get_help_record(inner))]
        with formatter.section(f"Options of `{self.default}`, the command when none is named"):
            formatter.write_dl(records)
        self.format_commands(context, formatter)
