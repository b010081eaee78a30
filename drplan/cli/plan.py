"""`drplan plan`."""

from pathlib import Path

import click

from drplan.cli.flow import make_plan, plan_exit, show_plan, site
from drplan.cli.gate import forbidden_verbs, say_needs
from drplan.cli.options import Settings, exclude_option, forbid_option, format_option, target_option
from drplan.cli.terminal import note


@click.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the plan in a file for `apply FILE`; the file is yours alone (mode 0600).",
)
@format_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes, 0 when there are none.")
@target_option
@exclude_option
@forbid_option
@click.pass_context
def plan(
    context: click.Context,
    out: Path | None,
    form: str,
    detailed_exitcode: bool,
    targets: tuple[str, ...],
    excludes: tuple[str, ...],
    forbid: tuple[str, ...],
) -> None:
    """Read the platform, let it validate every replacement, and show what would change. Nothing is written.

    \b
    Examples:
      drplan plan
      drplan plan --target deployment.churn-prod
      drplan plan --out plan.json --detailed-exitcode
      drplan plan --forbid replace,delete   exit with 4 when it would do one of these
      drplan plan --format json | jq '.plan.summary'

    A plan with a replacement that the platform would refuse (or only warns of, unless the spec allows it) is shown with
    its checks, is not kept, and exits with 4. So is one that a policy denies; one that needs approval is kept.
    """
    settings: Settings = context.obj
    from drplan.config import load_specs

    verbs = forbidden_verbs(forbid)
    where = site(settings)
    resources = load_specs(where.project)
    made = where.connect(lambda api: make_plan(api, where, resources, targets, excludes, verbs))
    show_plan(made, settings, form)
    code = plan_exit(made, detailed=detailed_exitcode)
    if out:
        from drplan.cli.files import write_private
        from drplan.planfile import dumps

        write_private(out, dumps(made))
        note(f"Kept in {out}; `drplan apply {out}` does exactly this.")
        say_needs(made, where.project, out)
    context.exit(code)
