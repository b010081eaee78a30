"""`registeredModels/`: the names that model packages are versions of (API reference 3.4)."""

from collections.abc import Callable
from typing import Any

from drplan.emulator.core.clock import iso
from drplan.emulator.core.ids import derived_id, new_id
from drplan.emulator.core.store import Json, Store, load, public
from drplan.emulator.http.call import Answer, Call, no_content, ok, only
from drplan.emulator.http.errors import bad_request, conflict, fail, invalid, not_found
from drplan.emulator.http.fields import Object, boolean, number, text
from drplan.emulator.http.paging import cut, page, window
from drplan.emulator.resources import recipients
from drplan.emulator.resources.registry.filters import keeps_model, keeps_version
from drplan.emulator.resources.registry.package import keep, shown, target

_SORT = ("createdAt", "modifiedAt", "name")
_VERSION_SORT: dict[str, Callable[[Json], Any]] = {
    "version": lambda version: version["registeredModelVersion"],
    "modelType": lambda version: version["_facts"]["modelType"],
    "status": lambda version: version["_facts"]["buildStatus"],
    "createdAt": lambda version: version["importMeta"]["dateCreated"],
    "modifiedAt": lambda version: version["updatedAt"],
    "updatedAt": lambda version: version["updatedAt"],
}
_PATCH = Object({"name": text(), "description": text(blank=True, nullable=True), "isGlobal": boolean()})
_VERSION_PATCH = Object({"name": text(), "predictionThreshold": number(nullable=True, least=0, most=1)})


def new_registered_model(
    id: str,  # noqa: A002 - the field's name
    name: str,
    description: str,
    shown_target: Json,
    user: Json,
    now: str,
    last: int,
) -> Json:
    """Give a registered model's document; `last` is the number of its newest version."""
    return {
        "id": id,
        "name": name,
        "description": description,
        "createdAt": now,
        "modifiedAt": now,
        "createdBy": person(user),
        "modifiedBy": person(user),
        "target": shown_target,
        "lastVersionNum": last,
        "isArchived": False,
        "isGlobal": False,
        "tags": [],
        "_roles": [{"shareRecipientType": "user", "role": "OWNER", "id": user["id"], "name": user["username"]}],
    }


def person(user: Json) -> Json:
    """Give a user as registered models show one."""
    return {"id": user["id"], "name": user["username"], "email": user["email"]}


def put(store: Store, doc: Json) -> None:
    """Write a registered model so that it is found by its name."""
    store.put("registeredModel", doc["id"], doc, name=doc["name"])


def id_for_model(model_id: str) -> str:
    """Give the id of the registered model that deploying a bare model makes."""
    return derived_id("registered model of", model_id)


def tags(given: list[Json] | None) -> list[Json]:
    """Give tags with ids."""
    return [{"id": new_id(), **tag} for tag in given or []]


def listed(call: Call) -> Answer:
    """Answer the registered models that are not archived, filtered and sorted as the query says."""
    offset, limit = window(call)
    key, direction = _sorting(call, _SORT)
    kept = [doc for doc in call.store.find("registeredModel") if not doc["isArchived"] and keeps_model(call, doc)]
    if key is not None:
        kept.sort(key=lambda doc: doc[key], reverse=direction == "desc")
    return page(call, [public(doc) for doc in kept[offset : offset + limit]], len(kept), offset, limit)


def _sorting(call: Call, keys: tuple[str, ...]) -> tuple[str | None, str]:
    key, direction = call.one("sortKey"), call.one("sortDirection") or "asc"
    if key is not None and key not in keys:
        raise bad_request(f"sortKey: must be one of {', '.join(keys)}, not {key}")
    if direction not in {"asc", "desc"}:
        raise bad_request("sortDirection: must be asc or desc")
    return key, direction


def get(call: Call) -> Answer:
    """Answer one registered model."""
    return ok(public(_model(call)))


def patch(call: Call) -> Answer:
    """Change a registered model's name, description or reach."""
    doc = _model(call)
    given = call.fields(_PATCH)
    name = given.get("name", doc["name"])
    if name != doc["name"] and call.store.find("registeredModel", name=name):
        raise conflict(f"The registered model name {name} is already in use.")
    doc.update(given)
    doc["description"] = doc["description"] or ""
    doc["modifiedAt"], doc["modifiedBy"] = iso(call.now), person(call.user)
    put(call.store, doc)
    return ok(public(doc))


def archive(call: Call) -> Answer:
    """Archive a registered model with its versions; 409 while a deployment serves one of them."""
    doc = _model(call)
    versions = call.store.find("modelPackage", parent=doc["id"])
    if any(shown(call.store, version)["activeDeploymentCount"] for version in versions):
        raise conflict("The registered model cannot be deleted: it has existing deployments.")
    put(call.store, {**doc, "isArchived": True})
    for version in versions:
        keep(call.store, {**version, "isArchived": True})
    return no_content()


