"""The text a reviewer reads: destructive and replacing first, why each happens, before and after, a summary line."""

from collections.abc import Callable, Iterable, Mapping
from textwrap import wrap
from typing import Any

from drplan.plan.diff import leaves
from drplan.plan.file import headline, summary
from drplan.records.plans import Action, Change, Demand, Outcome, Plan, Result, Validation, Verb
from drplan.records.specs import Address, Diagnostic
from drplan.records.values import SECRET

Painter = Callable[[str, str], str]
"""Takes text and a style: a verb's value, or `bold`, `dim`, `error`, `warning`, `good`."""

FOLD_OBJECTS = 20
FOLD_VALUE = 100
_ORDER = (Verb.DELETE, Verb.REPLACE, Verb.ADOPT, Verb.UPDATE, Verb.CREATE)
_WILL = {
    Verb.DELETE: "will be destroyed",
    Verb.REPLACE: "will be updated in-place",
    Verb.UPDATE: "will be updated in-place",
    Verb.ADOPT: "will be imported",
    Verb.CREATE: "will be created",
}

_FOUND = {
    Demand.DENY: ("Denied", "error"),
    Demand.REQUIRE_APPROVAL: ("Needs approval", "warning"),
    Demand.WARN: ("Warning", "warning"),
}


def plain(text: str, _style: str) -> str:
    """Return the text as it is: the painter for files, pipes and NO_COLOR."""
    return text


def printable(text: str) -> str:
    """Return text from files or the platform on one line, with nothing in it that a terminal would act on."""
    shown_as = str(text)  # a secret shows itself as a marker
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in shown_as)


def target_line(plan: Plan) -> str:
    """Name what is planned and where, which every plan and apply says first."""
    return f"Project {plan.project} on {plan.target}"


def plan_text(plan: Plan, paint: Painter = plain, *, full: bool = False) -> str:
    """Return the whole plan; without `full`, more than 20 objects with the same fate are folded."""
    lines = [paint(target_line(plan), "bold"), ""]
    by_fate: dict[Verb, list[tuple[Address, list[Action]]]] = {}
    for address, actions in _by_address(plan).items():
        fate = headline({action.aim for action in actions if action.verb is not Verb.VALIDATE})
        by_fate.setdefault(fate, []).append((address, actions))
    validations = {validation.key: validation for validation in plan.validations}
    for fate in _ORDER:
        objects = by_fate.get(fate, [])
        shown = objects if full else objects[:FOLD_OBJECTS]
        for address, actions in shown:
            lines += [*_object(address, fate, actions, validations, paint), ""]
        if len(objects) > len(shown):
            more = len(objects) - len(shown)
            lines += [paint(f"  … and {more} more that {_WILL[fate]} (--verbose shows them)", "dim"), ""]
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
    groups: dict[tuple[Demand, str, str, int, str], list[str]] = {}
    for finding in plan.findings:
        key = (finding.demand, finding.rule, finding.message, finding.count, finding.group)
        groups.setdefault(key, []).append(finding.about)
    lines = []
    for demand, (word, style) in _FOUND.items():
        for (asked, rule, message, count, group), abouts in groups.items():
            if asked is demand:
                who = f" ({count}{f' by {group}' if group else ''})" if demand is Demand.REQUIRE_APPROVAL else ""
                lines.append(paint(f"{word}{who}: ", style) + printable(f"{rule}: {message}"))
                named = abouts if full else abouts[:FOLD_OBJECTS]
                lines += [paint(f"  {about}", "dim") for about in named if about]
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


def describe(action: Action) -> str:
    """Name an action in a few words: its address, its verb, and the part of the object it is about."""
    step = action.key.removeprefix(f"{action.address}/")
    if action.verb is Verb.REASSERT:
        part = action.group
    elif step == "register":
        part = "model package"
    else:
        part = "" if step.startswith(action.verb.value) else step
    return f"{action.address}: {action.verb.value} {part}".rstrip()


def report_text(plan: Plan, outcomes: Iterable[Outcome], paint: Painter = plain) -> str:
    """Return what became of a plan: `Apply complete!`, or what failed, what was skipped and what is unknown."""
    by_key = {outcome.key: outcome for outcome in outcomes}
    done = {action.address for action in plan.writes} - {
        action.address for action in plan.writes if by_key[action.key].result is not Result.DONE
    }
    counts = dict.fromkeys(_ORDER, 0)
    for address, actions in _by_address(plan).items():
        if address in done:
            counts[headline({action.aim for action in actions if action.verb is not Verb.VALIDATE})] += 1
    changed = counts[Verb.UPDATE] + counts[Verb.REPLACE] + counts[Verb.ADOPT]
    tally = f"{counts[Verb.CREATE]} added, {changed} changed, {counts[Verb.DELETE]} destroyed"
    bad = [action for action in plan.writes if by_key[action.key].result is not Result.DONE]
    if not bad:
        return paint(f"Apply complete! Resources: {tally}.", "good") + "\n"
    waiting = [action for action in bad if by_key[action.key].result is Result.PENDING]
    listed = [f"  {outcome_line(action, by_key[action.key], paint)}" for action in waiting]
    if len(waiting) == len(bad):
        lines = [paint(f"Applied all that needs no approval. Resources through to the end: {tally}.", "good")]
        lines += ["Awaiting approval on the platform, where a reviewer decides:", *listed]
        lines.append("`drplan plan` shows it as pending until then, and plans what waits for it afterwards.")
        return "\n".join(lines) + "\n"
    lines = [paint(f"Apply incomplete. Resources through to the end: {tally}.", "error")]
    for result, title in ((Result.FAILED, "Failed"), (Result.UNKNOWN, "Unknown"), (Result.SKIPPED, "Not attempted")):
        group = [action for action in bad if by_key[action.key].result is result]
        lines += [f"{title}:"] if group else []
        lines += [f"  {outcome_line(action, by_key[action.key], paint)}" for action in group]
    lines += ["Awaiting approval:", *listed] if waiting else []
    lines.append("What was done stays done; `drplan plan` shows what remains.")
    return "\n".join(lines) + "\n"


