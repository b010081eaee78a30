"""Training data of custom models and of their versions: what can be used, and its assignment as a job."""

from drplan.emulator import jobs
from drplan.emulator.custom import known
from drplan.emulator.datasets import table_of
from drplan.emulator.errors import fail
from drplan.emulator.store import Json, Store
from drplan.emulator.tables import column_of


def usable_table(store: Store, dataset_id: str, version_id: str | None, field: str) -> Json:
    """Give the table of a dataset; 422 on `field` where there is none, or not yet."""
    table = table_of(store, dataset_id, version_id)
    if table is None:
        fail(field, f"dataset {version_id or dataset_id} does not exist or cannot be used")
    return table


def training_problem(model: Json, table: Json, partition: str | None) -> str | None:
    """Give why a table cannot be the training data of a model, or None."""
    if model["targetName"] and not model["isUnstructuredModelKind"] and column_of(table, model["targetName"]) is None:
        return f"The dataset has no column {model['targetName']}, which is the target."
    if partition and column_of(table, partition) is None:
        return f"The dataset has no column {partition}, by which it is to be partitioned."
    return None


def assigned(store: Store, model: Json, training: Json, holdout: Json | None) -> tuple[Json, Json | None, str | None]:
    """Give a version's `trainingData` and `holdoutData` while they are being assigned, and why that will fail."""
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
    return shown, held, training_problem(model, table, partition)


def settle(store: Store, version_id: str, problem: str | None) -> None:
    """End the assignment of a version's training data, with what was wrong or None."""
    version = store.get("customModelVersion", version_id)
    model = store.get("customModel", version["customModelId"]) if version else None
    if version is None or model is None or version["trainingData"] is None:
        return
    version["trainingData"]["assignmentInProgress"] = False
    version["trainingData"]["assignmentError"] = {"message": problem} if problem else None
    known.put_version(store, model, version)


@jobs.effect("assign_training_data")
def _assigned(store: Store, subject: str, payload: Json, _when: float) -> None:
    settle(store, subject, payload.get("problem"))


@jobs.failure("assign_training_data")
def _not_assigned(store: Store, subject: str, payload: Json, _when: float) -> None:
    settle(store, subject, payload.get("problem") or "The assignment of the training data failed.")
