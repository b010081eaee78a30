"""Shell completion: the scripts for bash, zsh and fish, and the addresses of the specs as candidates."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from drplan.errors import DrplanError

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def addresses(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the addresses in the specs that begin with what is typed; nothing where the specs are wrong."""
    from drplan.project.file import load_project
    from drplan.project.specs import load_specs

    root = context.find_root().params
    try:
        project = load_project(root.get("directory") or Path(), root.get("environment"))
        resources = load_specs(project)
    except DrplanError:
        return []
    return [
        CompletionItem(str(resource.address), help=str(resource.where or ""))
        for resource in resources
        if str(resource.address).startswith(incomplete)
    ]


def address_argument(*names: str, **options: Any) -> Decorator:
    """Return a click argument that completes addresses."""
    return click.argument(*names, shell_complete=addresses, **options)


def address_option(*names: str, **options: Any) -> Decorator:
    """Return a click option that completes addresses."""
    return click.option(*names, shell_complete=addresses, **options)


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell, addresses included.

    \b
    Examples:
      eval "$(drplan completion bash)"      in ~/.bashrc
      eval "$(drplan completion zsh)"       in ~/.zshrc
      drplan completion fish > ~/.config/fish/completions/drplan.fish
    """
    from click.shell_completion import get_completion_class

    from drplan.cli.terminal import say_document

    command = click.get_current_context().find_root().command
    made = get_completion_class(shell)
    if made is None:  # pragma: no cover  the choices above are click's own
        raise click.UsageError(f"{shell} is not supported")
    say_document(made(command, {}, "drplan", "_DRPLAN_COMPLETE").source())
