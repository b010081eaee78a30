"""What the values of one deployment must agree on, whatever the platform says."""

from collections.abc import Iterable, Mapping

from drplan.kinds.deployment.details import IDENTITY
from drplan.records.specs import Live, Resource
from drplan.records.values import dig
from drplan.registry.kinds import Objection
from drplan.registry.lookups import Found


def _boundaries_in_order(resource: Resource) -> Iterable[Objection]:
    path = "settings.prediction_warning.custom_boundaries"
    boundaries = resource.value(path)
    if boundaries and boundaries["lower_boundary"] > boundaries["upper_boundary"]:
        lower, upper = boundaries["lower_boundary"], boundaries["upper_boundary"]
        yield Objection(path, f"lower_boundary {lower} is above upper_boundary {upper}", "swap them")


def _one_place_to_serve(resource: Resource) -> Iterable[Objection]:
    if resource.value("prediction_server") and resource.value("prediction_environment"):
        yield Objection(
            "prediction_environment",
            "a deployment has a prediction_server or a prediction_environment, not both",
            "remove one of them",
        )


def _challengers_have_rows(resource: Resource) -> Iterable[Objection]:
    path, rows = "settings.challenger_models.enabled", "settings.predictions_data_collection.enabled"
    if resource.value(path) and not resource.value(rows):
        summary = "challengers need the predictions that the deployment keeps"
        yield Objection(path, summary, f"write {rows}: true too (the platform never turns it off again)")


def _own_tags(resource: Resource) -> Iterable[Objection]:
    for entry in (IDENTITY.entry, IDENTITY.guard):
        if f"tags.{entry}" in resource.desired:
            yield Objection(f"tags.{entry}", f"the tag '{entry}' is drplan's own", "choose another name for yours")


def _replay_needs_challengers(
    resource: Resource, live: Live | None, _found: Mapping[str, Found]
) -> Iterable[Objection]:
    path, challengers = "settings.challenger_replay.enabled", "settings.challenger_models.enabled"
    on = resource.value(challengers)
    if on is None and live and "settings" in live.documents:
        on = dig(live.documents["settings"], "challengerModels.enabled")
    if resource.value(path) and on is False:
        yield Objection(path, "challengers are off, and only they replay", f"write {challengers}: true too")


RULES = (_boundaries_in_order, _one_place_to_serve, _challengers_have_rows, _own_tags)

LIVE_RULES = (_replay_needs_challengers,)
