"""A plan in the shape of `terraform show -json PLAN`, for policy packs, commenters and dashboards made for Terraform.

Types and attributes have the names of the vendor's Terraform provider. The plan knows what it has read, so an attribute
that no spec mentions is absent, not null.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from drplan.kinds import KINDS
from drplan.plan.file import digest
from drplan.records.plans import Demand, Observed, Plan, Validation, Verb
from drplan.records.specs import Address
from drplan.records.values import SECRET, sealed, thaw
from drplan.registry.kinds import Kind
from drplan.registry.rows import Setting
from drplan.render.rows import FindingRow, Object, SettingRow, checks, denied, finding_rows, needed, objects
from drplan.render.text import summary_line
from drplan.version import __version__

FORMAT = "1.2"
STATE_FORMAT = "1.0"
TERRAFORM = "1.11.4"  # the version whose output this is the shape of; readers find no resource where the key is missing
PROVIDER = "datarobot"
PROVIDER_NAME = f"registry.terraform.io/datarobot-community/{PROVIDER}"

_ACTIONS = {Verb.CREATE: "create", Verb.DELETE: "delete"}
_REASON = {False: "delete_because_no_resource_config", True: "replace_because_cannot_update"}


def terraform_text(plan: Plan) -> str:
    """Return the plan as JSON, its keys in Terraform's order."""
    return json.dumps(terraform_document(plan), indent=1, ensure_ascii=False) + "\n"


def resource_type(address: Address) -> str:
    """Return the provider's type of a kind of object."""
    return f"{PROVIDER}_{address.kind}"


def resource_place(address: Address) -> tuple[str, str | None]:
    """Return the name and the index of a resource: what lives inside another object is an instance, by its own name."""
    return (address.parent, address.name) if address.parent else (address.name, None)


def resource_address(address: Address) -> str:
    """Return an address as Terraform writes it: `type.name`, or `type.parent["name"]`."""
    name, index = resource_place(address)
    return f"{resource_type(address)}.{name}" + ("" if index is None else f'["{index}"]')


def terraform_document(plan: Plan) -> dict[str, Any]:
    """Return the plan; `drplan` at its end is ours: version, digest, project, environment, target and a summary.

    A check is `fail` exactly where drplan refuses to apply, and `unknown` where an approval is needed.
    """
    touched = {each.address: each for each in objects(plan)}
    states = [
        _Resource(seen, touched.get(seen.address))
        for seen in sorted(plan.observed, key=lambda seen: resource_address(seen.address))
    ]
    refused = denied(plan)
    document: dict[str, Any] = {
        "format_version": FORMAT,
        "terraform_version": TERRAFORM,
        "planned_values": {"root_module": _module(state.after for state in states)},
        "resource_changes": [state.change for state in states],
    }
    before = _module(state.before for state in states)
    if before:
        values = {"root_module": before}
        document["prior_state"] = {"format_version": STATE_FORMAT, "terraform_version": TERRAFORM, "values": values}
    checks = [*_validation_checks(touched.values()), *_finding_checks(plan)]
    if checks:
        document["checks"] = checks
    if plan.made_at:
        document["timestamp"] = plan.made_at
    return document | {
        "applyable": bool(plan.writes) and not refused,
        "complete": not refused,
        "errored": bool(plan.blocking),
        "drplan": {
            "version": __version__,
            "digest": digest(plan),
            "project": plan.project,
            "environment": plan.environment,
            "target": plan.target,
            "summary": summary_line(plan),
        },
    }


# --------------------------------------------------------------------------------------------------------- resources


