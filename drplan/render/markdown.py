"""A plan, or what became of it, as Markdown for a comment on a pull request or a step's summary.

Whatever comes from specs or platforms stands in code spans, code blocks or escaped cells: it makes no links, mentions
nobody and closes nothing.
"""

import re
from collections.abc import Iterable
from html import escape

from drplan.plan.file import digest
from drplan.records.plans import Demand, Finding, Outcome, Plan, Result, Validation, Verb
from drplan.render.oneline import printable
from drplan.render.report import report_line
from drplan.render.rows import Object, Step, checks, denied, describe, finding_rows, needed, objects
from drplan.render.text import summary_line

LIMIT = 65_536
"""The largest comment that GitHub takes, in characters. Here it bounds bytes, which are never fewer."""

ROWS = 20
CELL = 300
_RESERVE = 300  # for the sentence that says what was cut
_ICON = {"passing": "✅", "warning": "⚠️"}
_RESULTS = {
    Result.PENDING: "⏳ awaits approval",
    Result.FAILED: "❌ failed",
    Result.UNKNOWN: "❓ unknown",
    Result.SKIPPED: "⏭️ not attempted",
}


def marker(plan: Plan) -> str:
    """Return the hidden line by which a bot finds the comment of this project and environment again."""
    name = f"{plan.project}/{plan.environment}" if plan.environment else plan.project
    return f"<!-- drplan:{re.sub(r'[^A-Za-z0-9._/-]|--', '_', name)} -->"


def plan_markdown(plan: Plan, limit: int = LIMIT) -> str:
    """Return the plan within `limit` bytes: summary, refusals and approvals first, then one folded block per object."""
    parts = [*_head(plan, "Plan"), f"**{_text(summary_line(plan))}**"]
    if denied(plan):
        parts.append("> [!CAUTION]\n> This plan is refused: nothing of it will be applied.")
    elif any(finding.demand is Demand.REQUIRE_APPROVAL for finding in plan.findings):
        parts.append("> [!IMPORTANT]\n> This plan needs approval before it can be applied.")
    parts += [*_findings(plan), *_remarks(plan)]
    return _fitted(parts, [_object(each) for each in objects(plan)], "objects", limit)


def report_markdown(plan: Plan, outcomes: Iterable[Outcome], *, converged: bool | None, limit: int = LIMIT) -> str:
    """Return what became of a plan: the sum, then every action that was not done, within `limit` bytes."""
    by_key = {outcome.key: outcome for outcome in outcomes}
    line = report_line(plan, by_key.values()) if plan.writes else summary_line(plan)
    parts = [*_head(plan, "Apply"), f"**{_text(line)}**"]
    if converged is False:
        parts.append("> [!WARNING]\n> Everything was applied, and yet something is left to do: plan again.")
    rows = [
        f"| {_cell(describe(action))} | {_RESULTS[outcome.result]} | {_cell(outcome.message)} |\n"
        for action in plan.writes
        for outcome in [by_key[action.key]]
        if outcome.result in _RESULTS
    ]
    if rows:
        parts.append("What was done stays done; `drplan plan` shows what remains.")
    return _fitted(parts, rows, "actions", limit, head="| Action | Result | |\n|---|---|---|\n")


# ------------------------------------------------------------------------------------------------------------- pieces


def _head(plan: Plan, title: str) -> list[str]:
    where = f"{plan.project} ({plan.environment})" if plan.environment else plan.project
    facts = [f"target {_code(plan.target)}", f"digest {_code(digest(plan))}"]
    if plan.source:
        facts.append(f"commit {_code(plan.source.commit[:12])}{' with changes' if plan.source.dirty else ''}")
    return [f"{marker(plan)}\n### {title}: {_text(where)}", " · ".join(facts)]


def _fitted(parts: list[str], blocks: list[str], what: str, limit: int, head: str = "") -> str:
    """Join parts and as many blocks as fit; the last line says how much was cut."""
    text = "\n\n".join(parts) + "\n"
    room = limit - _RESERVE - _size(text) - _size(head)
    kept: list[str] = []
    cut: list[str] = []
    for block in blocks:
        if not cut and _size(block) + 1 <= room:
            kept.append(block)
            room -= _size(block) + 1
        else:
            cut.append(block)
    text += f"\n{head}" + ("" if head else "\n").join(kept) if kept else ""
    if cut:
        letters = sum(map(len, cut))
        text += (
            f"\n_Cut: {len(cut)} of {len(blocks)} {what} ({letters:,} characters) do not fit here; "
            "`drplan show PLANFILE` shows everything._\n"
        )
    return text


