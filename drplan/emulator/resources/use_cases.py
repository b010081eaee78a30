"""`useCases/`: what belongs together, with the links to it (API reference 3.7 and 4.6).

A use case is seen by its members only; linking needs the role OWNER or EDITOR in it.
"""

from collections.abc import Callable

from drplan.emulator.core.clock import iso
from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Json, Store
from drplan.emulator.http.call import Answer, Call, no_content, ok, only
from drplan.emulator.http.errors import bad_request, conflict, fail, forbidden, not_found
from drplan.emulator.http.fields import Object, boolean, listing, nested, text
from drplan.emulator.http.paging import cut
from drplan.emulator.resources.deployments import document

_CREATE = Object({"name": text(nullable=True), "description": text(blank=True, nullable=True)})
_PATCH = Object({"name": text(), "description": text(blank=True, nullable=True)})
_ROLES = ("OWNER", "EDITOR", "CONSUMER", "NO_ROLE")
_SHARE = Object(
    {
        "operation": text(choices=("updateRoles",)),
        "roles": listing(
            nested(
                Object(
                    {
                        "role": text(required=True, choices=_ROLES),
                        "shareRecipientType": text(choices=("user",)),
                        "username": text(nullable=True),
                        "id": text(nullable=True),
                        "canShare": boolean(nullable=True),
                    }
                )
            ),
            required=True,
            least=1,
            most=100,
        ),
    }
)
# The last path segment of a link, the entity's type, and the kind of object in the store.
_ENTITIES = {
    "projects": ("project", "project"),
    "datasets": ("dataset", "dataset"),
    "deployments": ("deployment", ""),
    "registeredModels": ("registeredModel", "registeredModel"),
    "customModels": ("customModel", "customModel"),
}
_SORT = {"name": "name", "createdAt": "createdAt", "updatedAt": "updatedAt"}


def new_use_case(id: str, name: str, description: str | None, owner_id: str, now: str) -> Json:  # noqa: A002 - the field's name
    """Give a use case's document with its one owner."""
    return {
        "id": id,
        "name": name,
        "description": description or "",
        "createdAt": now,
        "createdBy": owner_id,
        "updatedAt": now,
        "updatedBy": owner_id,
        "roles": {owner_id: "OWNER"},
    }


def put_link(store: Store, id: str, use_case_id: str, kind: str, entity_id: str, user_id: str, now: str) -> Json:  # noqa: A002 - the field's name
    """Write the link of an entity to a use case and give it as the API shows it."""
    doc = {
        "id": id,
        "entityType": kind,
        "entityId": entity_id,
        "experimentContainerId": use_case_id,
        "createdAt": now,
        "created": {"id": user_id},
        "isDeleted": False,
    }
    store.put("useCaseLink", id, doc, name=f"{use_case_id}/{entity_id}", parent=use_case_id, ref=entity_id)
    return doc


def listed(call: Call) -> Answer:
    """Answer the use cases that the user is a member of, narrowed by `search`, sorted by `orderBy`."""
    search, order = (call.one("search") or "").lower(), call.one("orderBy") or "-updatedAt"
    key = order.removeprefix("-")
    if key not in _SORT:
        raise bad_request(f"orderBy: must be one of {', '.join(_SORT)}, not {key}")
    kept = [
        doc
        for doc in call.store.find("useCase")
        if call.user["id"] in doc["roles"] and (search in doc["name"].lower() or search in doc["description"].lower())
    ]
    kept.sort(key=lambda doc: str(doc[_SORT[key]]), reverse=order.startswith("-"))
    return cut(call, [_view(call.store, doc) for doc in kept])


def create(call: Call) -> Answer:
    """Create a use case; the user owns it."""
    given = call.fields(_CREATE)
    name = given.get("name") or f"Untitled {iso(call.now)[:10]}"
    doc = new_use_case(new_id(), name, given.get("description"), call.user["id"], iso(call.now))
    call.store.put("useCase", doc["id"], doc, name=doc["name"])
    return ok(_view(call.store, doc), 201)


def get(call: Call) -> Answer:
    """Answer one use case."""
    return ok(_view(call.store, _use_case(call)))


def patch(call: Call) -> Answer:
    """Change a use case's name or description."""
    doc = _editable(call)
    doc |= call.fields(_PATCH)
    doc["description"] = doc["description"] or ""
    _touch(call, doc)
    return ok(_view(call.store, doc))


def delete(call: Call) -> Answer:
    """Delete a use case with its links; what was linked stays."""
    doc = _editable(call, "OWNER")
    for link in call.store.find("useCaseLink", parent=doc["id"]):
        call.store.delete("useCaseLink", link["id"])
    call.store.delete("useCase", doc["id"])
    return no_content()


def roles(call: Call) -> Answer:
    """Answer who has which role in a use case."""
    doc, wanted = _use_case(call), call.one("id")
    items = []
    for user_id, role in doc["roles"].items():
        user = call.store.get("user", user_id)
        if user is not None and wanted in {None, user_id}:
            items.append({"id": user_id, "name": user["username"], "role": role, "shareRecipientType": "user"})
    return cut(call, items)


def share(call: Call) -> Answer:
    """Give and take roles; 409 when no owner would be left."""
    doc = _editable(call, "OWNER")
    for place, given in enumerate(call.fields(_SHARE)["roles"]):
        user = _recipient(call.store, given)
        if user is None:
            fail("roles", f"{place}: unknown user {given.get('username') or given.get('id')}")
        if given["role"] == "NO_ROLE":
            doc["roles"].pop(user["id"], None)
        else:
            doc["roles"][user["id"]] = given["role"]
    if "OWNER" not in doc["roles"].values():
        raise conflict("The use case must keep an owner.")
    _touch(call, doc)
    return no_content()


