"""What an organization has: credentials, resource bundles, entitlements (API reference 3.7); all come from the seed."""

from drplan.emulator.core.store import Json, Store, load
from drplan.emulator.http.call import Answer, Call, ok, only
from drplan.emulator.http.fields import Object, listing, nested, text
from drplan.emulator.http.paging import cut

_GIGABYTE = 1024**3
# What there is in a world whose seed names no bundles.
DEFAULT_BUNDLES: tuple[Json, ...] = (
    {"id": "cpu.nano", "name": "CPU - XXS", "cpu_count": 0.5, "memory": 0.5},
    {"id": "cpu.small", "name": "CPU - S", "cpu_count": 1, "memory": 2, "default": True},
    {"id": "cpu.large", "name": "CPU - L", "cpu_count": 4, "memory": 16},
    {"id": "gpu.medium", "name": "GPU - M", "cpu_count": 4, "memory": 16, "gpu_memory": 16, "gpu_maker": "nvidia"},
)
_EVALUATE = Object({"entitlements": listing(nested(Object({"name": text(required=True)})), required=True, least=1)})


def put_bundle(store: Store, given: Json) -> None:
    """Write a resource bundle; memory is in gigabytes."""
    gpu = bool(given.get("gpu_memory"))
    doc = {
        "id": given["id"],
        "name": given["name"],
        "description": given.get("description") or given["name"],  # null breaks the SDK (API reference 5, gotcha 5)
        "cpuCount": given["cpu_count"],
        "memoryBytes": int(given["memory"] * _GIGABYTE),
        "gpuMaker": given.get("gpu_maker"),
        "gpuCount": 1 if gpu else None,
        "gpuMemoryBytes": int(given.get("gpu_memory", 0) * _GIGABYTE),
        "useCases": given.get("use_cases") or ["customModel", "customJob"],
        "isDefault": bool(given.get("default")),
        "isDeleted": False,
        "hasGpu": gpu,
    }
    store.put("resourceBundle", doc["id"], doc, name=doc["name"])


def bundles(call: Call) -> Answer:
    """Answer the resource bundles, narrowed by `useCases`."""
    wanted = set(call.many("useCases"))
    return cut(call, [doc for doc in call.store.find("resourceBundle") if wanted <= set(doc["useCases"])])


def bundle(call: Call) -> Answer:
    """Answer one resource bundle."""
    return ok(only(call.store.get("resourceBundle", call.params["id"])))


def credentials(call: Call) -> Answer:
    """Answer the credentials; the emulator knows their names only, never a secret."""
    return cut(call, call.store.find("credential"))


def credential(call: Call) -> Answer:
    """Answer one credential."""
    return ok(only(call.store.get("credential", call.params["id"])))


def entitlements(call: Call) -> Answer:
    """Answer which of some entitlements the organization has: all but those that the seed denies."""
    denied = load(call.store.fact("entitlements") or "{}")
    asked = call.fields(_EVALUATE)["entitlements"]
    return ok({"entitlements": [{"name": each["name"], "value": denied.get(each["name"], True)} for each in asked]})


ROUTES = (
    ("GET mlops/compute/bundles/", bundles),
    ("GET mlops/compute/bundles/{id}/", bundle),
    ("GET credentials/", credentials),
    ("GET credentials/{id}/", credential),
    ("POST entitlements/evaluate/", entitlements),
)
