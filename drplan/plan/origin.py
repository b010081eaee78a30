"""Which drplan made a plan: its version, and a digest of the registry rows that the plan rests on.

The drplan that applies a plan does so by its own rows: they say what is read back, and what a replacement resets. With
rows other than those that the plan was made with, an apply could stop half-way; it is refused before anything is sent.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from drplan.errors import Refused
from drplan.kinds import KINDS
from drplan.records.plans import Origin, Plan
from drplan.records.specs import Address
from drplan.registry.kinds import Kind
from drplan.registry.shapes import ValueForm
from drplan.version import __version__

_PROSE = {"doc", "example", "why", "schema", "attribute", "words", "columns", "filters"}
"""Fields of rows that nothing which an apply does rests on."""


def origin_of(addresses: Iterable[Address]) -> Origin:
    """Return the origin of a plan that this drplan makes about these addresses."""
    names = sorted({address.kind for address in addresses} & KINDS.keys())
    return Origin(__version__, registry_digest(KINDS[name] for name in names))


def refuse_other_drplan(plan: Plan, name: str) -> None:
    """Raise Refused where another drplan, or the same version with other rows, made the plan of the file `name`."""
    made, here = plan.origin, origin_of(seen.address for seen in plan.observed)
    if made == here:
        return
    if made.drplan != here.drplan:
        what, this = f"drplan {made.drplan}", f"this is drplan {here.drplan}"
    else:
        what = f"a drplan {made.drplan} that knows other settings (registry {made.registry[:12]})"
        this = f"this one has registry {here.registry[:12]}"
    raise Refused(f"{name} was made with {what}, and {this}; apply it with the drplan that made it, or plan again")


def registry_digest(kinds: Iterable[Kind]) -> str:
    """Return the SHA-256 (hexadecimal) over the rows of kinds: routes, groups, order, paths, wires, resets.

    Documentation and schemas are left out. What functions in rows do is not seen: drplan's version stands for it.
    """
    content = {kind.name: _plain(kind) for kind in kinds}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _counts(row: Any, name: str) -> bool:
    """Tell whether what an apply does rests on a field of a row; a schema does so where it is a nested value's form."""
    return name not in _PROSE or (name == "schema" and isinstance(row.schema, ValueForm) and row.schema.partial)


def _plain(value: Any) -> Any:
    """Return a row, or a part of one, as plain JSON; of a function only that there is one."""
    if is_dataclass(value):
        shown = (each.name for each in fields(value) if each.compare and _counts(value, each.name))
        return {name: _plain(getattr(value, name)) for name in shown}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = [_plain(item) for item in value]
        # Rows have no order of their own: `after`, `requires` and the like say what comes after what.
        return sorted(items, key=json.dumps) if any(map(is_dataclass, value)) else items
    return "function" if callable(value) else value
