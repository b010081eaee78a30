"""`challengerReplaySettings/`: whether and when challengers replay predictions (API reference 2.8)."""

from drplan.emulator.core.store import Json
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import fail
from drplan.emulator.http.fields import Object, boolean
from drplan.emulator.resources.deployments import access, document
from drplan.emulator.resources.deployments.schedule import SCHEDULE

_PATCH = Object({"enabled": boolean(required=True), "schedule": SCHEDULE})
_DEFAULT: Json = {"enabled": False, "schedule": None}


def get(call: Call) -> Answer:
    """Answer whether and when challengers replay predictions."""
    access.need(call)
    return ok(call.store.get("challengerReplaySettings", call.params["id"]) or _DEFAULT)


def patch(call: Call) -> Answer:
    """Change whether and when challengers replay predictions; a null schedule clears it."""
    doc = access.standing(call)
    given = call.fields(_PATCH)
    if given["enabled"] and not document.settings_of(call.store, doc["id"])["challengerModels"]["enabled"]:
        fail("enabled", "challengerModels of the settings is off")
    wanted = {**(call.store.get("challengerReplaySettings", call.params["id"]) or _DEFAULT), **given}
    call.store.put("challengerReplaySettings", doc["id"], wanted)
    return ok(wanted)


ROUTES = (
    ("GET deployments/{id}/challengerReplaySettings/", get),
    ("PATCH deployments/{id}/challengerReplaySettings/", patch),
)
