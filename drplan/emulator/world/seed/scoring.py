"""The keys `scoring` and `training` of a model in a seed: what it predicts, and what it was trained on."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from drplan.emulator.core.store import Json
from drplan.emulator.resources.deployments.accuracy_metrics import ACCURACY_METRICS
from drplan.emulator.world.scoring.scorer import labels_of
from drplan.emulator.world.scoring.spread import NUMBERS, WORDS
from drplan.emulator.world.scoring.training import MOST_ROWS, ROWS
from drplan.emulator.world.seed.diagnostics import suggestion
from drplan.emulator.world.seed.file import Path
from drplan.emulator.world.seed.section import Seeding, key, many, mapping

# `$defs` of the seed's schema: a tree holds trees.
DEFINITIONS: Json = {
    "tree": {
        **mapping(
            {
                "feature": key("string", "The feature that it splits by.", "tenure"),
                "below": key("number", "Numbers below this go to `then`, others and missing ones to `else`.", 12),
                "in": many(key("string", "A category.", "gold"), "Categories that go to `then`, others to `else`."),
                "then": {"$ref": "#/$defs/tree"},
                "else": {"$ref": "#/$defs/tree"},
            },
            ("feature", "then", "else"),
            "A split with a tree on either side; a number is what a leaf adds to the prediction.",
        ),
        "type": ["object", "number"],
        "examples": [{"feature": "tenure", "below": 12, "then": 0.8, "else": -0.3}],
    }
}
_OUTPUT: Json = {
    "intercept": key(
        ["number", "null"],
        "What predictions begin with; unless given, such that their mean over the training is the training's target.",
        -1.2,
    ),
    "coefficients": {
        "type": "object",
        "additionalProperties": {"type": ["number", "object"], "additionalProperties": {"type": "number"}},
        "description": "By feature: what each unit of a number adds, or what each category adds.",
        "examples": [{"tenure": -0.05, "plan": {"gold": -0.7, "basic": 0.4}}],
    },
    "trees": many({"$ref": "#/$defs/tree"}, "Trees whose leaves are added to the prediction."),
}
SCORING_SCHEMA: Json = {
    **mapping(
        {
            **_OUTPUT,
            "link": key(
                "string",
                "What turns the sum into a prediction: as it is, its exponential, or a probability by the logistic "
                "function; by target type unless given.",
                "log",
                enum=["identity", "log", "logistic"],
            ),
            "positive_class": key("string", "The positive class of a binary target; the last unless given.", "yes"),
            "classes": {
                "type": "object",
                "additionalProperties": mapping(_OUTPUT, (), "What speaks for this class."),
                "description": "By class of a multiclass target: what speaks for it.",
                "examples": [{"small": {"coefficients": {"tenure": -0.1}}, "large": {"coefficients": {"tenure": 0.1}}}],
            },
        },
        (),
        "What the model predicts: a sum over its features and trees. Without it, the model predicts by coefficients "
        "that follow from its names, so that every model can be asked.",
    ),
    "type": ["object", "null"],
    "examples": [{"intercept": -1.2, "coefficients": {"tenure": -0.05, "plan": {"gold": -0.7}}}],
}
_SPREAD = mapping(
    {
        "mean": key("number", "The mean of normally distributed numbers.", 24),
        "sd": key("number", "Their standard deviation; a quarter of the mean unless given.", 12, minimum=0),
        "min": key("number", "The least number; with `max` alone all numbers between are equally likely.", 0),
        "max": key("number", "The greatest number.", 72),
        "quantiles": {
            "type": "array",
            "items": {"type": "number"},
            "minItems": 2,
            "description": "Numbers in ascending order with equally many values between neighbours, least to greatest.",
            "examples": [[0, 3, 8, 20, 72]],
        },
        "histogram": mapping(
            {
                "edges": {
                    "type": "array",
                    "items": {"type": "number"},
                    "minItems": 2,
                    "description": "The edges of the bins in ascending order.",
                    "examples": [[0, 10, 20, 50]],
                },
                "counts": {
                    "type": "array",
                    "items": {"type": "number", "minimum": 0},
                    "minItems": 1,
                    "description": "How many values each bin has.",
                    "examples": [[500, 300, 200]],
                },
            },
            ("edges", "counts"),
            "Counts of values in bins.",
        ),
        "categories": {
            "type": "object",
            "additionalProperties": {"type": "number", "minimum": 0},
            "minProperties": 1,
            "description": "How frequent each category is; shares or counts.",
            "examples": [{"basic": 0.6, "gold": 0.4}],
        },
        "missing": key("number", "The share of missing values.", 0.02, minimum=0, exclusiveMaximum=1),
    },
    (),
    "How the values of a feature are spread: one of mean, min and max, quantiles, histogram, categories.",
)
TRAINING_SCHEMA: Json = {
    **mapping(
        {
            "rows": key("integer", f"How many rows; {ROWS} unless given.", 10000, minimum=100, maximum=MOST_ROWS),
            "holdout": key(
                "number", "The share of rows that accuracy is measured on.", 0.2, minimum=0.05, maximum=0.95
            ),
            "noise": key(
                "number",
                "How far outcomes are from predictions: a standard deviation, of the number or of the logits.",
                0.5,
                minimum=0,
            ),
            "target": {
                "type": "object",
                "additionalProperties": {"type": "number", "minimum": 0},
                "minProperties": 1,
                "description": "The target: the share of each class, or the mean of a number.",
                "examples": [{"no": 0.73, "yes": 0.27}],
            },
            "features": {
                "type": "object",
                "additionalProperties": _SPREAD,
                "description": "By feature: how its values are spread. Others follow from their names.",
                "examples": [{"tenure": {"mean": 24, "sd": 12, "min": 0}, "plan": {"categories": {"basic": 0.6}}}],
            },
            "accuracy": {
                "type": "object",
                "additionalProperties": {"type": "number"},
                "description": "By metric: the accuracy in training, in place of what is computed on the holdout.",
                "examples": [{"LogLoss": 0.41, "AUC": 0.83}],
            },
        },
        (),
        "What the model was trained on: the baseline that drift and accuracy are measured against. Its rows are drawn "
        "from the features' spreads, the same in every run.",
    ),
    "type": ["object", "null"],
    "examples": [{"rows": 10000, "features": {"tenure": {"mean": 24, "sd": 12}}}],
}


def seeded_scoring(seeding: Seeding, path: Path, item: Json, facts: Json, inherited: Json | None) -> None:
    """Put `scoring` and `training` of a seed's model into its facts; reports what does not fit the model.

    What a version inherits is dropped where the version predicts another kind of target or other classes.
    """
    same = inherited is not None and all(inherited[name] == facts[name] for name in ("targetType", "classNames"))
    if not same:
        facts["scoring"] = facts["training"] = None
    if "scoring" in item:
        facts["scoring"] = item["scoring"] and _scoring(seeding, (*path, "scoring"), item["scoring"], facts)
    if "training" in item:
        facts["training"] = item["training"]
        if item["training"]:
            _training(seeding, (*path, "training"), item["training"], facts)


def _scoring(seeding: Seeding, path: Path, given: Json, facts: Json) -> Json:
    several = facts["targetType"] == "Multiclass"
    classes = facts["classNames"] or []
    found = given.get("classes", {})
    for here, why in _misplaced(given, facts):
        seeding.report((*path, *here), why)
    parts = (
        [((*path, "classes", name), found.get(name, {})) for name in classes or found] if several else [(path, given)]
    )
    for here, part in parts:
        _output(seeding, here, part, facts)
    outputs = [
        {
            "intercept": part.get("intercept"),
            "coefficients": part.get("coefficients", {}),
            "trees": part.get("trees", []),
        }
        for _, part in parts
    ]
    return {"outputs": outputs, "link": given.get("link"), "positive": given.get("positive_class")}


def _misplaced(given: Json, facts: Json) -> Iterator[tuple[Path, str]]:
    """Give what of a `scoring` does not go with the kind of target, or is none of its classes."""
    kind, classes = facts["targetType"], facts["classNames"] or []
    if kind == "Multiclass":
        for name in ("intercept", "coefficients", "trees", "link"):
            if name in given:
                yield (name,), "a multiclass model has this in each of `classes`"
        if "classes" not in given:
            yield ("classes",), "is required for a multiclass model"
        for name in given.get("classes", {}):
            if classes and name not in classes:
                yield ("classes", name), f"{name} is not one of class_names{suggestion(name, classes)}"
    elif "classes" in given:
        yield ("classes",), f"only for a multiclass model; this one is {kind}"
    positive = given.get("positive_class")
    if positive is not None and (kind != "Binary" or (classes and positive not in classes)):
        yield ("positive_class",), f"{positive} is not a class of the target{suggestion(positive, classes)}"
    if kind != "Regression" and given.get("link") in {"identity", "log"}:
        yield ("link",), f"a {kind} model predicts probabilities: leave it out"


def _output(seeding: Seeding, path: Path, part: Json, facts: Json) -> None:
    for name, weight in part.get("coefficients", {}).items():
        here = (*path, "coefficients", name)
        kind = _kind(seeding, here, name, facts)
        if kind in NUMBERS and isinstance(weight, dict):
            seeding.report(here, f"{name} is {kind}: give one number, what each unit adds")
        elif kind in WORDS and not isinstance(weight, dict):
            seeding.report(here, f"{name} is {kind}: give what each category adds, such as {{gold: 0.5}}")
    for index, tree in enumerate(part.get("trees", [])):
        for here, node in _nodes(tree, (*path, "trees", index)):
            kind = _kind(seeding, (*here, "feature"), node["feature"], facts)
            if ("below" in node) == ("in" in node):
                seeding.report(here, "give either below (for numbers) or in (for categories)")
            elif kind in WORDS and "below" in node:
                seeding.report((*here, "below"), f"{node['feature']} is {kind}: give in, with categories")
            elif kind in NUMBERS and "in" in node:
                seeding.report((*here, "in"), f"{node['feature']} is {kind}: give below, with a number")


def _nodes(tree: Any, path: Path) -> Iterator[tuple[Path, Json]]:
    if isinstance(tree, dict):
        yield path, tree
        for side in ("then", "else"):
            yield from _nodes(tree[side], (*path, side))


def _kind(seeding: Seeding, path: Path, name: str, facts: Json) -> str | None:
    """Give the type of a feature that can be looked at; reports one that is none, or that the model lacks."""
    types: dict[str, str] = {each["name"]: each["featureType"] for each in facts["features"]}
    kind = types.get(name)
    if kind is None:
        seeding.report(path, f"{name} is not a feature of the model{suggestion(name, sorted(types))}")
    elif kind not in NUMBERS | WORDS:
        seeding.report(path, f"{name} is {kind}: only numbers and categories can be scored")
        return None
    return kind


def _training(seeding: Seeding, path: Path, given: Json, facts: Json) -> None:
    for name, spread in given.get("features", {}).items():
        here = (*path, "features", name)
        kind = _kind(seeding, here, name, facts)
        wrong = None if kind is None else _spread_wrong(kind, spread)
        if wrong:
            seeding.report(here, f"{name} is {kind}: {wrong}")
    labels = labels_of(facts)
    for name in given.get("target", {}):
        if facts["targetType"] == "Regression" and name != "mean":
            seeding.report((*path, "target", name), "the target of a regression has a mean only")
        elif facts["targetType"] != "Regression" and name not in labels:
            seeding.report(
                (*path, "target", name), f"{name} is not one of class_names{suggestion(name, sorted(labels))}"
            )
    known = ACCURACY_METRICS[facts["targetType"] == "Regression"]
    for name in given.get("accuracy", {}):
        if name not in known:
            seeding.report(
                (*path, "accuracy", name), f"{name} is not a metric of this model{suggestion(name, list(known))}"
            )


def _spread_wrong(kind: str, spread: Json) -> str | None:
    forms: list[str] = [name for name in ("mean", "quantiles", "histogram", "categories") if name in spread]
    if not forms and "min" in spread and "max" in spread:
        forms = ["min and max"]
    wanted = "categories" if kind in WORDS else "one of mean, min and max, quantiles, histogram"
    if len(forms) != 1 or (kind in WORDS) != (forms == ["categories"]):
        return f"give {wanted}"
    points = spread.get("quantiles") or spread.get("histogram", {}).get("edges") or [0, 1]
    counts = spread.get("histogram", {}).get("counts", [1] * (len(points) - 1))
    bounded = forms[0] in {"mean", "min and max"}
    wrong = {
        f"min, max and sd do not go with {forms[0]}": not bounded and bool({"min", "max", "sd"} & set(spread)),
        "min is above max": spread.get("min", 0) > spread.get("max", spread.get("min", 0)),
        "numbers must be in ascending order": any(later < earlier for earlier, later in pairwise(points)),
        "a histogram has one count fewer than edges": len(counts) != len(points) - 1,
        "not all can be 0": not sum(counts) or not sum(spread.get("categories", {"": 1}).values()),
    }
    return next((why for why, is_so in wrong.items() if is_so), None)
