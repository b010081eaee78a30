"""What the commands share on the command line."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from drplan.cli.complete import Decorator, address_option
from drplan.errors import UsageError
from drplan.records.plans import Verb
from drplan.suggest import did_you_mean

format_option: Decorator = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json prints one object with a format_version on stdout, and nothing else there.",
)

target_option: Decorator = address_option(
    "--target",
    "targets",
    metavar="ADDR",
    multiple=True,
    help="Only this address, and what it refers to. May be repeated.",
)

exclude_option: Decorator = address_option(
    "--exclude", "excludes", metavar="ADDR", multiple=True, help="Leave this address out. May be repeated."
)

forbid_option: Decorator = click.option(
    "--forbid",
    metavar="VERB,…",
    multiple=True,
    help="Refuse a plan that does one of these: create, adopt, update, activate, deactivate, replace, delete.",
)

allow_deletions_option: Decorator = click.option(
    "--allow-deletions",
    is_flag=True,
    help="Let the plan delete any share of the fleet, or all of it; see `plans.max_deletions` of drplan.yaml.",
)


def _given(context: click.Context, parameter: click.Parameter, values: tuple[Any, ...]) -> None:
    """Add the values of `--var` or `--var-file` to those that the command is given."""
    if values:
        from drplan.project.variables import variables_of_file, variables_of_words

        found: dict[str, Any] = {}
        for file in values if parameter.name == "var_file" else ():
            found |= variables_of_file(file)
        if parameter.name == "var":
            found |= variables_of_words(values)
        context.obj = replace(context.obj, variables={**context.obj.variables, **found})


def variable_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--var` and `--var-file`, which wins less; `Globals.variables` has what they say."""
    var = click.option(
        "--var",
        multiple=True,
        metavar="NAME=VALUE",
        expose_value=False,
        callback=_given,
        help="A variable's value instead of that under `vars:`: a number, true, false or text. May be repeated.",
    )
    file = click.option(
        "--var-file",
        multiple=True,
        metavar="FILE",
        type=click.Path(path_type=Path),
        expose_value=False,
        is_eager=True,  # so that --var comes after it, and wins
        callback=_given,
        help="A YAML file of `NAME: VALUE` lines. May be repeated; a later one wins, and --var over all.",
    )
    return var(file(command))


approve_option: Decorator = click.option(
    "--auto-approve", is_flag=True, help="Do not ask. Without a terminal this is the only way."
)

job_timeout_option: Decorator = click.option(
    "--job-timeout",
    type=click.FloatRange(min=1),
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for one of the platform's jobs.",
)


def forbidden_verbs(texts: Iterable[str]) -> tuple[Verb, ...]:
    """Return the verbs of `--forbid replace,delete`; raise UsageError at a word that is none."""
    known = [verb.value for verb in Verb if verb is not Verb.VALIDATE]
    words = [word.strip() for text in texts for word in text.split(",")]
    for word in words:
        if word not in known:
            hint = did_you_mean(word, known) or f"there are: {', '.join(known)}"
            raise UsageError(f"--forbid: '{word}' is nothing that a plan does; {hint}")
    return tuple(Verb(word) for word in dict.fromkeys(words))
