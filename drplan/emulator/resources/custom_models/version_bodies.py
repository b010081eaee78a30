"""What clients send of a version of a custom model: the shapes of the bodies."""

from typing import Any

from drplan.emulator.core.store import load
from drplan.emulator.http.fields import Field, Object, Wrong, anything, listing, nested, number, text

GIT = nested(
    Object(
        {
            "refName": text(nullable=True),
            "commitUrl": text(required=True),
            "mainBranchCommitSha": text(required=True),
            "pullRequestCommitSha": text(nullable=True),
        }
    ),
    nullable=True,
)


def _encoded(known_field: Field) -> Field:
    """Give a field that also comes as JSON text, as forms and some clients' JSON bodies have it."""

    def read(value: Any, form: bool) -> Any:
        if isinstance(value, str):
            try:
                value = load(value)
            except ValueError:
                raise Wrong("must be JSON") from None
        return known_field.read(value, form)

    return Field(read, known_field.required, nullable=True)


def _flag() -> Field:
    """Give a boolean that also comes as the text `true` or `False`, in JSON too."""

    def read(value: Any, _form: bool) -> bool:
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        if not isinstance(value, bool):
            raise Wrong("must be true or false")
        return value

    return Field(read, nullable=True)


_TRAINING = nested(Object({"datasetId": text(required=True), "datasetVersionId": text(nullable=True)}), nullable=True)
_HOLDOUT = nested(
    Object(
        {
            "datasetId": text(nullable=True),
            "datasetVersionId": text(nullable=True),
            "partitionColumn": text(nullable=True),
        }
    ),
    nullable=True,
)
_REQUIRED_VALUES = listing(nested(Object({"fieldName": text(required=True), "value": text(required=True, blank=True)})))
_CREATE = {
    "isMajorUpdate": _flag(),
    "baseEnvironmentId": text(nullable=True),
    "baseEnvironmentVersionId": text(nullable=True),
    "filePath": listing(text()),
    "networkEgressPolicy": text(nullable=True, choices=("NONE", "PUBLIC")),
    "maximumMemory": number(whole=True, nullable=True, least=1),
    "replicas": number(whole=True, nullable=True, least=1, most=25),
    "requiredMetadataValues": _encoded(_REQUIRED_VALUES),
    "trainingData": _encoded(_TRAINING),
    "holdoutData": _encoded(_HOLDOUT),
    "keepTrainingHoldoutData": _flag(),
    "runtimeParameterValues": anything(),
    "runtimeParameters": anything(),
    "gitModelVersion": _encoded(GIT),
}
UPLOAD = Object(_CREATE)
CHANGE = Object({**_CREATE, "filesToDelete": listing(text())})
WITH_DATA = Object({"trainingData": _TRAINING, "holdoutData": _HOLDOUT, "gitModelVersion": GIT})
PATCH = Object(
    {
        "description": text(blank=True, nullable=True, longest=10_000),
        "requiredMetadataValues": _encoded(_REQUIRED_VALUES),
        "gitModelVersion": GIT,
    }
)
