"""`tags/` of a deployment (API reference 2.8); platforms may refuse these routes, and show tags in fewer places."""

from http import HTTPStatus

from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Json, Store
from drplan.emulator.http.call import Answer, Call, no_content, ok
from drplan.emulator.http.errors import Problem, not_found
from drplan.emulator.http.fields import Object, text
from drplan.emulator.http.paging import cut
from drplan.emulator.resources.deployments import access, document

_TAG = Object({"name": text(required=True, longest=256), "value": text(required=True, blank=True, longest=1024)})
_PATCH = Object({"name": text(longest=256), "value": text(blank=True, longest=1024)})


def add(store: Store, deployment_id: str, name: str, value: str, tag_id: str) -> None:
    """Write a tag; the caller refreshes the deployment."""
    store.db.execute("INSERT OR REPLACE INTO tags VALUES (?, ?, ?, ?)", (deployment_id, tag_id, name, value))


def listed(call: Call) -> Answer:
    """Answer the tags."""
    _allowed(call, "CAN_VIEW")
    rows = call.store.db.execute(
        "SELECT id, name, value FROM tags WHERE subject = ? ORDER BY name, id", (call.params["id"],)
    )
    return cut(call, [{"id": tag, "name": name, "value": value} for tag, name, value in rows])


def create(call: Call) -> Answer:
    """Add a tag."""
    _allowed(call, "CAN_EDIT_DEPLOYMENT")
    given = call.fields(_TAG)
    tag = {"id": new_id(), **given}
    add(call.store, call.params["id"], given["name"], given["value"], tag["id"])
    document.refresh(call.store, call.params["id"])
    return ok(tag, 201)


def patch(call: Call) -> Answer:
    """Change a tag's name or value."""
    tag = {**_tag(call, "CAN_EDIT_DEPLOYMENT"), **call.fields(_PATCH)}
    add(call.store, call.params["id"], tag["name"], tag["value"], tag["id"])
    document.refresh(call.store, call.params["id"])
    return ok(tag)


def delete(call: Call) -> Answer:
    """Remove a tag."""
    tag = _tag(call, "CAN_EDIT_DEPLOYMENT")
    call.store.db.execute("DELETE FROM tags WHERE subject = ? AND id = ?", (call.params["id"], tag["id"]))
    document.refresh(call.store, call.params["id"])
    return no_content()


def _allowed(call: Call, permission: str) -> None:
    refusal = call.switches["tag_refusal"]
    if refusal is not None:
        raise Problem(refusal, {"message": f"{refusal} {HTTPStatus(refusal).phrase}"})
    doc = access.seen(call, permission)
    if permission != "CAN_VIEW" and doc["deleting"]:
        raise not_found()


def _tag(call: Call, permission: str) -> Json:
    _allowed(call, permission)
    row = call.store.db.execute(
        "SELECT id, name, value FROM tags WHERE subject = ? AND id = ?", (call.params["id"], call.params["tag_id"])
    ).fetchone()
    if row is None:
        raise not_found()
    return dict(zip(("id", "name", "value"), row, strict=True))


ROUTES = (
    ("GET deployments/{id}/tags/", listed),
    ("POST deployments/{id}/tags/", create),
    ("PATCH deployments/{id}/tags/{tag_id}/", patch),
    ("DELETE deployments/{id}/tags/{tag_id}/", delete),
)
