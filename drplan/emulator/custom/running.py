"""`customModelDeployments/`: which deployments serve custom models, and what these write to their logs."""

from typing import Any

from drplan.emulator.call import Answer, Call
from drplan.emulator.custom import known
from drplan.emulator.deployments import document
from drplan.emulator.errors import not_found
from drplan.emulator.files import plain
from drplan.emulator.paging import page, window
from drplan.emulator.store import Json, Store, load


def listed(call: Call) -> Answer:
    """Answer the deployments of custom models, of some with `customModelIds`; clients also write it as a JSON body."""
    body = call.body if isinstance(call.body, dict) else {}
    wanted = [*call.many("customModelIds"), *(body.get("customModelIds") or [])]
    offset, limit = window(call)
    models = [call.store.get("customModel", each) for each in wanted] if wanted else call.store.find("customModel")
    items = []
    for model in models:
        for version in known.versions_of(call.store, model["id"]) if model else []:
            items += [
                _view(call.store, model or {}, version, deployment_id)
                for deployment_id in known.deployments_of(call.store, version["id"])
                if _sees(call, deployment_id)
            ]
    return page(call, items[offset : offset + limit], len(items), offset, limit)


def _sees(call: Call, deployment_id: str) -> bool:
    row = call.store.db.execute(
        "SELECT 1 FROM deployments d JOIN access a ON a.seq = d.seq AND a.user_id = ? WHERE d.id = ?",
        (call.user["id"], deployment_id),
    ).fetchone()
    return row is not None


def _view(store: Store, model: Json, version: Json, deployment_id: str) -> dict[str, Any]:
    doc = document.fetch(store, deployment_id) or {}
    return {
        "id": deployment_id,
        "label": doc["label"],
        "status": doc["status"],
        "deployed": doc["deployedAt"],
        "deployedBy": doc["creatorId"],
        "customModel": {"id": model["id"], "name": model["name"]},
        "customModelVersion": {"id": version["id"], "label": version["label"]},
        "customModelImageId": version["id"],
        "imageType": "customModelVersion",
        "testingStatus": {None: "not_tested", True: "succeeded", False: "failed"}[version["_tested"]],
    }


def read_logs(call: Call) -> Answer:
    """Collect the logs of a running custom model; 404 for a deployment of another kind."""
    deployment_id, _ = _custom(call)
    location = f"customModelDeployments/{deployment_id}/logs/"
    return call.accepted(call.start("collect_logs", deployment_id, {}, location))


def logs(call: Call) -> Answer:
    """Answer the logs as text; a version whose last test failed complains in them."""
    deployment_id, facts = _custom(call)
    image = facts["customModelImage"]
    lines = [
        f"INFO Starting {image['customModelName']} {image['customModelVersionLabel']} for deployment {deployment_id}.",
        "INFO Ready to predict.",
    ]
    if facts["tested"] is False:
        lines.append("WARNING The last test of the custom model version failed.")
    return plain("".join(f"{line}\n" for line in lines))


def _custom(call: Call) -> tuple[str, Json]:
    (text,) = call.deployment("d.doc")
    package = document.package_of(call.store, load(text))
    if package["_facts"]["customModelImage"] is None:
        raise not_found("The deployment does not serve a custom model.")
    return call.params["id"], package["_facts"]


ROUTES = (
    ("GET customModelDeployments/", listed),
    ("POST customModelDeployments/{id}/logs/", read_logs),
    ("GET customModelDeployments/{id}/logs/", logs),
)
