"""What the emulator knows of a model beyond what the API shows: the ground on which a replacement is validated.

Models, custom model versions and model packages carry one mapping of this shape under `_facts`; a package copies it
from what it was made of.
"""

from drplan.emulator.core.store import Json

# Features: name, featureType, importance (0..1 or None), dateFormat, knownInAdvance, categories (list or None).
FEATURE_TYPES = (
    "Numeric",
    "Categorical",
    "Boolean",
    "Text",
    "Date",
    "Image",
    "Geospatial",
    "Currency",
    "Length",
    "Percentage",
)
TARGET_TYPES = (
    "Binary",
    "Regression",
    "Multiclass",
    "Multilabel",
    "TextGeneration",
    "Unstructured",
    "Anomaly",
    "Transform",
    "GeoPoint",
    "VectorDatabase",
    "AgenticWorkflow",
    "MCP",
)

_DEFAULTS: Json = {
    "targetName": None,
    "targetType": "Regression",
    "classNames": None,
    "features": [],
    "seriesType": None,  # None: no time series; else single or multi
    "timeSeries": None,  # {datetimeColumn, forecastWindowStart, forecastWindowEnd, timeUnit} of a time series model
    "buildStatus": "complete",  # inProgress, complete, failed
    "deployable": True,
    "tested": None,  # a custom model: whether its last test passed; None: tests do not apply
    "predictionReady": True,  # False: trained, but predictions are not set up
    "deprecated": False,
    "driftBaseline": True,  # training data known, so drift can be tracked
    "predictionIntervals": False,  # intervals can be computed for it
    "humility": True,  # humility rules can be evaluated with it
    "segments": None,  # names of a combined model's segments
    "secondaryDatasets": "none",  # Feature Discovery: none, optional, required
    "executionType": "dedicated",  # dedicated, custom_inference_model, external
    "buildEnvironment": "DataRobot",
    "modelType": "Model",
    "modelId": None,
    "projectId": None,
    "projectName": None,
    "unsupervised": False,
    "decisionFlow": False,
    "customModelImage": None,  # {customModelId, customModelName, customModelVersionId, customModelVersionLabel}
    "runtimeParameters": [],  # {fieldName, type, defaultValue, allowEmpty, description, minValue, maxValue}
    "predictionThreshold": None,
    "scoringCode": False,
    "scoring": None,  # how it scores, as `scoring/scorer.py` has it; None: coefficients that follow from its names
    "training": None,  # what it was trained on, as `scoring/training.py` has it; None: spreads that follow likewise
}


def facts(given: Json) -> Json:
    """Give a complete mapping: the given values, defaults for the rest; an unknown name is the caller's KeyError."""
    unknown = set(given) - set(_DEFAULTS)
    if unknown:
        raise KeyError(*sorted(unknown))
    return {**_DEFAULTS, **given}


def feature(
    name: str,
    feature_type: str = "Numeric",
    *,
    importance: float | None = None,
    date_format: str | None = None,
    known_in_advance: bool = False,
    categories: list[str] | None = None,
) -> Json:
    """Give one feature as `_facts.features` holds it."""
    return {
        "name": name,
        "featureType": feature_type,
        "importance": importance,
        "dateFormat": date_format,
        "knownInAdvance": known_in_advance,
        "categories": categories,
    }
