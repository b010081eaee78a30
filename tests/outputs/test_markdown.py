"""Markdown for comments: what comes first, what is cut, and that no text of a plan is markup."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import samples
from markdown_it import MarkdownIt

from drplan.records.plans import Demand, Finding, Plan, Result, Validation
from drplan.records.specs import Diagnostic, Severity
from drplan.render.markdown import LIMIT, marker, plan_markdown, report_markdown

OURS = set(re.findall(r"\w+", "h3 p strong blockquote ul li details summary code pre table thead tbody tr th td"))


class Outline(HTMLParser):
    """The elements of rendered Markdown, its text outside of code, and the text in code."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.code, self.loose = "", ""
        self._depth = 0
        self.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        assert not attrs or attrs[0][0] in ("class", "style"), attrs
        self.tags.add(tag)
        self._depth += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        """Note the end of code."""
        self._depth -= tag == "code"

    def handle_data(self, data: str) -> None:
        """Put text where it belongs."""
        if self._depth:
            self.code += data
        else:
            self.loose += data


def test_no_text_is_markup() -> None:
    """Rendered, a hostile plan has only our own elements; mentions and numbers stand in code, where they do nothing."""
    found = Outline(plan_markdown(samples.hostile()))
    assert found.tags <= OURS
    assert "alert(1)" in found.code
    assert not any(mark in found.loose for mark in ("alert", "@ada", "#12", "```"))


def test_tables_keep_their_columns() -> None:
    """A pipe in a message does not make another column."""
    for line in plan_markdown(samples.hostile()).splitlines():
        if line.startswith("|") and "Policy" not in line:
            assert line.replace("\\|", "").count("|") == 5, line


@pytest.mark.parametrize("text", ["a-->b", "x--y", "<b>", "a b"])
def test_the_marker_is_one_comment(text: str) -> None:
    """Whatever an environment is called, the marker is one comment that a bot finds again."""
    found = marker(replace(samples.nothing(), environment=text))
    assert found.startswith("<!-- drplan:churn/")
    assert "--" not in found.removeprefix("<!--").removesuffix("-->")
    assert found == marker(replace(samples.large(3), environment=text))


def test_the_marker_names_project_and_environment() -> None:
    """Each environment of a project has a comment of its own; without environments the project has one."""
    assert marker(samples.everything()) == "<!-- drplan:churn/prod -->"
    assert marker(samples.nothing()) == "<!-- drplan:churn -->"
    assert plan_markdown(samples.everything()).startswith("<!-- drplan:churn/prod -->\n")


def test_a_large_plan_is_cut_and_says_how_much() -> None:
    """A thousand deployments fit into a comment: the summary is first, whole blocks are kept, the rest is counted."""
    plan = samples.large(1000)
    text = plan_markdown(plan)
    assert len(text.encode()) <= LIMIT
    assert text.splitlines()[5] == (
        "**Plan: 0 to add, 900 to change, 100 to destroy. Among them: 100 model replacements.**"
    )
    kept = text.count("<details>")
    assert text.count("</details>") == kept > 100
    whole = plan_markdown(plan, 10_000_000)
    cut = len(whole) - len(text)
    said = text.splitlines()[-1]
    assert said.startswith(f"_Cut: {1000 - kept} of 1000 objects (")
    assert abs(int(said.split("(")[1].split()[0].replace(",", "")) - cut) < 2 * 1000
    assert "_Cut" not in whole


def test_the_limit_counts_bytes() -> None:
    """A plan of letters that need several bytes is within the limit too."""
    plan = samples.large(300)
    actions = tuple(replace(action, why="数" * 200) for action in plan)
    text = plan_markdown(replace(plan, actions=actions))
    assert LIMIT - 2_000 < len(text.encode()) <= LIMIT


