"""Seed section `approval_policies`: which changes of deployments need a review, and by whom."""

from drplan.emulator.core.store import Json
from drplan.emulator.resources.deployments.approval import AUTOMATIC, ENTITY_TYPES, OPERATIONS, seconds
from drplan.emulator.resources.deployments.document import IMPORTANCES
from drplan.emulator.resources.governance.policies import policy, put
from drplan.emulator.world.seed.section import ID_SCHEMA, Section, Seeding, key, many, mapping

_POLICY = mapping(
    {
        "id": ID_SCHEMA,
        "name": key("string", "Its name, once in a world.", "replacements in production", minLength=1),
        "active": key("boolean", "Whether it guards anything.", True),
        "entity_type": key(
            "string",
            "What is changed: the deployment (made, deleted, its importance), its model, its status, its configuration "
            "(the secondary datasets) or its monitoring data.",
            "deploymentModel",
            enum=list(ENTITY_TYPES),
        ),
        "action": key("string", "What is done to it.", "update", enum=list(OPERATIONS)),
        "importances": many(
            key("string", "An importance.", "CRITICAL", enum=list(IMPORTANCES)),
            "The deployments it is about, by their importance; all unless given.",
        ),
        "reviewers": many(
            key("string", "The name or id of a user.", "ada@example.com"),
            "Who reviews; the deployment's owners where neither users nor groups are named.",
        ),
        "groups": many(key("string", "The name or id of a group.", "Risk team"), "Groups whose members review."),
        "approvals": key("integer", "How many approvals a change needs.", 1, minimum=0),
        "automatic_action": mapping(
            {
                "action": key("string", "What happens to the request.", "cancel", enum=list(AUTOMATIC)),
                "period": key("string", "After how long, an ISO 8601 duration.", "P7D"),
            },
            ("action", "period"),
            "What happens to a request that nobody has dealt with in time.",
        ),
    },
    ("name", "entity_type", "action"),
    "An approval policy.",
)


def _load(seeding: Seeding) -> None:
    for path, item in seeding.items("approval_policies"):
        policy_id = seeding.named("approvalPolicy", path, item, item["name"])
        review: Json = {"approvalsRequired": item.get("approvals", 1)}
        for name, kind, section in (("reviewers", "user", "users"), ("groups", "group", "groups")):
            given = item.get(name)
            review[name] = [
                seeding.refer(kind, each, (*path, name, index), section)
                for index, each in enumerate(given if isinstance(given, list) else [])
            ]
        automatic = item.get("automatic_action")
        if automatic and seconds(automatic["period"]) is None:
            seeding.report((*path, "automatic_action", "period"), "must be a duration such as P7D or PT12H")
        trigger = {
            "entityType": item["entity_type"],
            "action": item["action"],
            "importances": item.get("importances", []),
        }
        given = {
            "name": item["name"],
            "active": item.get("active", True),
            "trigger": trigger,
            "review": review,
            "automaticAction": automatic,
        }
        put(seeding.store, policy(policy_id, given))


SECTIONS = (Section("approval_policies", many(_POLICY, "Approval policies."), _load),)