def versions(call: Call) -> Answer:
    """Answer the versions of a registered model, oldest first, narrowed by `search` in their names and by filters."""
    doc = _model(call)
    offset, limit = window(call)
    key, direction = _sorting(call, tuple(_VERSION_SORT))
    if not call.query.keys() - {"offset", "limit"}:
        found, total = call.store.page("modelPackage", offset, limit, parent=doc["id"])
        return page(call, [shown(call.store, version) for version in found], total, offset, limit)
    search = (call.one("search") or "").lower()
    kept = [
        version
        for version in call.store.find("modelPackage", parent=doc["id"])
        if search in version["name"].lower() and keeps_version(call, version)
    ]
    if key is not None:
        kept.sort(key=_VERSION_SORT[key], reverse=direction == "desc")
    return cut(call, [shown(call.store, version) for version in kept])


def version_get(call: Call) -> Answer:
    """Answer one version."""
    return ok(shown(call.store, _version(call)))


def version_patch(call: Call) -> Answer:
    """Change a version's name or prediction threshold."""
    version = _version(call)
    given = call.fields(_VERSION_PATCH)
    if "predictionThreshold" in given:
        if version["_facts"]["targetType"] != "Binary":
            fail("predictionThreshold", "only binary classification models have one")
        version["_facts"]["predictionThreshold"] = given["predictionThreshold"]
        version["target"] = target(version["_facts"])
    version["name"] = given.get("name", version["name"])
    version["updatedAt"] = iso(call.now)
    keep(call.store, version)
    return ok(shown(call.store, version))


def deployments(call: Call) -> Answer:
    """Answer the deployments that use or used a version of this registered model, or one version of it."""
    _model(call)
    offset, limit = window(call)
    items: list[Json] = []
    total = 0
    for version in (
        [_version(call)] if "vid" in call.params else call.store.find("modelPackage", parent=call.params["id"])
    ):
        items += _deployments_of(call, version, max(0, offset - total), limit - len(items))
        who = (version["id"], call.user["id"])
        total += call.store.db.execute(f"SELECT count(*) FROM {_USING}", who).fetchone()[0]  # noqa: S608 - constant
    return page(call, items, total, offset, limit)


# The deployments that a user sees (?2) and that serve with a version (?1), or have it as a challenger.
_USING = (
    "deployments d JOIN access a ON a.seq = d.seq AND a.user_id = ?2 WHERE d.package_id = ?1 "
    "OR d.id IN (SELECT parent FROM objects WHERE kind = 'challenger' AND ref = ?1)"
)


def _deployments_of(call: Call, version: Json, offset: int, limit: int) -> list[Json]:
    rows = call.store.db.execute(
        "SELECT d.id, d.label, d.status, d.doc, d.package_id = ?1 "  # noqa: S608 - constant
        f"FROM (SELECT d.seq FROM {_USING} ORDER BY d.seq LIMIT ?3 OFFSET ?4) p "
        "JOIN deployments d ON d.seq = p.seq ORDER BY d.seq",
        (version["id"], call.user["id"], limit, offset),
    )
    return [
        {
            "id": deployment_id,
            "label": label,
            "currentlyDeployed": bool(serves),
            "registeredModelVersion": version["registeredModelVersion"],
            "isChallenger": not serves,
            "status": status,
            "firstDeployedAt": load(text_)["deployedAt"] if serves else None,
        }
        for deployment_id, label, status, text_, serves in rows
    ]


def _model(call: Call) -> Json:
    return only(call.store.get("registeredModel", call.params["id"]))


def _version(call: Call) -> Json:
    version = only(call.store.get("modelPackage", call.params["vid"]))
    if version["registeredModelId"] != call.params["id"]:
        raise not_found()
    return version


def roles(call: Call) -> Answer:
    """Answer who may do what with a registered model, narrowed by `id`."""
    doc = _model(call)
    wanted = call.one("id")
    kept = [role for role in doc["_roles"] if wanted in {None, role["id"]}]
    return cut(call, kept)


def share(call: Call) -> Answer:
    """Change roles; 409 when no owner would be left, 422 for a user that does not exist, all or nothing."""
    doc = _model(call)
    held = {(role["shareRecipientType"], role["id"]): role for role in doc["_roles"]}
    for index, change in enumerate(call.fields(recipients.UPDATE)["roles"]):
        kind = change["shareRecipientType"]
        recipient = recipients.recipient_of(call.store, kind, change)
        if recipient is None:
            raise invalid({"roles": {str(index): {"username" if "username" in change else "id": f"no such {kind}"}}})
        held.pop((kind, recipient), None)
        if change["role"] != "NO_ROLE":
            held[kind, recipient] = {
                "shareRecipientType": kind,
                "role": change["role"],
                "id": recipient,
                "name": recipients.name_of(call.store, kind, recipient),
            }
    if not any(role["role"] == "OWNER" for role in held.values()):
        raise conflict("A registered model needs at least one owner.")
    put(call.store, {**doc, "_roles": list(held.values())})
    return no_content()


ROUTES = (
    ("GET registeredModels/{id}/sharedRoles/", roles),
    ("PATCH registeredModels/{id}/sharedRoles/", share),
    ("GET registeredModels/", listed),
    ("GET registeredModels/{id}/", get),
    ("PATCH registeredModels/{id}/", patch),
    ("DELETE registeredModels/{id}/", archive),
    ("GET registeredModels/{id}/versions/", versions),
    ("GET registeredModels/{id}/versions/{vid}/", version_get),
    ("PATCH registeredModels/{id}/versions/{vid}/", version_patch),
    ("GET registeredModels/{id}/deployments/", deployments),
    ("GET registeredModels/{id}/versions/{vid}/deployments/", deployments),
)
