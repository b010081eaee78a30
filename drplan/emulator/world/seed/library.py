"""Seed sections `datasets`, `use_cases`, `credentials`, `resource_bundles` and `entitlements`."""

from drplan.emulator.core.store import Json, dump
from drplan.emulator.resources.datasets import CATEGORIES, new_dataset, put_version, settle_version
from drplan.emulator.resources.organization import DEFAULT_BUNDLES, put_bundle
from drplan.emulator.resources.use_cases import new_use_case, put_link
from drplan.emulator.world.seed.section import ID_SCHEMA, Section, Seeding, key, many, mapping

_DATASET = mapping(
    {
        "id": ID_SCHEMA,
        "name": key("string", "Its name, once in a world.", "customers.csv", minLength=1),
        "csv": key("string", "What is in it: CSV with a header line.", "id,tenure,churned\n1,12,no\n", minLength=1),
        "categories": many(key("string", "A category.", "TRAINING", enum=list(CATEGORIES)), "What it is used for."),
    },
    ("name", "csv"),
    "A dataset; training data of custom models and actuals of deployments are read from it.",
)
_CASE = mapping(
    {
        "id": ID_SCHEMA,
        "name": key("string", "Its name, once in a world.", "Retention", minLength=1),
        "description": key("string", "What it is for.", "Keep customers."),
        "owner": key("string", "The name or id of its owner; the first user unless given.", "ada@example.com"),
        "roles": {
            "type": "object",
            "additionalProperties": {"type": "string", "enum": ["OWNER", "EDITOR", "CONSUMER"]},
            "description": "What other users may do in it, by their names.",
            "examples": [{"bob@example.com": "EDITOR"}],
        },
        "projects": many(key("string", "The name or id of a project.", "churn 2024"), "Its projects."),
        "datasets": many(key("string", "The name or id of a dataset.", "customers.csv"), "Its datasets."),
        "deployments": many(key("string", "The label or id of a deployment.", "Customer churn"), "Its deployments."),
    },
    ("name",),
    "A use case.",
)
_CREDENTIAL = mapping(
    {
        "id": ID_SCHEMA,
        "name": key("string", "Its name, once in a world.", "warehouse", minLength=1),
        "type": key("string", "Its type.", "basic", minLength=1),
        "description": key("string", "What it is for.", "Reads the warehouse."),
    },
    ("name",),
    "A credential; it has no secret here.",
)
_BUNDLE = mapping(
    {
        "id": key("string", "Its id.", "cpu.small", minLength=1),
        "name": key("string", "Its name.", "CPU - S", minLength=1),
        "description": key("string", "What it is.", "1 CPU, 2 GB."),
        "cpu_count": key("number", "How many CPUs it has.", 1, exclusiveMinimum=0),
        "memory": key("number", "Its memory in gigabytes.", 2, exclusiveMinimum=0),
        "gpu_memory": key("number", "The memory of its GPU in gigabytes; 0: it has none.", 16, minimum=0),
        "gpu_maker": key("string", "Who made its GPU.", "nvidia"),
        "use_cases": many(key("string", "A use.", "customModel"), "What it is for."),
        "default": key("boolean", "Whether it is the default.", False),
    },
    ("id", "name", "cpu_count", "memory"),
    "A resource bundle, which a deployment's `predictionsSettings` can ask for.",
)


def _datasets(seeding: Seeding) -> None:
    user = seeding.user(None, ()) or {"username": "", "firstName": "", "lastName": ""}
    for path, item in seeding.items("datasets"):
        dataset_id = seeding.named("dataset", path, item, item["name"])
        version_id = seeding.derive("dataset version", dataset_id, item["csv"])
        content = item["csv"].encode()
        doc = new_dataset(dataset_id, item["name"], version_id, seeding.now, user, item.get("categories"))
        seeding.store.put("dataset", dataset_id, doc, name=item["name"])
        error = put_version(seeding.store, dataset_id, version_id, content, item["name"], seeding.now, user)
        if error:
            seeding.report((*path, "csv"), error)
        settle_version(seeding.store, version_id, error)


def _cases(seeding: Seeding) -> None:
    for path, item in seeding.items("use_cases"):
        case_id = seeding.named("useCase", path, item, item["name"])
        owner = seeding.user(item.get("owner"), (*path, "owner"))
        roles: Json = {}
        for name, role in item.get("roles", {}).items():
            user = seeding.user(name, (*path, "roles", name))
            if user is not None:
                roles[user["id"]] = role
        linked = [
            (kind, seeding.refer(kind, name, (*path, section, index), section))
            for kind, section in (("project", "projects"), ("dataset", "datasets"), ("deployment", "deployments"))
            for index, name in enumerate(item.get(section, []))
        ]
        if owner is None:
            continue
        doc = new_use_case(case_id, item["name"], item.get("description"), owner["id"], seeding.now)
        doc["roles"] = {**roles, **doc["roles"]}
        seeding.store.put("useCase", case_id, doc, name=item["name"])
        for kind, entity_id in linked:
            if entity_id is not None:
                link_id = seeding.derive("link", case_id, entity_id)
                put_link(seeding.store, link_id, case_id, kind, entity_id, owner["id"], seeding.now)


def _credentials(seeding: Seeding) -> None:
    for path, item in seeding.items("credentials"):
        credential_id = seeding.named("credential", path, item, item["name"])
        doc = {
            "credentialId": credential_id,
            "name": item["name"],
            "credentialType": item.get("type", "basic"),
            "description": item.get("description", ""),
            "creationDate": seeding.now,
        }
        seeding.store.put("credential", credential_id, doc, name=item["name"])


def _bundles(seeding: Seeding) -> None:
    if "resource_bundles" not in seeding.seed.value:
        for bundle in DEFAULT_BUNDLES:
            put_bundle(seeding.store, bundle)
    for path, item in seeding.items("resource_bundles"):
        seeding.named("resourceBundle", path, item, item["name"])
        put_bundle(seeding.store, item)


def _entitlements(seeding: Seeding) -> None:
    given = seeding.seed.value.get("entitlements")
    seeding.store.set_fact("entitlements", dump(given if isinstance(given, dict) else {}))


_ENTITLEMENTS: Json = {
    "type": "object",
    "additionalProperties": {"type": "boolean"},
    "description": "Which entitlements the organization has; what is not named, it has.",
    "examples": [{"ENABLE_MLOPS": False}],
}
SECTIONS = (Section("datasets", many(_DATASET, "Datasets."), _datasets),)
# What refers to deployments, or to nothing.
LATER = (
    Section("use_cases", many(_CASE, "Use cases."), _cases),
    Section("credentials", many(_CREDENTIAL, "Credentials."), _credentials),
    Section("resource_bundles", many(_BUNDLE, "Resource bundles; a few unless given."), _bundles),
    Section("entitlements", _ENTITLEMENTS, _entitlements),
)
