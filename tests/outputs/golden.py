"""The golden files: each sample plan in each form. `python tests/outputs/golden.py` writes them anew."""

from collections.abc import Callable, Mapping
from pathlib import Path

import samples

from drplan.plan.file import digest
from drplan.records.plans import Plan
from drplan.records.specs import Address, Where
from drplan.render.html import plan_html
from drplan.render.junit import junit_text, plan_cases
from drplan.render.markdown import plan_markdown
from drplan.render.mermaid import mermaid_text
from drplan.render.sarif import plan_sarif
from drplan.render.terraform import terraform_text
from drplan.render.text import plan_text
from drplan.version import __version__

DIRECTORY = Path(__file__).parent / "golden"
PLACES: Mapping[Address, Where | None] = {
    Address("deployment", "churn-prod"): Where("deployments/churn prod.yaml", 8, 3),
    Address("deployment", "a"): None,
}
PLANS: Mapping[str, Callable[[], Plan]] = {
    "everything": samples.everything,
    "nothing": samples.nothing,
    "hostile": samples.hostile,
}
FORMS: Mapping[str, Callable[[Plan], str]] = {
    "txt": plan_text,
    "md": plan_markdown,
    "html": plan_html,
    "tf.json": terraform_text,
    "mmd": mermaid_text,
    "sarif": lambda plan: plan_sarif(plan, PLACES, lambda file: file.replace(" ", "%20")),
    "junit.xml": lambda plan: junit_text(plan_cases(plan)),
}


def rendered(plan: str, form: str) -> str:
    """Return a sample plan in a form, with words for drplan's version and the plan's digest."""
    made = PLANS[plan]()
    return FORMS[form](made).replace(f'"{__version__}"', '"VERSION"').replace(digest(made), "DIGEST")


def path(plan: str, form: str) -> Path:
    """Return the golden file of a sample plan in a form."""
    return DIRECTORY / f"{plan}.{form}"


def main() -> None:
    """Write every golden file."""
    for plan in PLANS:
        for form in FORMS:
            path(plan, form).write_text(rendered(plan, form), encoding="utf-8")


if __name__ == "__main__":
    main()