def _findings(plan: Plan) -> Iterable[str]:
    if not plan.findings:
        return
    lines = ["| Policy | Asks for | About | Why |", "|---|---|---|---|"]
    rows = finding_rows(plan)
    for row in rows[:ROWS]:
        about = _cell(row.about) if row.step else row.about
        lines.append(f"| {_cell(row.finding.rule)} | {_demand(row.finding)} | {about} | {_cell(row.finding.message)} |")
    yield "\n".join(lines)
    if len(rows) > ROWS:
        yield f"_… and {len(rows) - ROWS} more._"


def _demand(finding: Finding) -> str:
    return f"**{finding.demand.value.replace('_', ' ')}** {_cell(needed(finding))}".rstrip()


def _remarks(plan: Plan) -> Iterable[str]:
    if plan.diagnostics:
        lines = [f"- {each.severity.value}: {_code(_short(str(each)))}" for each in plan.diagnostics[:ROWS]]
        more = len(plan.diagnostics) - ROWS
        yield "\n".join([*lines, *([f"- … and {more} more"] if more > 0 else [])])


def _object(each: Object) -> str:
    """Return one object as a folded block."""
    said = "".join(f", validation {validation.status}" for validation in each.validations)
    address = escape(printable(str(each.address)))
    head = f"<summary>{each.fate.sign} <code>{address}</code> {each.becomes}{escape(said)}</summary>"
    lines = [line for step in each.steps for line in _step(step)]
    parts = [f"<details>{head}", _fenced([printable(line) for line in lines], "diff")]
    parts += [_validation(validation) for validation in each.validations]
    return "\n\n".join([*parts, "</details>\n"])


def _step(step: Step) -> Iterable[str]:
    if step.verb is Verb.REASSERT:
        names = ", ".join(dict.fromkeys(row.setting for row in step.settings))
        yield f"# {step.name}: read back afterwards, and set again where it was reset: {names}"
        return
    yield f"# {step.name}{f', because {step.why}' if step.why else ''}"
    for row in step.rows:
        if row.before:
            yield f"- {row.setting}: {row.before.text}"
        if row.after:
            yield f"+ {row.setting}: {row.after.whole}"
    yield from (f"# {note}" for note in step.notes)


def _validation(validation: Validation) -> str:
    policy = ""
    if validation.status == "warning":
        policy = " (`on_warning` is block)" if validation.blocks else " (allowed by `on_warning`)"
    lines = [f"Validation: {_icon(validation.status)} **{_text(validation.status or 'no answer')}**{policy}", ""]
    if validation.checks:
        lines += ["| | Check | Status | Message |", "|---|---|---|---|"]
        for check in checks(validation):
            icon, message = _icon(check.status), _cell(check.message)
            lines.append(f"| {icon} | {_cell(check.name)} | {_cell(check.status)} | {message} |")
    return "\n".join(lines).rstrip()


def _icon(status: str) -> str:
    return _ICON.get(status, "❌")


# ------------------------------------------------------------------------------------------------------------ escaping


def _size(text: str) -> int:
    return len(text.encode())


def _short(text: str) -> str:
    return text if len(text) <= CELL else f"{text[: CELL - 1]}…"


def _flat(text: str) -> str:
    return printable(" ".join(text.split()))


def _text(text: str) -> str:
    """Escape text that stands in a line of Markdown; an invisible joiner takes the effect of mentions and numbers."""
    return re.sub(r"([@#])", "\\1\u2060", re.sub(r"([\\`*_{}\[\]<>|~$])", r"\\\1", _flat(text)))


def _code(text: str) -> str:
    """Return a code span: its fence is longer than any inside."""
    flat = _flat(text)
    fence = "`" * (_longest(flat) + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{pad}{flat}{pad}{fence}" if flat else ""


def _cell(text: str) -> str:
    """Return a code span for a table's cell, where a pipe would end the cell even inside of code."""
    return _code(_short(text)).replace("|", "\\|")


def _fenced(lines: list[str], language: str) -> str:
    fence = "`" * max(3, *(_longest(line) + 1 for line in lines))
    return "\n".join([f"{fence}{language}", *lines, fence])


def _longest(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
