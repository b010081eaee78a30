"""`featureCache/`: the cache of a Feature Discovery model (API reference 2.8)."""

from drplan.emulator.core.store import Json
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import fail
from drplan.emulator.http.fields import Object, boolean
from drplan.emulator.resources.deployments import access, document
from drplan.emulator.resources.deployments.schedule import SCHEDULE

_PATCH = Object({"enabled": boolean(required=True), "fetching": boolean(nullable=True), "schedule": SCHEDULE})
_DEFAULT: Json = {"enabled": False, "fetching": False, "schedule": None}


def get(call: Call) -> Answer:
    """Answer the feature cache's settings."""
    access.need(call)
    return ok(call.store.get("featureCache", call.params["id"]) or _DEFAULT)


def patch(call: Call) -> Answer:
    """Change the feature cache's settings; only Feature Discovery models have one."""
    doc = access.standing(call)
    if document.package_of(call.store, doc)["_facts"]["secondaryDatasets"] == "none":
        fail("enabled", "the model of the deployment does not use secondary datasets")
    wanted = {**(call.store.get("featureCache", call.params["id"]) or _DEFAULT), **call.fields(_PATCH)}
    call.store.put("featureCache", doc["id"], wanted)
    return ok(wanted)


ROUTES = (
    ("GET deployments/{id}/featureCache/", get),
    ("PATCH deployments/{id}/featureCache/", patch),
)
