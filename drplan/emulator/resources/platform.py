"""What a client asks of the platform itself: its version, whether it is there, who is asking (API reference 1.3)."""

from drplan.emulator.core.ids import derived_id
from drplan.emulator.http.call import Answer, Call, ok

# The version of the API that the vendor's SDK 3.20 is made for.
MAJOR, MINOR = 2, 49


def version(_call: Call) -> Answer:
    """Answer the version of the API."""
    text = f"{MAJOR}.{MINOR}.0"
    return ok({"major": MAJOR, "minor": MINOR, "versionString": text, "releasedVersion": text})


def ping(_call: Call) -> Answer:
    """Answer that somebody is there."""
    return ok({"response": "pong"})


def account(call: Call) -> Answer:
    """Answer who asks."""
    user = call.user
    return ok(
        {
            "uid": user["id"],
            "email": user["email"],
            "firstName": user["firstName"],
            "lastName": user["lastName"],
            "orgId": user["organization"],
            "tenantId": derived_id("tenant", "default"),
            "permissions": {"MLOPS": True, "ENABLE_MLOPS": True},
        }
    )


ROUTES = (("GET version/", version), ("GET ping/", ping), ("GET account/info/", account))