def _recipient(store: Store, given: Json) -> Json | None:
    if given.get("username"):
        found = store.find("user", name=given["username"])
        return found[0] if found else None
    return store.get("user", given.get("id") or "")


def _links(segment: str) -> Callable[[Call], Answer]:
    kind, _ = _ENTITIES[segment]

    def links(call: Call) -> Answer:
        """Answer the links of one kind of a use case, oldest first."""
        found = _live_links(call.store, _use_case(call)["id"])
        return cut(call, [link for link in found if link["entityType"] == kind])

    return links


def _link(segment: str) -> Callable[[Call], Answer]:
    kind, stored = _ENTITIES[segment]

    def link(call: Call) -> Answer:
        """Link an entity; a link that is there is a 409 whose text clients look for (API reference 4.6)."""
        doc = _editable(call)
        entity_id = call.params["eid"]
        if not _there(call, stored, entity_id):
            raise not_found()
        if call.store.find("useCaseLink", name=f"{doc['id']}/{entity_id}"):
            raise conflict(f"This {kind} is already linked to this Use Case")
        made = put_link(call.store, new_id(), doc["id"], kind, entity_id, call.user["id"], iso(call.now))
        _touch(call, doc)
        return ok(made, 201)

    return link


def _unlink(segment: str) -> Callable[[Call], Answer]:
    kind, _ = _ENTITIES[segment]

    def unlink(call: Call) -> Answer:
        """Take a link away; 404 where there is none."""
        doc = _editable(call)
        found = call.store.find("useCaseLink", name=f"{doc['id']}/{call.params['eid']}")
        if not found or found[0]["entityType"] != kind:
            raise not_found()
        call.store.delete("useCaseLink", found[0]["id"])
        _touch(call, doc)
        return no_content()

    return unlink


def _there(call: Call, stored: str, entity_id: str) -> bool:
    if stored:
        return call.store.get(stored, entity_id) is not None
    doc = document.fetch(call.store, entity_id)
    seen = call.store.db.execute(
        "SELECT 1 FROM deployments d JOIN access a ON a.seq = d.seq AND a.user_id = ? WHERE d.id = ?",
        (call.user["id"], entity_id),
    ).fetchone()
    return doc is not None and not doc["deleting"] and seen is not None


def _live_links(store: Store, use_case_id: str) -> list[Json]:
    """Give the links whose entity is still there."""
    stored = dict(_ENTITIES.values())
    found = []
    for link in store.find("useCaseLink", parent=use_case_id):
        kind = stored[link["entityType"]]
        there = store.get(kind, link["entityId"]) if kind else document.fetch(store, link["entityId"])
        if there is not None:
            found.append(link)
    return found


def _use_case(call: Call) -> Json:
    doc = only(call.store.get("useCase", call.params["id"]))
    if call.user["id"] not in doc["roles"]:
        raise not_found()
    return doc


def _editable(call: Call, least: str = "EDITOR") -> Json:
    doc = _use_case(call)
    if doc["roles"][call.user["id"]] not in {"OWNER", least}:
        raise forbidden(f"You do not have permission to perform this action: the role {least} is needed.")
    return doc


def _touch(call: Call, doc: Json) -> None:
    doc["updatedAt"], doc["updatedBy"] = iso(call.now), call.user["id"]
    call.store.put("useCase", doc["id"], doc, name=doc["name"])


def _view(store: Store, doc: Json) -> Json:
    links = _live_links(store, doc["id"])
    kinds = [link["entityType"] for link in links]
    members = [_person(store, user_id) for user_id in doc["roles"]]
    models = [
        model
        for link in links
        if link["entityType"] == "project"
        for model in store.find("model", parent=link["entityId"])
    ]
    return {
        "id": doc["id"],
        "name": doc["name"],
        "description": doc["description"],
        "createdAt": doc["createdAt"],
        "created": _person(store, doc["createdBy"]),
        "updatedAt": doc["updatedAt"],
        "updated": _person(store, doc["updatedBy"]),
        "modelsCount": len(models),
        "projectsCount": kinds.count("project"),
        "datasetsCount": kinds.count("dataset"),
        "deploymentsCount": kinds.count("deployment"),
        "registeredModelsCount": kinds.count("registeredModel"),
        "customModelsCount": kinds.count("customModel"),
        "filesCount": 0,
        "notebooksCount": 0,
        "applicationsCount": 0,
        "playgroundsCount": 0,
        "vectorDatabasesCount": 0,
        "owners": [_person(store, user_id) for user_id, role in doc["roles"].items() if role == "OWNER"],
        "members": members,
    }


def _person(store: Store, user_id: str) -> Json:
    user = store.get("user", user_id)
    if user is None:
        return {"id": user_id}
    full = f"{user['firstName']} {user['lastName']}".strip()
    return {"id": user_id, "fullName": full or None, "email": user["email"], "username": user["username"]}


ROUTES = (
    ("GET useCases/", listed),
    ("POST useCases/", create),
    ("GET useCases/{id}/", get),
    ("PATCH useCases/{id}/", patch),
    ("DELETE useCases/{id}/", delete),
    ("GET useCases/{id}/sharedRoles/", roles),
    ("PATCH useCases/{id}/sharedRoles/", share),
    *(
        route
        for segment in _ENTITIES
        for route in (
            (f"GET useCases/{{id}}/{segment}/", _links(segment)),
            (f"POST useCases/{{id}}/{segment}/{{eid}}/", _link(segment)),
            (f"DELETE useCases/{{id}}/{segment}/{{eid}}/", _unlink(segment)),
        )
    ),
)
