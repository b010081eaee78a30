"""Seed section `features`: what kind of platform the world is, so that older and stricter ones can be tested."""

from drplan.emulator.core.store import Json, dump
from drplan.emulator.resources.deployments.document import IMPORTANCES
from drplan.emulator.resources.deployments.settings import DEFAULTS
from drplan.emulator.world.seed.section import Section, Seeding, key, many, mapping

SWITCHES: Json = {
    "tags": True,
    "approvals": True,
    "approval_refusal": 403,
    "installation": "cloud",
    "user_provided_id": True,
    "replacement_resets": [],
    "reviewed_importance": [],
    "deployment_quota": None,
    "actuals_per_hour": 10_000_000,
}
_SCHEMA = mapping(
    {
        "tags": key("boolean", "Whether deployments have tags; off, their routes are 404 and `tags` is absent.", True),
        "approvals": key(
            "boolean",
            "Whether there is an approval workflow: filtering by importance works, and MODERATE is its default; off, "
            "the filter is 403 and LOW the default.",
            True,
        ),
        "approval_refusal": key(
            "integer", "The status with which a change that needs approval is refused.", 409, enum=[403, 409]
        ),
        "installation": key(
            "string",
            "In the cloud a prediction server (or environment) is required, self-managed a server is forbidden.",
            "cloud",
            enum=["cloud", "self_managed"],
        ),
        "user_provided_id": key("boolean", "Whether deployments take a userProvidedId.", True),
        "replacement_resets": many(
            key("string", "A top-level key of `settings/`.", "predictionWarning", enum=list(DEFAULTS)),
            "Settings that a model replacement resets to their defaults.",
        ),
        "reviewed_importance": many(
            key("string", "An importance.", "CRITICAL", enum=list(IMPORTANCES)),
            "Importances whose deployments get the check `permission` as a warning when their model is replaced.",
        ),
        "deployment_quota": key(
            ["integer", "null"], "How many deployments there can be; creating more is a 409.", 100, minimum=0
        ),
        "actuals_per_hour": key(
            "integer", "How many actuals an hour a deployment takes; more are a 429.", 10_000_000, minimum=1
        ),
    },
    (),
    "Switches of the platform.",
)


def switches_of(value: object) -> Json:
    """Give all switches, the given ones in place of their defaults."""
    return {**SWITCHES, **(value if isinstance(value, dict) else {})}


def _load(seeding: Seeding) -> None:
    seeding.store.set_fact("switches", dump(seeding.switches))


SECTIONS = (Section("features", _SCHEMA, _load),)
