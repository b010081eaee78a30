"""`model/secondaryDatasetConfiguration/`: which secondary datasets a Feature Discovery model predicts with (2.8)."""

from drplan.emulator.core.clock import iso
from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Json, public
from drplan.emulator.http.call import Answer, Call, no_content, ok
from drplan.emulator.http.errors import fail, forbidden, not_found
from drplan.emulator.http.fields import Object, listing, text
from drplan.emulator.http.paging import page, window
from drplan.emulator.resources.deployments import access, document
from drplan.emulator.resources.deployments.approval import guard

_PATCH = Object(
    {"secondaryDatasetConfigId": text(required=True), "credentialsIds": listing(text(), nullable=True)},
)


def get(call: Call) -> Answer:
    """Answer the configuration in use; 404 when there is none."""
    doc = access.seen(call)
    config = call.store.get("secondaryDatasetConfig", doc["secondaryDatasetConfigId"] or "")
    if config is None:
        raise not_found("No secondary dataset configuration is in use.")
    return ok({**public(config), "credentialIds": doc["secondaryCredentialIds"]})


def patch(call: Call) -> Answer:
    """Use another configuration of the model's project."""
    doc = access.standing(call)
    given = call.fields(_PATCH)
    config_id = given["secondaryDatasetConfigId"]
    config = call.store.get("secondaryDatasetConfig", config_id)
    facts = document.package_of(call.store, doc)["_facts"]
    if facts["secondaryDatasets"] == "none":
        fail("secondaryDatasetConfigId", "the model of the deployment does not use secondary datasets")
    if config is None or config["isDeleted"]:
        fail("secondaryDatasetConfigId", f"secondary dataset configuration {config_id} does not exist")
    if config["projectId"] and facts["projectId"] and config["projectId"] != facts["projectId"]:
        fail("secondaryDatasetConfigId", "belongs to another project than the model of the deployment")
    credentials = given.get("credentialsIds") or []
    for credential in credentials:
        if call.store.get("credential", credential) is None:
            raise forbidden(f"Credential {credential} cannot be used.")
    if config_id != doc["secondaryDatasetConfigId"]:
        guard(call, doc, "updateSecondaryDatasetConfig")
    doc["secondaryDatasetConfigId"] = config_id
    doc["secondaryCredentialIds"] = credentials
    document.save(call.store, doc)
    record: Json = {
        "id": new_id(),
        "configId": config_id,
        "configName": config["name"],
        "updated": iso(call.now),
        "username": call.user["username"],
    }
    call.store.put("secondaryHistory", record["id"], record, parent=doc["id"])
    return no_content()


def history(call: Call) -> Answer:
    """Answer the configurations that were put in use, the newest first."""
    access.need(call)
    offset, limit = window(call)
    records = call.store.find("secondaryHistory", parent=call.params["id"])[::-1]
    return page(call, records[offset : offset + limit], len(records), offset, limit)


ROUTES = (
    ("GET deployments/{id}/model/secondaryDatasetConfiguration/", get),
    ("PATCH deployments/{id}/model/secondaryDatasetConfiguration/", patch),
    ("GET deployments/{id}/model/secondaryDatasetConfigurationHistory/", history),
)
