"""One monitoring read: whose deployment, which model, what period, which segment."""

from dataclasses import dataclass
from functools import cached_property

from drplan.emulator.core.store import Json, Store, load
from drplan.emulator.http.call import Call
from drplan.emulator.http.errors import Problem, bad_request, forbidden, not_found
from drplan.emulator.http.period import Period, period_of
from drplan.emulator.resources.deployments import access, document
from drplan.emulator.world.monitoring.segments import REQUEST_SEGMENTS, Segment
from drplan.emulator.world.scoring import Training, scores, training_of


@dataclass
class Selection:
    """What a monitoring route was asked; `models` are the ids of the query, or the champion's."""

    store: Store
    doc: Json
    settings: Json
    period: Period
    models: list[str]
    segment: Segment | None = None

    @property
    def model(self) -> str:
        """Give the one model of routes that take one."""
        return self.models[0]

    @cached_property
    def champion(self) -> Json:
        """Give the package that serves now."""
        return document.package_of(self.store, self.doc)

    def facts(self, model_id: str) -> Json:
        """Give the facts of a model that serves or served."""
        if model_id == self.champion["modelId"]:
            found: Json = self.champion["_facts"]
            return found
        for record in reversed(self.store.find("modelHistory", parent=self.doc["id"])):
            if record["modelId"] == model_id:
                package = self.store.get("modelPackage", record["modelPackageId"])
                if package is not None:
                    past: Json = package["_facts"]
                    return past
        raise not_found(f"Model {model_id} never served this deployment.")

    def training(self, model_id: str) -> Training:
        """Give a model with its training; 422 where the emulator does not score it, so that nothing was logged."""
        facts = self.facts(model_id)
        if not scores(facts):
            raise Problem(422, {"message": f"{facts['targetType']} models are not monitored by the emulator."})
        return training_of(facts)

    def need(self, key: str, what: str) -> None:
        """Refuse with 403 what a drift setting that is off keeps from being tracked."""
        if not self.settings[key]["enabled"]:
            raise forbidden(f"{what} is not tracked: {key} of the deployment's settings is not enabled.")

    def need_association(self) -> None:
        """Refuse with 403 what needs actuals, while no association id is set."""
        if not self.settings["associationId"]["columnNames"]:
            raise forbidden(
                "Accuracy is not tracked: associationId.columnNames of the deployment's settings is not set."
            )

    def head(self) -> Json:
        """Give the keys that tell which segment was read."""
        if self.segment is None:
            return {}
        return {"segmentAttribute": self.segment.attribute, "segmentValue": self.segment.value}


def selection_of(call: Call, *, one_model: bool = False, requests_only: bool = False) -> Selection:
    """Read the query; 400 for what is wrong with it, 404 for a model that never served."""
    doc_text, settings_text = access.columns(call, "d.doc, d.settings")
    doc, settings = load(doc_text), load(settings_text)
    if doc["deleting"]:
        raise not_found()
    models = list(dict.fromkeys(call.many("modelId")))
    selection = Selection(call.store, doc, settings, period_of(call), models, _segment(call, settings, requests_only))
    if one_model and len(models) > 1:
        raise bad_request("modelId: give one model")
    for model_id in models:
        selection.facts(model_id)
    if not models:
        selection.models = [selection.champion["modelId"]]
    return selection


def fraction(call: Call, name: str, default: float) -> float:
    """Give a query parameter between 0 and 1."""
    return number(call, name, default, 1.0)


def number(call: Call, name: str, default: float, most: float = float("inf")) -> float:
    """Give a query parameter that is a number of 0 or more; anything else is a 400."""
    text = call.one(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= most:
        raise bad_request(f"{name}: must be a number from 0{f' to {most:g}' if most < 1e9 else ''}, not {text[:40]}")
    return value


def chosen(call: Call, name: str, known: tuple[str, ...], default: str) -> str:
    """Give a query parameter that is one of a few; anything else is a 400 with all of them."""
    value = call.one(name) or default
    if value not in known:
        raise bad_request(f"{name}: must be one of {', '.join(known)}, not {value[:40]}")
    return value


def _segment(call: Call, settings: Json, requests_only: bool) -> Segment | None:
    attribute = call.one("segmentAttribute")
    if not attribute:
        return None
    value = call.one("segmentValue")
    if attribute in REQUEST_SEGMENTS:
        return Segment(attribute, value, REQUEST_SEGMENTS[attribute])
    tracked = settings["segmentAnalysis"]
    known = [*REQUEST_SEGMENTS, *([] if requests_only or not tracked["enabled"] else tracked["attributes"])]
    if attribute not in known:
        raise bad_request(f"segmentAttribute: must be one of {', '.join(known)}, not {attribute[:40]}")
    return Segment(attribute, value, None)