def test_many_findings_are_folded() -> None:
    """The strictest findings come first; beyond twenty they are counted, and long messages are cut."""
    findings = tuple(Finding(f"rule{number:02}", Demand.WARN, "x" * 5_000) for number in range(30))
    deny = Finding("deny", Demand.DENY, "no")
    remarks = tuple(Diagnostic(Severity.WARNING, f"odd {number}") for number in range(25))
    text = plan_markdown(replace(samples.nothing(), findings=(*findings, deny), diagnostics=remarks))
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert (rows[0], len(rows)) == ("| `deny` | **deny** | the whole plan | `no` |", 20)
    assert "_… and 11 more._" in text
    assert "- … and 5 more" in text
    assert len(text) < 20_000


def test_what_is_asked_for_is_said_first() -> None:
    """A refused plan is a caution; one that needs approval says so; another says neither."""
    assert "> [!CAUTION]" in plan_markdown(samples.everything())
    ask = Finding("risky", Demand.REQUIRE_APPROVAL, "a critical model", "", 2, "mlops")
    text = plan_markdown(replace(samples.large(5), findings=(ask,)))
    assert "> [!IMPORTANT]" in text
    assert "| `risky` | **require approval** `(approvals needed: 2 of mlops)` |" in text
    assert "> [!" not in plan_markdown(samples.large(5))


@pytest.mark.parametrize(
    ("status", "on_warning", "line"),
    [
        ("warning", "allow", "Validation: ⚠️ **warning** (allowed by `on_warning`)"),
        ("warning", "block", "Validation: ⚠️ **warning** (`on_warning` is block)"),
        ("failing", "allow", "Validation: ❌ **failing**"),
        ("", "allow", "Validation: ❌ **no answer**"),
    ],
)
def test_a_warning_says_what_it_means(status: str, on_warning: str, line: str) -> None:
    """Whether a warning is let through is said beside it; a validation without checks has no table."""
    plan = samples.hostile()
    asked = Validation(plan.validations[0].key, status, "", (), on_warning)
    text = plan_markdown(replace(plan, validations=(asked,)))
    assert line in text.splitlines()
    assert "| Check |" not in text


def test_the_report_of_success() -> None:
    """A complete apply is one line."""
    plan = samples.everything()
    lines = report_markdown(plan, samples.outcomes(plan), converged=True).splitlines()
    assert lines[0] == "<!-- drplan:churn/prod -->"
    assert lines[1] == "### Apply: churn (prod)"
    assert lines[-1] == "**Apply complete! Resources: 2 added, 2 changed, 1 destroyed.**"


def test_the_report_of_partial_work() -> None:
    """What failed, what is unknown and what was not attempted stands in a table; what was reached is counted."""
    plan = samples.everything()
    ended = samples.outcomes(plan, model=Result.FAILED, reassert_settings=Result.SKIPPED, delete=Result.UNKNOWN)
    lines = report_markdown(plan, ended, converged=None).splitlines()
    assert lines[5] == (
        "**Apply incomplete: 3 of 13 actions were not done. Resources touched: 2 added, 2 changed, 0 destroyed.**"
    )
    assert [line for line in lines if line.startswith("| `")] == [
        "| `deployment.churn-prod: replace model` | ❌ failed | `model went wrong` |",
        "| `deployment.churn-prod: reassert settings` | ⏭️ not attempted | `reassert-settings went wrong` |",
        "| `deployment.old: delete` | ❓ unknown | `delete went wrong` |",
    ]


def test_the_report_of_a_plan_without_changes() -> None:
    """Nothing to do is said, not shown as an empty success."""
    assert "**No changes. The platform is as the specs say.**" in report_markdown(samples.nothing(), [], converged=None)


def test_the_report_says_what_has_not_converged() -> None:
    """Everything done and something left is a warning."""
    plan: Plan = samples.large(3)
    assert "> [!WARNING]" in report_markdown(plan, samples.outcomes(plan), converged=False)


def test_a_long_report_is_cut() -> None:
    """A report with a thousand failures is within the limit, and counts what it leaves out."""
    plan = samples.large(1000)
    ended = [replace(each, result=Result.FAILED, message="x" * 500) for each in samples.outcomes(plan)]
    text = report_markdown(plan, ended, converged=None)
    assert len(text.encode()) <= LIMIT
    kept = sum(line.startswith("| `") for line in text.splitlines())
    assert text.splitlines()[-1].startswith(f"_Cut: {1000 - kept} of 1000 actions (")
