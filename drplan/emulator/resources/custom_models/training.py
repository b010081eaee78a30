"""Training data of custom models and of their versions: what can be used, and its assignment as a job."""

from drplan.emulator.core import jobs
from drplan.emulator.core.store import Json, Store
from drplan.emulator.http.errors import Problem, fail
from drplan.emulator.resources.custom_models import stored
from drplan.emulator.resources.datasets import table_of
from drplan.emulator.resources.tables import column_of


def usable_table(store: Store, dataset_id: str, version_id: str | None, field: str) -> Json:
    """Give the table of a dataset; 422 on `field` where there is none, or not yet."""
    table = table_of(store, dataset_id, version_id)
    if table is None:
        fail(field, f"dataset {version_id or dataset_id} does not exist or cannot be used")
    return table


def refuse_unfit(model: Json, table: Json, partition: str | None) -> None:
    """Refuse a table that cannot be the training data of a model, with the message that clients show."""
    if model["targetName"] and not model["isUnstructuredModelKind"] and column_of(table, model["targetName"]) is None:
        message = f"Custom model's target is not found in the provided dataset: it has no column {model['targetName']}."
        raise Problem(
            422,
            {
                "message": message,
                "errors": {"trainingData": f"has no column {model['targetName']}, which is the target"},
            },
        )
    if partition and column_of(table, partition) is None:
        message = f"The partition column is not found in the provided dataset: it has no column {partition}."
        raise Problem(
            422, {"message": message, "errors": {"holdoutData": f"{partition} is no column of the training data"}}
        )


def assigned(store: Store, model: Json, training: Json, holdout: Json | None) -> tuple[Json, Json | None]:
    """Give a version's `trainingData` and `holdoutData` while they are being assigned; 422 for data that do not fit."""
    table = usable_table(store, training["datasetId"], training.get("datasetVersionId"), "trainingData")
    partition = (holdout or {}).get("partitionColumn")
    shown: Json = {
        "datasetId": training["datasetId"],
        "datasetVersionId": table["versionId"],
        "datasetName": table["name"],
        "assignmentInProgress": True,
        "assignmentError": None,
    }
    held: Json | None = None
    if holdout and (partition or holdout.get("datasetId")):
        held = {"datasetId": None, "datasetVersionId": None, "datasetName": None, "partitionColumn": partition}
        if holdout.get("datasetId"):
            other = usable_table(store, holdout["datasetId"], holdout.get("datasetVersionId"), "holdoutData")
            held |= {
                "datasetId": holdout["datasetId"],
                "datasetVersionId": other["versionId"],
                "datasetName": other["name"],
            }
    refuse_unfit(model, table, partition)
    return shown, held


def settle(store: Store, version_id: str, problem: str | None) -> None:
    """End the assignment of a version's training data, with what was wrong or None."""
    version = store.get("customModelVersion", version_id)
    model = store.get("customModel", version["customModelId"]) if version else None
    if version is None or model is None or version["trainingData"] is None:
        return
    version["trainingData"]["assignmentInProgress"] = False
    version["trainingData"]["assignmentError"] = {"message": problem} if problem else None
    stored.put_version(store, model, version)


@jobs.effect("assign_training_data")
def _assigned(store: Store, subject: str, _payload: Json, _when: float) -> None:
    settle(store, subject, None)


@jobs.failure("assign_training_data")
def _not_assigned(store: Store, subject: str, _payload: Json, _when: float) -> None:
    settle(store, subject, "The assignment of the training data failed.")
