"""Seed section `features`: what kind of platform the world is, so that older, stricter and other ones can be tested."""

from typing import Any

from drplan.emulator.core import switches
from drplan.emulator.core.store import Store
from drplan.emulator.http.errors import Problem, invalid
from drplan.emulator.resources.deployments.document import IMPORTANCES
from drplan.emulator.resources.deployments.settings import DEFAULTS
from drplan.emulator.world.seed.file import dotted, misfits
from drplan.emulator.world.seed.section import Section, Seeding, key, many, mapping

_PLACES = [True, False, "lists", "objects", "nowhere"]
_SCHEMA = mapping(
    {
        "tags": key(
            ["boolean", "string"],
            "Where the tags of deployments are shown: in `lists` and in the deployment itself (or true), in `objects` "
            "only, or `nowhere`; false is a platform without tags, whose tag routes are 404 too.",
            "objects",
            enum=_PLACES,
        ),
        "tag_refusal": key(
            ["integer", "null"],
            "The status with which the tag routes refuse; null where they work.",
            405,
            enum=[None, 403, 404, 405],
        ),
        "user_provided_id": key(
            ["boolean", "string"],
            "Where the userProvidedId of deployments is shown: in `lists` and in the deployment itself (or true), in "
            "`objects` only, or `nowhere`, as if it were not kept; false is a platform that refuses it too.",
            "objects",
            enum=_PLACES,
        ),
        "user_provided_id_refusal": {
            **mapping(
                {
                    "status": key("integer", "The status of the refusal.", 400, enum=[400, 422]),
                    "by": key(
                        "string",
                        "How the answer says it: under the name of the `field` in `errors`, or in `words` only.",
                        "words",
                        enum=["field", "words"],
                    ),
                },
                ("status", "by"),
                "How a creation that sends a userProvidedId is refused; null where it is taken.",
            ),
            "type": ["object", "null"],
            "examples": [{"status": 400, "by": "words"}],
        },
        "keeps_importance": key(
            "boolean", "Whether deployments keep the importance they are given; off, it is always null.", True
        ),
        "trims_texts": key(
            "boolean", "Whether blanks at the ends of every text in a request are cut off before it is read.", True
        ),
        "list_lag_seconds": key(
            "number",
            "How many seconds the lists of deployments and of prediction environments lag behind what is made, changed "
            "and deleted; their own routes never do.",
            5,
            minimum=0,
            maximum=3600,
        ),
        "job_records": key(
            "string",
            "What the status records of jobs say, while the jobs do their work: as documented (`kept`), 404 from the "
            "beginning (`lost`) or when it is done (`lost_when_done`), INITIALIZED for ever (`initialized`), 200 with "
            "COMPLETED in place of a 303 (`completed`). A job that failed says so unless its record is lost.",
            "lost_when_done",
            enum=["kept", "lost", "lost_when_done", "initialized", "completed"],
        ),
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


def change(store: Store, given: Any) -> None:
    """Change some switches of a world; Problem 422 with everything that is wrong, and then nothing is changed."""
    wrong = {dotted(path): why for path, why, _ in misfits(_SCHEMA, given)}
    if "" in wrong:
        raise Problem(422, {"message": f"Invalid field data: the body {wrong['']}", "errors": {}})
    if wrong:
        raise invalid(wrong)
    switches.put(store, switches.changed(switches.read(store), given))


def _load(seeding: Seeding) -> None:
    switches.put(seeding.store, seeding.switches)


SECTIONS = (Section("features", _SCHEMA, _load),)