class _Resource:
    """One object before and after: attribute values, what is unknown, and what is sensitive."""

    def __init__(self, seen: Observed, touched: Object | None) -> None:
        self.address = seen.address
        self.kind = KINDS[seen.address.kind]
        self.id = seen.id
        self.fate = touched.fate if touched else None
        self.again = bool(touched and touched.again)
        self.old: dict[str, Any] = {**seen.fields}
        self.new: dict[str, Any] = {} if self.again else {**seen.fields}
        self.unknown: set[str] = {"id"} if self.again or not seen.id else set()
        for row in (row for step in touched.steps for row in step.own) if touched else ():
            self._note(row)
        if seen.id:
            self.old["id"] = seen.id
            self.new |= {} if self.again else {"id": seen.id}

    def _note(self, row: SettingRow) -> None:
        before = row.before.plain if row.before else None
        if row.after is None:  # what it was is all that there is to say
            self.old.setdefault(row.setting, before)
            return
        if self.id is not None:
            self.old.setdefault(row.setting, before)
        self.new[row.setting] = row.after.plain
        if row.after.later:  # something that this plan makes first
            self.unknown.add(row.setting)
        else:
            self.unknown.discard(row.setting)

    @property
    def _exists(self) -> bool:
        return self.id is not None

    @property
    def _stays(self) -> bool:
        return self.again or self.fate is not Verb.DELETE

    @property
    def before(self) -> dict[str, Any] | None:
        """What `prior_state` holds."""
        return self._resource(self.old, set()) if self._exists else None

    @property
    def after(self) -> dict[str, Any] | None:
        """What `planned_values` holds: without what is not known yet."""
        return self._resource(self.new, self.unknown) if self._stays else None

    @property
    def change(self) -> dict[str, Any]:
        """What `resource_changes` holds."""
        action = "no-op" if self.fate is None else _ACTIONS.get(self.fate, "update")
        change: dict[str, Any] = {
            "actions": ["delete", "create"] if self.again else [action],
            "before": self._values(self.old, set()) if self._exists else None,
            "after": self._values(self.new, self.unknown) if self._stays else None,
            "after_unknown": self._mask(self.unknown) if self._stays else {},
            "before_sensitive": self._mask(_secret(self.old)) if self._exists else False,
            "after_sensitive": self._mask(_secret(self.new)) if self._stays else False,
        }
        if self.fate is Verb.ADOPT:
            change["importing"] = {"id": self.id}
        if self.again:
            made_once = [row.path for row in self.kind.settings if row.recreate]
            changed = [path for path in made_once if self.old.get(path) != self.new.get(path)]
            change |= {"replace_paths": [list(_attribute(self.kind, path)) for path in changed]} if changed else {}
        return {
            **self._head,
            "provider_name": PROVIDER_NAME,
            "change": change,
            **({"action_reason": _REASON[self.again]} if self.fate is Verb.DELETE else {}),
        }

    @property
    def _head(self) -> dict[str, Any]:
        name, index = resource_place(self.address)
        return {
            "address": resource_address(self.address),
            "mode": "managed",
            "type": resource_type(self.address),
            "name": name,
            **({} if index is None else {"index": index}),
        }

    def _resource(self, fields: Mapping[str, Any], unknown: set[str]) -> dict[str, Any]:
        return {
            **self._head,
            "provider_name": PROVIDER_NAME,
            "schema_version": 0,
            "values": self._values(fields, unknown),
            "sensitive_values": self._mask(_secret(fields) - unknown),
        }

    def _values(self, fields: Mapping[str, Any], unknown: set[str]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        known = ((_attribute(self.kind, path), path) for path in fields.keys() - unknown)
        for steps, path in sorted(known):
            value = fields[path]
            if value is not None or not _entry(self.kind, path):  # an entry without a value is not there
                _put(values, steps, SECRET if sealed(value) else thaw(value))
        return values

    def _mask(self, paths: Iterable[str]) -> dict[str, Any]:
        mask: dict[str, Any] = {}
        for path in sorted(paths):
            _put(mask, _attribute(self.kind, path), value=True)
        return mask


def _module(resources: Iterable[dict[str, Any] | None]) -> dict[str, Any]:
    found = [resource for resource in resources if resource is not None]
    return {"resources": found} if found else {}


def _secret(fields: Mapping[str, Any]) -> set[str]:
    return {path for path, value in fields.items() if sealed(value)}


def _put(values: dict[str, Any], steps: tuple[str, ...], value: Any) -> None:
    """Put a value below its attribute; the last step is a name and may hold dots."""
    *parents, last = steps
    for step in parents:
        values = values.setdefault(step, {})
    values[last] = value


def _attribute(kind: Kind, path: str) -> tuple[str, ...]:
    """Return where the vendor's provider has a setting: `settings.x.y` is `x_settings.y`, a reference ends in `_id`."""
    entry = _entry(kind, path)
    if entry:
        return entry
    row = next((row for row in kind.settings if row.path == path), None)
    if row is not None and row.attribute:
        return tuple(row.attribute.split("."))
    section, _, rest = path.partition(".")
    if "." in rest:
        group, _, name = rest.partition(".")
        return (f"{group}_{section}", *name.split("."))
    return (f"{path}_id",) if row is not None and row.reference else tuple(path.split("."))


def _entry(kind: Kind, path: str) -> tuple[str, str] | None:
    """Return the map and the name for a path that is an entry of its group, such as a tag."""
    for row in kind.settings:
        if _holds_entries(kind, row) and path.startswith(f"{row.path}."):
            return row.path, path.removeprefix(f"{row.path}.")
    return None


def _holds_entries(kind: Kind, row: Setting) -> bool:
    return row.group is not None and kind.group(row.group).entries is not None


# ------------------------------------------------------------------------------------------------------------ checks


def _validation_checks(touched: Iterable[Object]) -> Iterable[dict[str, Any]]:
    for each in sorted(touched, key=lambda each: resource_address(each.address)):
        for validation in each.validations:
            status = "fail" if validation.blocks else "pass"
            place = resource_address(each.address)
            address = {
                "kind": "resource",
                "mode": "managed",
                "name": resource_place(each.address)[0],
                "to_display": place,
                "type": resource_type(each.address),
            }
            yield _check(address, status, [_instance(place, status, _problems(validation))])


def _problems(validation: Validation) -> list[str]:
    bad = [check for check in checks(validation) if check.status != "passing"]
    problems = [f"{check.name} is {check.status}: {check.message}" for check in bad]
    return problems or ([validation.message] if validation.blocks else [])


_STATUS = {Demand.DENY: "fail", Demand.REQUIRE_APPROVAL: "unknown", Demand.WARN: "pass"}


def _finding_checks(plan: Plan) -> Iterable[dict[str, Any]]:
    by_rule: dict[str, list[FindingRow]] = {}
    for row in sorted(finding_rows(plan), key=lambda row: (row.finding.rule, row.finding.about)):
        by_rule.setdefault(row.finding.rule, []).append(row)
    for rule, rows in by_rule.items():
        shown = f"check.{rule}"
        instances = []
        for row in rows:
            place = resource_address(row.step.address) if row.step else shown
            instances.append(_instance(place, _STATUS[row.finding.demand], [row.message + needed(row.finding)]))
        worst = max((row.finding.demand for row in rows), key=list(Demand).index)
        yield _check({"kind": "check", "name": rule, "to_display": shown}, _STATUS[worst], instances)


def _instance(place: str, status: str, problems: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"address": {"to_display": place}, "status": status}
    return found | ({"problems": [{"message": problem} for problem in problems]} if problems else {})


def _check(address: dict[str, Any], status: str, instances: list[dict[str, Any]]) -> dict[str, Any]:
    return {"address": address, "status": status, "instances": instances}
