"""The text a reviewer reads: destructive and replacing first, why each happens, before and after, a summary line."""

from collections.abc import Callable, Iterable
from itertools import groupby
from textwrap import wrap

from drplan.plan.file import summary
from drplan.records.plans import Action, Demand, Outcome, Plan, Result, Validation, Verb
from drplan.records.specs import Diagnostic
from drplan.render.oneline import printable, shown
from drplan.render.report import report_line
from drplan.render.rows import Object, SettingRow, Step, describe, finding_rows, objects

Painter = Callable[[str, str], str]
"""Takes text and a style: a verb's value, or `bold`, `dim`, `error`, `warning`, `good`."""

FOLD_OBJECTS = 20

_FOUND = {
    Demand.DENY: ("Denied", "error"),
    Demand.REQUIRE_APPROVAL: ("Needs approval", "warning"),
    Demand.WARN: ("Warning", "warning"),
}
_NOT_DONE = {
    Result.FAILED: "Failed",
    Result.UNKNOWN: "Unknown",
    Result.SKIPPED: "Not attempted",
    Result.PENDING: "Awaiting approval",
}


def plain(text: str, _style: str) -> str:
    """Return the text as it is: the painter for files, pipes and NO_COLOR."""
    return text


def target_line(plan: Plan) -> str:
    """Name what is planned and where, which every plan and apply says first."""
    return printable(f"Project {plan.project} on {plan.target}")


def plan_text(plan: Plan, paint: Painter = plain, *, full: bool = False) -> str:
    """Return the whole plan; without `full`, more than 20 objects with the same fate are folded."""
    lines = [paint(target_line(plan), "bold"), ""]
    for _, same in groupby(objects(plan), key=lambda each: (each.fate, each.again)):
        alike = list(same)
        told = alike if full else alike[:FOLD_OBJECTS]
        for each in told:
            lines += [*_object(each, paint), ""]
        if len(alike) > len(told):
            more = len(alike) - len(told)
            lines += [paint(f"  … and {more} more that {alike[0].will} (--verbose shows them)", "dim"), ""]
    for diagnostic in plan.diagnostics:
        lines += [diagnostic_text(diagnostic, paint), ""]
    if plan.findings:
        lines += [*findings_text(plan, paint, full=full), ""]
    lines.append(paint(summary_line(plan), "bold"))
    return "\n".join(lines) + "\n"


def summary_line(plan: Plan) -> str:
    """Return `Plan: N to add, N to change, N to destroy.` (objects, not requests), or `No changes.`"""
    if not plan.writes:
        return "No changes. The platform is as the specs say."
    counts = summary(plan)
    change = counts["update"] + counts["replace"] + counts["adopt"]
    line = f"Plan: {counts['create']} to add, {change} to change, {counts['delete']} to destroy."
    extra = [f"{counts['replace']} model {_plural('replacement', counts['replace'])}"] if counts["replace"] else []
    extra += [f"{counts['adopt']} to adopt"] if counts["adopt"] else []
    blocked = len(plan.blocking)
    extra += [f"{blocked} blocked by validation"] if blocked else []
    asked = sum(action.verb is Verb.REQUEST for action in plan.writes)
    extra += [f"{asked} asked for by change {_plural('request', asked)}"] if asked else []
    return line + (f" Among them: {', '.join(extra)}." if extra else "")


def findings_text(plan: Plan, paint: Painter = plain, *, full: bool = False) -> list[str]:
    """Return what policies found, the strictest first: one line a rule and what it says, then the actions it means."""
    alike: dict[tuple[Demand, str, str, int, str], list[str]] = {}
    for row in finding_rows(plan):
        found = row.finding
        alike.setdefault((found.demand, found.rule, found.message, found.count, found.group), []).append(found.about)
    lines = []
    for (demand, rule, message, count, group), abouts in alike.items():
        word, style = _FOUND[demand]
        who = f" ({count}{f' by {printable(group)}' if group else ''})" if demand is Demand.REQUIRE_APPROVAL else ""
        lines.append(paint(f"{word}{who}: ", style) + printable(f"{rule}: {message}"))
        named = abouts if full else abouts[:FOLD_OBJECTS]
        lines += [paint(f"  {about}", "dim") for about in map(printable, named) if about]
        more = len(abouts) - len(named)
        lines += [paint(f"  … and {more} more (--verbose shows them)", "dim")] if more else []
    return lines


def diagnostic_text(diagnostic: Diagnostic, paint: Painter = plain) -> str:
    """Return `Error: where: path: summary` with what to do on the next line."""
    severity = diagnostic.severity.value
    place = [str(diagnostic.where)] if diagnostic.where else []
    place += [diagnostic.path] if diagnostic.path else []
    head = paint(f"{severity.capitalize()}: ", severity) + printable(": ".join([*place, diagnostic.summary]))
    return head + (f"\n  {printable(diagnostic.detail)}" if diagnostic.detail else "")


