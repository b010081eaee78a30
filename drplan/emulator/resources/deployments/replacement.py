"""Model replacement: the checks that gate it, the job, the lagging package id, the history (API reference 2.6)."""

from drplan.emulator.core import jobs, switches
from drplan.emulator.core.clock import iso
from drplan.emulator.core.store import Json, Store, load
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import Problem, conflict, forbidden, not_found
from drplan.emulator.http.fields import Object, anything, text
from drplan.emulator.http.paging import page, window
from drplan.emulator.resources.deployments import access, create, document, runtime_parameters, settings, watch
from drplan.emulator.resources.deployments.approval import guard
from drplan.emulator.resources.deployments.validation import CheckResult, Replacement, validate
from drplan.emulator.resources.registry import packages
from drplan.emulator.resources.registry.package import shown

REASONS = ("ACCURACY", "DATA_DRIFT", "ERRORS", "SCHEDULED_REFRESH", "SCORING_SPEED", "OTHER", "DEPRECATION")

_MODEL = {"modelPackageId": text(nullable=True), "modelId": text(nullable=True)}
_VALIDATE = Object(_MODEL, exactly_one=("modelPackageId", "modelId"))
_REPLACE = Object(
    {**_MODEL, "reason": text(required=True, choices=REASONS), "runtimeParameterValues": anything()},
    exactly_one=("modelPackageId", "modelId"),
)


def validation(call: Call) -> Answer:
    """Answer every check of a replacement; nothing is changed, and a failing one is a 200 too."""
    role, doc_text, settings_text = access.columns(call, "a.role, d.doc, d.settings")
    doc = _alive(doc_text)
    _, new = _chosen(call, call.fields(_VALIDATE))
    return ok(_validated(call, role, doc, settings_text, new))


def replace(call: Call) -> Answer:
    """Replace the model; 409 with the checks when one is failing, the old model serves until the job is through."""
    role, doc_text, settings_text = access.columns(call, "a.role, d.doc, d.settings")
    doc = _alive(doc_text)
    given = call.fields(_REPLACE)
    if role != "OWNER":
        raise forbidden("You do not have permission to perform this action: CAN_REPLACE_MODEL is needed.")
    store_it, new = _chosen(call, given)
    result = _validated(call, role, doc, settings_text, new)
    if result["status"] == "failing":
        raise Problem(409, {**result, "message": "Unable to perform model replacement, see checks for more detail."})
    if doc["status"] != "active":
        raise conflict("The model of a deployment can be replaced only while the deployment is active.")
    guard(call, doc, "replaceModelPackage" if given.get("modelPackageId") else "replaceModel")
    if store_it:
        packages.settle(call, new)
    parameters = runtime_parameters.read_values(given.get("runtimeParameterValues"), new)
    doc["status"] = "replacingModel"
    document.save(call.store, doc)
    payload = {"package": new["id"], "reason": given["reason"], "user": call.user["id"], "lag": call.pace.lag}
    if parameters:
        payload["parameters"] = parameters
    return call.accepted(call.start("replace", doc["id"], payload, f"deployments/{doc['id']}/"), result)


def history(call: Call) -> Answer:
    """Answer the models that served, the present one first, with when and why each came."""
    access.need(call)
    offset, limit = window(call)
    records = call.store.find("modelHistory", parent=call.params["id"])
    for record, following in zip(records, [*records[1:], None], strict=True):
        record["endedAt"] = following and following["startedAt"]
    records.reverse()
    return page(call, records[offset : offset + limit], len(records), offset, limit)


def champion(call: Call) -> Answer:
    """Answer the model package that serves."""
    doc = access.seen(call)
    return ok(shown(call.store, document.package_of(call.store, doc)))


def _alive(doc_text: str) -> Json:
    doc = load(doc_text)
    if doc["deleting"]:
        raise not_found()
    return doc


def _chosen(call: Call, given: Json) -> tuple[bool, Json]:
    """Give whether the package is yet to be written, and the package that the body means."""
    if given.get("modelPackageId"):
        package = call.store.get("modelPackage", given["modelPackageId"])
        if package is None:
            raise not_found(f"Model package {given['modelPackageId']} not found.")
        return False, package
    return packages.find_or_make(call, given["modelId"])


def _validated(call: Call, role: str, doc: Json, settings_text: str, new: Json) -> Json:
    wanted = Replacement(
        store=call.store,
        switches=call.switches,
        role=role,
        doc=doc,
        settings=load(settings_text),
        old=document.package_of(call.store, doc),
        new=new,
    )
    fault = call.faults.take(call.method, call.route, call.path, {"validation"})
    forced: dict[str, CheckResult] = (
        {} if fault is None else {fault.check: (fault.outcome, fault.message or "Forced by a fault.")}
    )
    return validate(wanted, forced)


@jobs.effect("replace")
def _replaced(store: Store, subject: str, payload: Json, when: float) -> None:
    doc = document.fetch(store, subject)
    if doc is None:
        return
    doc["status"] = "active"
    doc["packageId"] = payload["package"]
    doc["deployedAt"] = iso(when)
    known = {each["fieldName"] for each in document.package_of(store, doc)["_facts"]["runtimeParameters"]}
    overrides = {**doc["runtimeParameters"], **payload.get("parameters", {})}
    doc["runtimeParameters"] = {name: value for name, value in overrides.items() if name in known and value is not None}
    doc["health"] = document.healths({})
    resets = switches.read(store)["replacement_resets"]
    if resets:
        present = document.settings_of(store, subject)
        reset = settings.after(present, {key: settings.DEFAULTS[key] for key in resets})
        document.put_settings(store, subject, reset)
    document.save(store, doc)
    create.record_model(store, doc, payload["reason"], payload["user"])
    watch.remark(store, subject)
    jobs.start(
        store, "show_package", subject, {"package": payload["package"]}, now=when, seconds=payload["lag"], visible=False
    )


@jobs.failure("replace")
def _not_replaced(store: Store, subject: str, _payload: Json, _when: float) -> None:
    doc = document.fetch(store, subject)
    if doc is not None:
        doc["status"] = "active"
        document.save(store, doc)


@jobs.effect("show_package")
def _shown(store: Store, subject: str, payload: Json, _when: float) -> None:
    doc = document.fetch(store, subject)
    if doc is not None:
        doc["shownPackageId"] = payload["package"]
        document.save(store, doc)


ROUTES = (
    ("PATCH deployments/{id}/model/", replace),
    ("POST deployments/{id}/model/validation/", validation),
    ("GET deployments/{id}/modelHistory/", history),
    ("GET deployments/{id}/championModelPackage/", champion),
)
