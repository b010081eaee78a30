"""`drplan plan`."""

from pathlib import Path

import click

from drplan.cli.flow import Site, make_plan, plan_exit, site
from drplan.cli.forms import CHECK_FORMS, PLAN_FORMS, form_option, publish_plan, show_plan, show_problems
from drplan.cli.gate import forbidden_verbs, say_needs
from drplan.cli.options import Globals, exclude_option, forbid_option, target_option
from drplan.cli.terminal import note
from drplan.errors import DrplanError


@click.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the plan in a file for `apply FILE`; the file is yours alone (mode 0600).",
)
@form_option(*PLAN_FORMS, *CHECK_FORMS)
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
      drplan plan --format markdown         for a comment on a pull request
      drplan plan --format terraform-json   for tools that read Terraform's plans

    A plan with a replacement that the platform would refuse (or only warns of, unless the spec allows it) is shown with
    its checks, is not kept, and exits with 4. So is one that a policy denies; one that needs approval is kept.
    """
    given: Globals = context.obj
    from drplan.project.specs import load_specs

    verbs = forbidden_verbs(forbid)
    where: Site | None = None
    try:
        where = here = site(given)
        resources = load_specs(here.project)
        made = here.connect(lambda api: make_plan(api, here, resources, targets, excludes, verbs))
    except DrplanError as error:
        show_problems(form, error.diagnostics, error.summary, where.project if where else None, given.directory)
        raise
    show_plan(made, given, form, {resource.address: resource.where for resource in resources})
    publish_plan(made)
    code = plan_exit(made, detailed=detailed_exitcode)
    if out:
        from drplan.cli.files import write_private
        from drplan.plan.file import dumps

        write_private(out, dumps(made))
        note(f"Kept in {out}; `drplan apply {out}` does exactly this.")
        say_needs(made, here.project, out)
    context.exit(code)