def outcome_line(action: Action, outcome: Outcome, paint: Painter = plain) -> str:
    """Return one action's outcome: what was done, to what, the result, how long, and the remark."""
    style = {Result.DONE: "good", Result.PENDING: "warning", Result.FAILED: "error", Result.UNKNOWN: "error"}.get(
        outcome.result, "dim"
    )
    word = {Result.SKIPPED: "not attempted"}.get(outcome.result, outcome.result.value)
    took = f" in {outcome.seconds:.1f} s" if outcome.result is Result.DONE else ""
    remark = f": {printable(outcome.message)}" if outcome.message else ""
    return f"{action.verb.sign} {describe(action)}: {paint(word, style)}{took}{remark}"


def report_text(plan: Plan, outcomes: Iterable[Outcome], paint: Painter = plain) -> str:
    """Return what became of a plan: `Apply complete!`, or what failed, what was skipped and what is unknown."""
    by_key = {outcome.key: outcome for outcome in outcomes}
    line = report_line(plan, by_key.values())
    listed: dict[Result, list[str]] = {}
    for action in plan.writes:
        outcome = by_key[action.key]
        listed.setdefault(outcome.result, []).append(f"  {outcome_line(action, outcome, paint)}")
    if not listed.keys() - {Result.DONE, Result.PENDING}:
        lines = [paint(line, "good")]
        if Result.PENDING in listed:
            lines += ["Awaiting approval on the platform, where a reviewer decides:", *listed[Result.PENDING]]
            lines.append("`drplan plan` shows it as pending until then, and plans what waits for it afterwards.")
        return "\n".join(lines) + "\n"
    lines = [paint(line, "error")]
    for result, title in _NOT_DONE.items():
        lines += [f"{title}:", *listed[result]] if result in listed else []
    lines.append("What was done stays done; `drplan plan` shows what remains.")
    return "\n".join(lines) + "\n"


# ----------------------------------------------------------------------------------------------------------- pieces


def _object(each: Object, paint: Painter) -> list[str]:
    lines = [paint(f"  # {printable(str(each.address))} {each.will}", "bold")]
    for step in each.steps:
        lines += _step(step, paint, new=each.again or each.fate is Verb.CREATE)
        if step.aim is Verb.REPLACE:
            lines += [line for validation in each.validations for line in _validation(validation, paint)]
    return lines


def _step(step: Step, paint: Painter, *, new: bool) -> list[str]:
    """Return a step's lines; what follows the creation of a new object reads as a part of it."""
    part = new and step.verb is Verb.UPDATE
    verb = Verb.CREATE if part else step.verb
    sign = paint(f"  {verb.sign}", verb.value)
    if verb is Verb.REASSERT:
        names = ", ".join(dict.fromkeys(row.setting.rpartition(".")[0] for row in step.settings))
        return [f"{sign} {paint(f'read back afterwards, and set again what was reset: {printable(names)}', 'dim')}"]
    replaces = step.aim is Verb.REPLACE
    lines = [f"{_sign(row, verb, paint)} {_row(row, short=replaces)}" for row in step.rows] or [f"{sign} {step.name}"]
    if step.aim is Verb.DELETE and step.id:
        lines[0] += paint(f" ({printable(step.id)})", "dim")
    if replaces:
        lines += [paint(f"      {' → '.join(map(printable, ids))}", "dim") for ids in map(_ids, step.settings) if ids]
    lines += [f"      {printable(note)}" for note in step.notes]
    if step.why and not part:
        lines.append(paint(f"      because {printable(step.why)}", "dim"))
    return lines


def _sign(row: SettingRow, verb: Verb, paint: Painter) -> str:
    """Return the sign of a row, which is that of `verb`; an update sets (+) what was not set, and clears (-) others."""
    if verb is Verb.UPDATE and row.before is None:
        verb = Verb.CREATE
    elif verb is Verb.UPDATE and row.after and (row.after.plain, row.after.name) == (None, None):
        verb = Verb.DELETE
    return paint(f"  {verb.sign}", verb.value)


def _row(row: SettingRow, *, short: bool) -> str:
    sides = [side.short if short else side.text for side in (row.before, row.after) if side]
    return f"{printable(row.setting)}: {' → '.join(sides) or shown(None)}"


def _ids(row: SettingRow) -> list[str]:
    """Return the ids behind a row's names; nothing where it has none."""
    sides = [side for side in (row.before, row.after) if side]
    return [side.id for side in sides] if any(side.name is not None for side in sides) else []


def _validation(validation: Validation, paint: Painter) -> list[str]:
    style = {"passing": "good", "warning": "warning"}.get(validation.status, "error")
    word = paint(printable(validation.status), style)
    policy = ""
    if validation.status == "warning":
        policy = " (allowed by on_warning)" if not validation.blocks else " (on_warning is block)"
    lines = [f"      validation: {word}{policy}" + (f", {printable(validation.message)}" if validation.message else "")]
    passing = [printable(check.name) for check in validation.checks if check.status == "passing"]
    for check in validation.checks:
        if check.status != "passing":
            mark = paint(f"{printable(check.status)}:", "warning" if check.status == "warning" else "error")
            lines.append(f"        {mark} {printable(f'{check.name}: {check.message}')}")
    if passing:
        text = f"passing: {', '.join(passing)}"
        lines += [paint(line, "dim") for line in wrap(text, 110, initial_indent=" " * 8, subsequent_indent=" " * 17)]
    return lines


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
