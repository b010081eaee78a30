"""One deployment: read, patch, delete, activate and deactivate (API reference 2.4, 2.5)."""

from drplan.emulator.core import jobs
from drplan.emulator.core.store import Json, Store
from drplan.emulator.http.call import Answer, Call, no_content
from drplan.emulator.http.errors import conflict, invalid
from drplan.emulator.http.fields import Object, text
from drplan.emulator.resources.deployments import access, create, document, late
from drplan.emulator.resources.deployments.access import GONE
from drplan.emulator.resources.deployments.approval import guard
from drplan.emulator.resources.deployments.document import IMPORTANCES

_PATCH = Object(
    {
        "label": text(longest=512),
        "description": text(blank=True, nullable=True),
        "importance": text(nullable=True, choices=IMPORTANCES),
    }
)
_STATUS = Object({"status": text(required=True, choices=("active", "inactive"))})


def get(call: Call) -> Answer:
    """Answer one deployment."""
    role, view = access.columns(call, f"a.role, {document.shown_in('objects', call.switches)}")
    return Answer(200, document.seen(view, role))


def patch(call: Call) -> Answer:
    """Change label, description, importance."""
    doc = access.standing(call, "CAN_EDIT_DEPLOYMENT")
    given = call.fields(_PATCH)
    if "importance" in given:
        given["importance"] = document.kept_importance(given["importance"], call.switches)
    if given.get("importance", doc["importance"]) != doc["importance"]:
        guard(call, doc, "changeImportance")
    doc.update(given)
    document.save(call.store, doc)
    return no_content()


def delete(call: Call) -> Answer:
    """Begin to delete: lists drop the deployment, GET shows it until that is through, everything else says 404."""
    doc = access.standing(call, "CAN_DELETE_DEPLOYMENT")
    if call.flag("ignoreManagementAgent") is None and _waits_for_agent(call, doc):
        raise invalid({"ignoreManagementAgent": "the management agent of the prediction environment has not confirmed"})
    guard(call, doc, "delete")
    doc["deleting"] = True
    document.save(call.store, doc)
    late.deleting(call.store, doc["id"])
    jobs.cancel(call.store, doc["id"])
    jobs.start(call.store, "delete", doc["id"], {}, now=call.now, seconds=call.pace.deletion, visible=False)
    return no_content()


def status(call: Call) -> Answer:
    """Activate or deactivate; 409 if it is so already or a transition is under way."""
    doc = access.standing(call, "CAN_EDIT_DEPLOYMENT")
    wanted = call.fields(_STATUS)["status"]
    if doc["status"] == wanted:
        raise conflict(f"The deployment is already {wanted}.")
    if doc["status"] not in {"active", "inactive"}:
        raise conflict(f"The deployment's status cannot be changed while it is {doc['status']}.")
    guard(call, doc, "changeStatus")
    before = doc["status"]
    doc["status"] = "launching" if wanted == "active" else "stopping"
    document.save(call.store, doc)
    job = call.start("status", doc["id"], {"status": wanted, "before": before}, f"deployments/{doc['id']}/")
    return call.accepted(job)


def _waits_for_agent(call: Call, doc: Json) -> bool:
    environment = call.store.get("predictionEnvironment", doc["predictionEnvironmentId"] or "")
    return environment is not None and environment["isManagedByManagementAgent"] and doc["status"] == "active"


@jobs.effect("delete")
def _gone(store: Store, subject: str, _payload: Json, when: float) -> None:
    doc, until = document.fetch(store, subject), late.listed_until(store, subject)
    if doc is None or not until:
        create.forget(store, subject)
        return
    # Only lists that lag still show it.
    doc["status"] = GONE
    document.save(store, doc)
    jobs.start(store, "delete", subject, {}, now=when, seconds=until - when, visible=False)


@jobs.effect("status")
def _changed(store: Store, subject: str, payload: Json, _when: float) -> None:
    _set_status(store, subject, payload["status"])


@jobs.failure("status")
def _unchanged(store: Store, subject: str, payload: Json, _when: float) -> None:
    _set_status(store, subject, payload["before"])


def _set_status(store: Store, subject: str, status_: str) -> None:
    doc = document.fetch(store, subject)
    if doc is not None:
        doc["status"] = status_
        document.save(store, doc)


ROUTES = (
    ("GET deployments/{id}/", get),
    ("PATCH deployments/{id}/", patch),
    ("DELETE deployments/{id}/", delete),
    ("PATCH deployments/{id}/status/", status),
)
