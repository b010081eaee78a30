"""Where each effective value of a spec comes from, and why each action is planned."""

from collections.abc import Iterable

from drplan.records.plans import Plan, Verb
from drplan.records.specs import Desired, Resource
from drplan.records.values import seal
from drplan.registry.rows import covers
from drplan.render.oneline import printable, shown
from drplan.render.rows import steps
from drplan.render.text import Painter, plain


def values_text(resource: Resource, field: str = "", paint: Painter = plain) -> str:
    """Return each effective value (at or below `field`) with its place, and what it hides."""
    place = printable(f" ({resource.where})") if resource.where else ""
    lines = [paint(printable(str(resource.address)), "bold") + place]
    for path, wanted in resource.desired.items():
        if not field or covers(field, path):
            lines.append(f"  {printable(path)}: {shown(seal(wanted.value))}")
            lines.append(paint(f"      {_origin(wanted)}", "dim"))
            hidden = wanted.hides
            while hidden is not None:
                lines.append(paint(f"      hides {shown(seal(hidden.value))} {_origin(hidden)}", "dim"))
                hidden = hidden.hides
    return "\n".join(lines) + "\n"


def actions_text(plan: Plan, resource: Resource, field: str = "", paint: Painter = plain) -> str:
    """Return why each action of the resource (that touches `field`) is planned."""
    lines = []
    for step in steps(plan):
        if step.address != resource.address or step.verb is Verb.VALIDATE:
            continue
        if not field or any(covers(field, row.setting) for row in step.settings):
            lines.append(f"  {paint(step.verb.sign, step.verb.value)} {step.title}: because {printable(step.why)}")
            lines += [f"      after {printable(key)}" for key in step.needs]
    return "\n".join(["Planned:", *lines] if lines else ["Nothing is planned for it."]) + "\n"


def values_document(resource: Resource, field: str = "") -> Iterable[dict[str, object]]:
    """Yield the same as JSON: path, value (a marker for a secret), origin, file, line, column, hides."""
    for path, wanted in resource.desired.items():
        if not field or covers(field, path):
            yield {"path": path, **_document(wanted)}


def _document(wanted: Desired) -> dict[str, object]:
    from drplan.records.values import thaw

    where = wanted.where
    return {
        "value": thaw(seal(wanted.value)),
        "origin": wanted.origin or "spec",
        "file": where.file if where else None,
        "line": where.line if where else None,
        "column": where.column if where else None,
        "hides": _document(wanted.hides) if wanted.hides else None,
    }


def _origin(wanted: Desired) -> str:
    place = f"from {wanted.where}" if wanted.where else "from its key"
    return printable(f"{place} ({wanted.origin})" if wanted.origin else place)
