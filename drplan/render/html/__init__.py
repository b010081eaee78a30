"""A plan as one HTML page: what is planned, why, what judges say to it, and in which order; nothing else is needed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element, SubElement

from drplan.plan.file import digest
from drplan.records.plans import Demand, Finding, Plan, Validation, Verb
from drplan.records.specs import Address
from drplan.render.graph import graph
from drplan.render.html.assets import SCRIPT, STYLE
from drplan.render.html.drawing import drawing
from drplan.render.page import page, tag
from drplan.render.rows import Object, Step, checks, denied, finding_rows, needed, objects
from drplan.render.text import summary_line

OPEN_OBJECTS = 10
_CLASS = {"passing": "good", "warning": "warning"}
_DEMAND = {Demand.DENY: "error", Demand.REQUIRE_APPROVAL: "warning", Demand.WARN: "warning"}


def plan_html(plan: Plan) -> str:
    """Return the page; it works without scripts too, only the filter needs them."""
    body = Element("body")
    touched = objects(plan)
    anchors = {each.address: f"o{index}" for index, each in enumerate(touched)}
    _header(body, plan)
    main = SubElement(body, "main")
    _findings(main, plan)
    _diagnostics(main, plan)
    if touched:
        _order(main, plan, touched, anchors)
        section = SubElement(main, "section", {"aria-labelledby": "objects"})
        tag(section, "h2", "What happens to each object", id="objects")
        _tools(section, touched)
        for each in touched:
            _object(section, each, anchors[each.address], unfold=len(touched) <= OPEN_OBJECTS)
    return page(f"Plan of {plan.project}", body, style=STYLE, script=SCRIPT)


def _header(body: Element, plan: Plan) -> None:
    header = SubElement(body, "header")
    tag(header, "h1", f"Plan of {plan.project}")
    facts = tag(header, "dl", class_="facts")
    commit = plan.source and f"{plan.source.commit[:12]}{', with changes' if plan.source.dirty else ''}"
    for name, text in (
        ("Target", plan.target),
        ("Environment", plan.environment),
        ("Commit", commit),
        ("Made at", plan.made_at),
        ("Digest", digest(plan)),
    ):
        if text:
            pair = SubElement(facts, "div")
            tag(pair, "dt", name)
            tag(tag(pair, "dd"), "code", text)
    approvals = [finding for finding in plan.findings if finding.demand is Demand.REQUIRE_APPROVAL]
    state = "error" if denied(plan) else "warning" if approvals else "good"
    said = [summary_line(plan)]
    said += ["It is refused: see below."] if denied(plan) else []
    said += ["It needs approval."] if approvals and not denied(plan) else []
    tag(header, "p", " ".join(said), class_=f"verdict {state}", role="status")


def _findings(main: Element, plan: Plan) -> None:
    if not plan.findings:
        return
    section = SubElement(main, "section")
    tag(section, "h2", "Policies")
    _finding_table(section, [(row.finding, row.about) for row in finding_rows(plan)])


def _finding_table(parent: Element, rows: Iterable[tuple[Finding, str]]) -> None:
    body = _table(parent, "Policies that apply", ("Rule", "Asks for", "About", "Why"))
    for finding, about in rows:
        row = SubElement(body, "tr")
        tag(row, "th", finding.rule, scope="row")
        word = finding.demand.value.replace("_", " ")
        tag(row, "td", f"{word}{needed(finding)}", class_=_DEMAND[finding.demand], data_title="Asks for")
        tag(row, "td", about, data_title="About")
        tag(row, "td", finding.message, data_title="Why")


def _diagnostics(main: Element, plan: Plan) -> None:
    if not plan.diagnostics:
        return
    section = SubElement(main, "section")
    tag(section, "h2", "Remarks")
    items = SubElement(section, "ul")
    for diagnostic in plan.diagnostics:
        item = SubElement(items, "li")
        tag(item, "strong", f"{diagnostic.severity.value}: ", class_=diagnostic.severity.value)
        tag(item, "span", str(diagnostic))


def _order(main: Element, plan: Plan, touched: tuple[Object, ...], anchors: Mapping[Address, str]) -> None:
    section = SubElement(main, "section")
    tag(section, "h2", "Order")
    text = "Validations come before every write, deletions after all others; an arrow leads to what waits."
    tag(section, "p", text, class_="dim")
    drawn = graph(plan)
    if drawn.folded:
        tag(section, "p", drawn.folded, class_="dim")
    # The box scrolls, not the page; with the keyboard too.
    box = tag(section, "div", class_="scroll", tabindex="0", role="region", aria_label="Graph of the ordered actions")
    box.append(drawing(drawn, anchors, {each.address: each.fate for each in touched}))


def _tools(section: Element, touched: tuple[Object, ...]) -> None:
    tools = tag(section, "div", class_="tools", role="search", hidden="")
    label = tag(tools, "label", "Filter by address ")
    tag(label, "input", type="search", id="filter", autocomplete="off", spellcheck="false")
    for fate, count in Counter(each.fate for each in touched).items():
        label = SubElement(tools, "label")
        tag(label, "input", type="checkbox", value=fate.value, checked="")
        tag(label, "span", f"{fate.sign} {fate.value} ({count})", class_=fate.value)
    tag(tools, "button", "Open or close all", type="button", id="all")
    tag(tools, "output", f"{len(touched)} objects", id="count", aria_live="polite", class_="dim")


def _object(section: Element, each: Object, anchor: str, *, unfold: bool) -> None:
    address = str(each.address)
    box = tag(section, "details", class_="object", id=anchor, data_fate=each.fate.value, data_address=address)
    if unfold:
        box.set("open", "")
    head = SubElement(box, "summary")
    tag(head, "span", each.fate.sign, class_=f"sign {each.fate.value}", aria_hidden="true").tail = " "
    tag(SubElement(head, "bdi"), "code", address).tail = " "
    tag(head, "span", each.becomes, class_="dim")
    for validation in each.validations:
        word = f", validation {validation.status}{', refused' if validation.blocks else ''}"
        tag(head, "span", word, class_="error" if validation.blocks else _CLASS.get(validation.status, "error"))
    inside = tag(box, "div", class_="inside")
    for step in each.steps:
        _step(inside, step)
    for validation in each.validations:
        _validation(inside, validation)
    if each.findings:
        tag(inside, "h3", "Policies")
        _finding_table(inside, ((finding, "this object") for finding in each.findings))


def _step(parent: Element, step: Step) -> None:
    head = SubElement(parent, "h3")
    tag(head, "span", step.verb.sign, class_=f"sign {step.verb.value}", aria_hidden="true").tail = " "
    tag(head, "span", step.name)
    if step.why:
        tag(parent, "p", f"because {step.why}", class_="dim")
    if step.id and step.aim in (Verb.DELETE, Verb.ADOPT):
        tag(parent, "p", f"id {step.id}", class_="dim")
    if step.verb is Verb.REASSERT:
        names = ", ".join(dict.fromkeys(row.setting for row in step.settings))
        tag(parent, "p", f"read back afterwards, and set again where it was reset: {names}")
    elif step.settings:
        body = _table(parent, f"Changes of {step.title}", ("Setting", "Before", "After"))
        for row in step.rows:
            line = SubElement(body, "tr")
            tag(line, "th", row.setting, scope="row", class_="code")
            for title, name, side in (("Before", "del", row.before), ("After", "ins", row.after)):
                cell = tag(line, "td", data_title=title, class_="code")
                if side:
                    tag(tag(cell, "bdi"), name, side.whole)
    for note in step.notes:
        tag(parent, "p", note)


def _validation(parent: Element, validation: Validation) -> None:
    head = tag(parent, "h3", "Validation: ")
    tag(head, "span", validation.status or "no answer", class_=_CLASS.get(validation.status, "error"))
    tag(parent, "p", validation.message)
    tag(parent, "p", f"on_warning is {validation.on_warning}", class_="dim")
    if not validation.checks:
        return
    body = _table(parent, "Checks of the replacement", ("Check", "Status", "Message"))
    for check in checks(validation):
        row = SubElement(body, "tr")
        tag(row, "th", check.name, scope="row")
        tag(row, "td", check.status, data_title="Status", class_=_CLASS.get(check.status, "error"))
        tag(row, "td", check.message, data_title="Message")


def _table(parent: Element, about: str, titles: tuple[str, ...]) -> Element:
    """Add a table with its head and return its body."""
    table = tag(parent, "table", class_="cards", aria_label=about)
    head = SubElement(SubElement(table, "thead"), "tr")
    for title in titles:
        tag(head, "th", title, scope="col")
    return SubElement(table, "tbody")
