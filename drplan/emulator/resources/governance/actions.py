"""What each action of a change request does once it is approved: exactly what the direct request would have done."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from drplan.emulator.core.store import Json
from drplan.emulator.http.call import Answer, Call, no_content
from drplan.emulator.http.errors import not_found
from drplan.emulator.http.fields import Object, boolean, text
from drplan.emulator.resources.deployments import data_deletion, document, lifecycle, replacement, secondary_datasets
from drplan.emulator.resources.deployments.document import IMPORTANCES


@dataclass(frozen=True, slots=True)
class RequestedAction:
    """An action: the shape of its `change`, who may ask for it, and the direct request that it stands for.

    `body` makes that request's body from the change and the deployment's own document.
    """

    change: Object
    permission: str
    endpoint: Callable[[Call], Answer]
    method: str
    route: str
    body: Callable[[Json, Json], Json | None]


def approve(call: Call) -> Answer:
    """Let a new deployment stand as approved, or not; no request of a client leads here."""
    doc = document.fetch(call.store, call.params["id"])
    if doc is None:
        raise not_found()
    doc["approvalStatus"] = call.body["approvalStatus"]
    document.save(call.store, doc)
    return no_content()


def _replacing(key: str) -> RequestedAction:
    return RequestedAction(
        Object({key: text(required=True), "replacementReason": text(required=True, choices=replacement.REASONS)}),
        "CAN_REPLACE_MODEL",
        replacement.replace,
        "PATCH",
        "deployments/{id}/model/",
        lambda change, _doc: {key: change[key], "reason": change["replacementReason"]},
    )


ACTIONS = {
    "approve": RequestedAction(
        Object({"approvalStatus": text(required=True, choices=("APPROVED", "PENDING"))}),
        "CAN_EDIT_DEPLOYMENT",
        approve,
        "PATCH",
        "deployments/{id}/",
        lambda change, _doc: change,
    ),
    "changeStatus": RequestedAction(
        Object({"status": text(required=True, choices=("active", "inactive"))}),
        "CAN_EDIT_DEPLOYMENT",
        lifecycle.status,
        "PATCH",
        "deployments/{id}/status/",
        lambda change, _doc: change,
    ),
    "changeImportance": RequestedAction(
        Object({"importance": text(required=True, choices=IMPORTANCES)}),
        "CAN_EDIT_DEPLOYMENT",
        lifecycle.patch,
        "PATCH",
        "deployments/{id}/",
        lambda change, _doc: change,
    ),
    "cleanupStats": RequestedAction(
        Object(
            {
                "modelId": text(required=True),
                "dataType": text(nullable=True),
                "start": text(nullable=True),
                "end": text(nullable=True),
            }
        ),
        "CAN_EDIT_DEPLOYMENT",
        data_deletion.delete,
        "POST",
        "deployments/{id}/monitoringDataDeletions/",
        lambda change, _doc: {key: value for key, value in change.items() if key != "dataType"},
    ),
    "replaceModel": _replacing("modelId"),
    "replaceModelPackage": _replacing("modelPackageId"),
    "updateSecondaryDatasetConfig": RequestedAction(
        Object({"secondaryDatasetsConfigId": text(required=True)}),
        "CAN_EDIT_DEPLOYMENT",
        secondary_datasets.patch,
        "PATCH",
        "deployments/{id}/model/secondaryDatasetConfiguration/",
        lambda change, doc: {
            "secondaryDatasetConfigId": change["secondaryDatasetsConfigId"],
            "credentialsIds": doc["secondaryCredentialIds"],
        },
    ),
    "delete": RequestedAction(
        Object({"ignoreManagementAgent": boolean(nullable=True)}),
        "CAN_DELETE_DEPLOYMENT",
        lifecycle.delete,
        "DELETE",
        "deployments/{id}/",
        lambda _change, _doc: None,
    ),
}


def carry_out(call: Call, request: Json) -> str | None:
    """Make an approved change as the one who asked for it, and give the id of the job it runs in, if it has one.

    Raises the Problem that the direct request would be answered with; then nothing was changed.
    """
    action = ACTIONS[request["action"]]
    doc = document.fetch(call.store, request["entityId"])
    if doc is None:
        raise not_found()
    change = request["change"] or {}
    direct = replace(
        call,
        approved=True,
        user=call.store.get("user", request["userId"]) or call.user,
        method=action.method,
        route=action.route,
        path=action.route.replace("{id}", doc["id"]),
        params={"id": doc["id"]},
        query_text="ignoreManagementAgent=true" if change.get("ignoreManagementAgent") else "",
        body=action.body(change, doc),
        form=False,
        files=[],
    )
    call.store.db.execute("SAVEPOINT action")
    try:
        answer = action.endpoint(direct)
    except BaseException:
        call.store.db.execute("ROLLBACK TO action")
        raise
    finally:
        call.store.db.execute("RELEASE action")
    location = dict(answer.headers).get(b"location", b"").decode()
    return location.rstrip("/").rpartition("/")[2] or None
