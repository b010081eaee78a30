"""Challengers: models that shadow the one a deployment serves. They live inside their deployment, and have no tags."""

from collections.abc import Iterator
from dataclasses import replace

from drplan.kinds.deployment.model import MODEL
from drplan.kinds.deployment.serving import PREDICTION_ENVIRONMENT
from drplan.records.specs import Resource
from drplan.registry.kinds import Kind, Objection, Within
from drplan.registry.rows import LIFECYCLE, Group, Setting

CHAMPION = "Champion"
"""The name of the platform's own entry in the list of challengers: the model that serves."""


def not_the_champion(resource: Resource) -> Iterator[Objection]:
    """Object to a challenger that would be taken for the model that serves, be it to change or to delete it."""
    if resource.value("name") == CHAMPION:
        summary = f"'{CHAMPION}' is how the platform lists the model that serves, which is no challenger"
        yield Objection("name", summary, "give the challenger another name")


ROUTE = "deployments/{parent}/challengers/"
ITEM = ROUTE + "{id}/"

CHALLENGER = Kind(
    name="challenger",
    section="challengers",
    doc="Challengers by name: models that shadow the one that serves. They need settings.challenger_models. Others "
    "that the deployment has (retraining adds some) are left alone; null removes the one of that name.",
    parent=Within("deployment", after=("settings",), room=True),  # no model twice (API additions 3.1)
    list_path=ROUTE,
    item_path=ITEM,
    create_path=ROUTE,
    named_by="name",
    rules=(not_the_champion,),
    groups=(Group("details", ITEM, why="one PATCH, answered at once; the model cannot change (API reference 2.8)"),),
    settings=(
        Setting(
            "name",
            "The name on the platform; the key in the spec when left out.",
            {"type": "string", "minLength": 1, "maxLength": 512},
            example="shadow",
            group="details",
            wire="name",
            on_create="name",
        ),
        replace(MODEL, group=None, wire=None, attribute="", recreate=True),
        replace(
            PREDICTION_ENVIRONMENT,
            doc="Where it runs: a prediction environment defined in these specs, or the id or name of one on the "
            "platform; the deployment's own when left out.",
            group="details",
            wire="predictionEnvironmentId",
        ),
        *LIFECYCLE,
    ),
)
