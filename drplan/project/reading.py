"""The text of the project file to its document: parsed and checked, with every problem of it in one run."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from drplan.errors import SpecError, UsageError
from drplan.gate.approvals.schema import check_approvals
from drplan.gate.policy import check_policies
from drplan.kinds import KINDS, PRIMARY
from drplan.project.schema import project_schema
from drplan.records.specs import Address
from drplan.records.values import EMPTY
from drplan.spec.complaints import Form, check_form
from drplan.spec.document import Document, parse, without_extensions
from drplan.spec.overlays import Overlays, Scope, overlays_of, without_references
from drplan.suggest import did_you_mean


@cache
def _project_form() -> Form:
    return Form(project_schema(KINDS, PRIMARY))


def read_project(
    text: str,
    file: str,
    *,
    environment: str | None = None,
    environ: Mapping[str, str] = EMPTY,
    variables: Mapping[str, Any] = EMPTY,
    about: frozenset[Address] | None = None,
) -> tuple[Document, Overlays]:
    """Return the project file's document and its overlays; raise SpecError with every problem in it.

    Raises UsageError for an unknown environment or variable. `environ` is the process's environment, for `${env.X}`;
    `variables` are values for this run, instead of those in the file. `about` are the addresses whose overrides have to
    have all that they refer to, None for all.
    """
    document = parse(text, file)
    overlays = Overlays(Scope())
    if document.parsed:
        document.value = without_extensions(document.value)
        known = _environments(document)
        if environment is not None and environment not in known:
            hint = did_you_mean(environment, known) or f"the project file has: {', '.join(known) or 'none'}"
            raise UsageError(f"there is no environment '{environment}'; {hint}")
        if environment and about is not None:
            without_references(document.value["environments"][environment], about)
        overlays = overlays_of(document, environment, environ, variables)
        check_form(document, _project_form(), unfilled=True)
        check_policies(document, text)
        check_approvals(document)
    if document.problems:
        raise SpecError.listing(document.problems)
    return document, overlays


def _environments(document: Document) -> list[str]:
    content = document.value if isinstance(document.value, Mapping) else {}
    environments = content.get("environments")
    return sorted(environments) if isinstance(environments, Mapping) else []
