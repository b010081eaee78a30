"""The golden files: each sample plan in each form. `python tests/outputs/golden.py` writes them anew."""

from collections.abc import Callable, Mapping
from pathlib import Path

import samples

from drplan.plan.file import digest
from drplan.records.plans import Plan
from drplan.records.specs import Address, Where
from drplan.render import page
from drplan.render.html import assets, plan_html
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


SHARED: Mapping[str, str] = {"page.css": f"{page.STYLE}{assets.STYLE}", "page.js": assets.SCRIPT}
"""What every page has: each is a golden file of its own, and only its name stands in the pages."""


def rendered(plan: str, form: str) -> str:
    """Return a sample plan in a form, with words for drplan's version, the plan's digest and what pages share.

    A page has a line for each of its elements, so that a change of it can be read.
    """
    made = PLANS[plan]()
    text = FORMS[form](made).replace(f'"{__version__}"', '"VERSION"').replace(digest(made), "DIGEST")
    for name, shared in SHARED.items():
        text = text.replace(f">{shared}<", f">{name}<")
    return text.replace("><", ">\n<") if form == "html" else text


def golden_files() -> dict[str, str]:
    """Return each golden file's name and what must stand in it."""
    return {**{f"{plan}.{form}": rendered(plan, form) for plan in PLANS for form in FORMS}, **SHARED}


def main() -> None:
    """Write every golden file."""
    for name, text in golden_files().items():
        (DIRECTORY / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
