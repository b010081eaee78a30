"""`runtimeParameters/`: values for the parameters that a custom model declares (API reference 2.8)."""

from typing import Any

from drplan.emulator.core.store import Json, load
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import conflict, fail, invalid
from drplan.emulator.http.fields import Object, anything
from drplan.emulator.http.paging import cut
from drplan.emulator.resources.deployments import access, document

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "numeric": (int, float),
    "credential": (str,),
}


def listed(call: Call) -> Answer:
    """Answer the parameters of the model with their defaults and overrides."""
    doc = access.seen(call)
    return cut(call, _items(doc, document.package_of(call.store, doc)))


def put(call: Call) -> Answer:
    """Override values; a null goes back to the default; only while the deployment is inactive."""
    doc = access.standing(call)
    if doc["status"] != "inactive":
        raise conflict("Runtime parameters can be changed only while the deployment is inactive.")
    given = call.fields(Object({"runtimeParameterValues": anything(required=True)}))
    package = document.package_of(call.store, doc)
    for name, value in read_values(given["runtimeParameterValues"], package).items():
        if value is None:
            doc["runtimeParameters"].pop(name, None)
        else:
            doc["runtimeParameters"][name] = value
    document.save(call.store, doc)
    return ok({"runtimeParameters": _items(doc, package)})


def read_values(value: Any, package: Json) -> Json:
    """Give name to value from a request's JSON text of [{fieldName, type, value}]; 422 if it does not fit."""
    if value is None:
        return {}
    try:
        rows = load(value) if isinstance(value, str) else value
    except ValueError:
        fail("runtimeParameterValues", "must be a JSON-encoded string")
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "fieldName" in row for row in rows):
        fail("runtimeParameterValues", "must be a list of objects with fieldName, type and value")
    known = {parameter["fieldName"]: parameter for parameter in package["_facts"]["runtimeParameters"]}
    wrong = {}
    for row in rows:
        wrong.update(_wrong(row, known))
    if wrong:
        raise invalid({"runtimeParameterValues": wrong})
    return {row["fieldName"]: row.get("value") for row in rows}


def _wrong(row: Json, known: Json) -> Json:
    name, value = row["fieldName"], row.get("value")
    if name not in known:
        return {name: "is not a runtime parameter of the model"}
    kind = known[name]["type"]
    if row.get("type", kind) != kind:
        return {name: f"is of type {kind}"}
    if value is None:
        return {}
    if not isinstance(value, _TYPES[kind]) or (kind == "numeric" and isinstance(value, bool)):
        return {name: f"must be a {kind} value"}
    least, most = known[name].get("minValue"), known[name].get("maxValue")
    if kind == "numeric" and ((least is not None and value < least) or (most is not None and value > most)):
        return {name: f"must be between {least} and {most}"}
    return {}


def _items(doc: Json, package: Json) -> list[Json]:
    items = []
    for parameter in package["_facts"]["runtimeParameters"]:
        override = doc["runtimeParameters"].get(parameter["fieldName"])
        default = parameter.get("defaultValue")
        items.append(
            {
                "fieldName": parameter["fieldName"],
                "type": parameter["type"],
                "defaultValue": default,
                "currentValue": default if override is None else override,
                "overrideValue": override,
                "allowEmpty": parameter.get("allowEmpty", True),
                "description": parameter.get("description"),
                "credentialType": parameter.get("credentialType"),
                "keyValueId": None,
                "minValue": parameter.get("minValue"),
                "maxValue": parameter.get("maxValue"),
            }
        )
    return items


ROUTES = (("GET deployments/{id}/runtimeParameters/", listed), ("PUT deployments/{id}/runtimeParameters/", put))