# ----------------------------------------------------------------------------------------------------------- pieces


def _by_address(plan: Plan) -> Mapping[Address, list[Action]]:
    found: dict[Address, list[Action]] = {}
    for action in plan.actions:
        found.setdefault(action.address, []).append(action)
    return found


def _object(
    address: Address, fate: Verb, actions: list[Action], validations: Mapping[str, Validation], paint: Painter
) -> list[str]:
    lines = [paint(f"  # {address} {_WILL[fate]}", "bold")]
    writes = [action for action in actions if action.verb is not Verb.VALIDATE]
    for action in sorted(writes, key=lambda action: action.aim is not Verb.REPLACE):
        lines += _action(action, paint, new=fate is Verb.CREATE)
        if action.aim is Verb.REPLACE:
            asked = [each.key for each in actions if each.verb is Verb.VALIDATE]
            lines += [line for key in asked if key in validations for line in _validation(validations[key], paint)]
    return lines


def _action(action: Action, paint: Painter, *, new: bool) -> list[str]:
    verb = Verb.CREATE if new and action.verb is Verb.UPDATE else action.verb
    sign = paint(f"  {verb.sign}", verb.value)
    if verb is Verb.REASSERT:
        names = ", ".join(dict.fromkeys(change.setting.rpartition(".")[0] for change in action.changes))
        return [f"{sign} {paint(f'read back afterwards, and set again what was reset: {names}', 'dim')}"]
    lines = [f"{sign} {_change(leaf, action)}" for change in action.changes for leaf in leaves(change)]
    if action.aim is Verb.DELETE and action.id:
        lines[0] += paint(f" ({action.id})", "dim")
    if action.aim is Verb.REPLACE:
        ids = " → ".join(
            str(change.before) + " → " + str(change.after or "(known after apply)") for change in action.changes
        )
        lines.append(paint(f"      {ids}", "dim"))
    if isinstance(action.body, Mapping) and "reason" in action.body:
        lines.append(f"      recorded reason: {action.body['reason']}")
    if verb is Verb.REQUEST:
        lines.append(f"      asked for by a change request: {printable(action.body['action'])}")
    if action.why and not (new and verb is Verb.CREATE and action.verb is Verb.UPDATE):
        lines.append(paint(f"      because {printable(action.why)}", "dim"))
    return lines


def _change(change: Change, action: Action) -> str:
    before, after = _value(change.before, change.before_name), _value(change.after, change.after_name)
    if action.aim is Verb.REPLACE:
        names = printable(change.before_name or before), printable(change.after_name or after)
        return f"{change.setting}: {' → '.join(names)}"
    if change.before is None and change.before_name is None:
        return f"{change.setting}: {after}"
    if action.aim is Verb.DELETE:
        return f"{change.setting}: {before}"
    return f"{change.setting}: {before} → {after}"


def _value(value: Any, name: str | None) -> str:
    if name is not None:
        return printable(f"{name} ({value})" if value is not None and value != name else name)
    return shown(value)


def shown(value: Any) -> str:
    """Return a value as a person would write it in YAML, on one line, folded when it is long."""
    if value is None:
        text = "null"
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, str):
        text = f'"{printable(value)}"'
    elif isinstance(value, Mapping) and set(value) == {"$secret"}:
        text = f"{SECRET} {value['$secret']}".rstrip()
    elif isinstance(value, Mapping):
        text = "{" + ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) + "}"
    elif isinstance(value, list | tuple):
        text = "[" + ", ".join(map(shown, value)) + "]"
    else:
        text = str(value)
    return text if len(text) <= FOLD_VALUE else f"{text[: FOLD_VALUE - 1]}… ({len(text)} characters)"


def _validation(validation: Validation, paint: Painter) -> list[str]:
    style = {"passing": "good", "warning": "warning"}.get(validation.status, "error")
    word = paint(validation.status, style)
    policy = ""
    if validation.status == "warning":
        policy = " (allowed by on_warning)" if not validation.blocks else " (on_warning is block)"
    lines = [f"      validation: {word}{policy}" + (f", {printable(validation.message)}" if validation.message else "")]
    passing = [check.name for check in validation.checks if check.status == "passing"]
    for check in validation.checks:
        if check.status != "passing":
            mark = paint(f"{check.status}:", "warning" if check.status == "warning" else "error")
            lines.append(f"        {mark} {printable(f'{check.name}: {check.message}')}")
    if passing:
        text = f"passing: {', '.join(passing)}"
        lines += [paint(line, "dim") for line in wrap(text, 110, initial_indent=" " * 8, subsequent_indent=" " * 17)]
    return lines


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
