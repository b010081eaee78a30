"""Commands that are listed at once and loaded when they are called."""

from functools import cached_property
from importlib import import_module
from typing import Any, cast

import click


class LazyCommand(click.Command):
    """Stands for a command of another module until it is called, completed or asked for its help.

    `home` is the module and the command's name in it (`drplan.cli.plan.plan`); `line` is what the list of commands says
    of it, which is the first line of the command's own help.
    """

    def __init__(self, name: str, home: str, line: str) -> None:
        super().__init__(name, help=line)
        self.home = home

    @cached_property
    def loaded(self) -> click.Command:
        """The command itself."""
        module, _, attribute = self.home.rpartition(".")
        return cast(click.Command, getattr(import_module(module), attribute))

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Return the context of the command itself, which click then runs, completes or asks."""
        return self.loaded.make_context(info_name, args, parent, **extra)
