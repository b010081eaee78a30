"""Models that a seed defines: what they predict, what they were trained on, and what a wrong definition is told."""

import math

import numpy as np
import pytest

from drplan.emulator import Emulator, SeedError
from drplan.emulator.resources.registry.model_facts import facts, feature
from drplan.emulator.world.scoring import scorer_of, training_of

FEATURES = [feature("tenure"), feature("plan", "Categorical"), feature("flag", "Boolean"), feature("note", "Text")]


def _facts(kind, scoring=None, training=None, **more):
    names = {"Binary": ["no", "yes"], "Multiclass": ["a", "b", "c"]}.get(kind)
    given = {"targetName": "t", "targetType": kind, "classNames": names, "features": FEATURES, "modelId": "m"}
    return facts({**given, "scoring": scoring, "training": training, **more})


def _output(**more):
    return {"intercept": 0.0, "coefficients": {}, "trees": [], **more}


def test_linear():
    """A regression is its intercept and what each unit and each category adds; a missing number counts as the mean."""
    scoring = {"outputs": [_output(intercept=5.0, coefficients={"tenure": 2.0, "plan": {"gold": 10.0}})]}
    scorer = scorer_of(_facts("Regression", scoring, {"features": {"tenure": {"min": 0, "max": 10}}}))
    columns = {"tenure": [1.0, None, -3.0], "plan": ["gold", "basic", None], "flag": ["true"] * 3}
    (values,) = scorer.predict(columns, 3)
    assert values[0] == 17.0
    assert values[1] == pytest.approx(5.0 + 2 * 5.0)
    assert values[2] == -1.0


def test_links():
    """The logistic, exponential and softmax links turn sums into what each kind of target predicts."""
    binary = scorer_of(_facts("Binary", {"outputs": [_output(intercept=0.4)]}))
    assert (binary.labels, binary.predict({}, 1)) == (("yes", "no"), [[1 / (1 + math.exp(-0.4))]])
    log = scorer_of(_facts("Regression", {"outputs": [_output(intercept=2.0)], "link": "log"}))
    assert log.predict({}, 1) == [[math.exp(2.0)]]
    several = scorer_of(_facts("Multiclass", {"outputs": [_output(intercept=value) for value in (1.0, 2.0, 3.0)]}))
    powers = np.exp([1.0, 2.0, 3.0])
    assert np.allclose(np.array(several.predict({}, 1))[:, 0], powers / powers.sum())


def test_tree():
    """A tree goes left below its limit or in its categories; what is missing goes right."""
    tree = {
        "feature": "tenure",
        "below": 12,
        "then": {"feature": "plan", "in": ["gold"], "then": 1.0, "else": 2.0},
        "else": 3.0,
    }
    scorer = scorer_of(_facts("Regression", {"outputs": [_output(trees=[tree, 100.0])]}))
    columns = {"tenure": [11.9, 11.9, 12.0, None], "plan": ["gold", None, "gold", "gold"], "flag": ["true"] * 4}
    assert scorer.predict(columns, 4) == [[101.0, 102.0, 103.0, 103.0]]


def test_positive_class_and_threshold():
    """The positive class is the last one unless the seed says otherwise, and the threshold is the model's."""
    scoring = {"outputs": [_output(intercept=0.0)], "positive": "no"}
    scorer = scorer_of(_facts("Binary", scoring, predictionThreshold=0.6))
    assert (scorer.labels, scorer.label([0.59]), scorer.label([0.6])) == (("no", "yes"), "yes", "no")


@pytest.mark.parametrize(
    ("kind", "target", "wanted"),
    [
        ("Binary", {"yes": 0.2, "no": 0.8}, [0.2]),
        ("Regression", {"mean": 42.0}, [42.0]),
        ("Multiclass", {"a": 1, "b": 2, "c": 1}, [0.25, 0.5, 0.25]),
    ],
)
def test_free_intercepts_meet_the_target(kind, target, wanted):
    """Without an intercept the mean prediction over the training is the training's target."""
    training = training_of(_facts(kind, None, {"target": target, "rows": 20_000}))
    columns = {name: values[: training.rows] for name, values in training.columns.items()}
    means = [np.mean(column) for column in training.scorer.predict(columns, training.rows)]
    assert means == pytest.approx(wanted, rel=0.05)


def test_training_follows_its_spreads():
    """What is drawn has the mean, spread, shares and missing values that the seed says."""
    spreads = {
        "tenure": {"mean": 24, "sd": 6, "min": 10, "max": 40, "missing": 0.1},
        "plan": {"categories": {"x": 1, "y": 3}},
    }
    training = training_of(_facts("Regression", None, {"rows": 20_000, "features": spreads}))
    tenure = [value for value in training.columns["tenure"] if value is not None]
    assert np.mean(tenure) == pytest.approx(24, abs=0.2)
    assert np.std(tenure) == pytest.approx(5.9, abs=0.3)
    assert (min(tenure) >= 10, max(tenure) <= 40) == (True, True)
    assert 1 - len(tenure) / 20_000 == pytest.approx(0.1, abs=0.01)
    assert training.columns["plan"].count("y") / 20_000 == pytest.approx(0.75, abs=0.01)


def test_histogram_and_quantiles():
    """Quantiles and histograms are met too; an empty bin has no values."""
    for spread, share in (
        ({"quantiles": [0, 10, 100]}, 0.5),
        ({"histogram": {"edges": [0, 10, 50, 100], "counts": [3, 0, 1]}}, 0.75),
    ):
        values = training_of(_facts("Regression", None, {"rows": 20_000, "features": {"tenure": spread}})).columns[
            "tenure"
        ]
        assert np.mean(np.array(values) < 10) == pytest.approx(share, abs=0.01)
        assert min(values) >= 0
        assert max(values) <= 100
    assert not [value for value in values if 10 < value < 50]


def test_training_is_the_same_in_every_run():
    """Equal facts have equal trainings, and versions of one model share their rows but not their coefficients."""
    one, two = training_of(_facts("Binary")), training_of(_facts("Binary", modelId="other"))
    assert one.columns == two.columns
    assert one.scorer.outputs != two.scorer.outputs
    assert one.predictions[0][:3] == pytest.approx([0.13351, 0.54572, 0.42317], abs=1e-5)


def test_impact_follows_the_coefficients():
    """The heaviest feature has impact 1, one that does nothing has 0, and a seed's importance is taken as it is."""
    scoring = {"outputs": [_output(coefficients={"tenure": 3.0})]}
    assert training_of(_facts("Regression", scoring)).impact == {"tenure": 1.0, "plan": 0.0, "flag": 0.0}
    given = [feature("tenure", importance=0.3), feature("plan", "Categorical", importance=0.9)]
    assert training_of(_facts("Regression", features=given)).impact == {"tenure": 0.3, "plan": 0.9}


WRONG = """\
registered_models:
  - name: churn
    target_type: Binary
    class_names: ["no", "yes"]
    features: {tenure: Numeric, plan: Categorical, note: Text}
    scoring:
      coefficients: {tenur: 1, plan: 3, note: 1, tenure: {a: 1}}
      positive_class: yess
      link: log
      classes: {a: {}}
      trees: [{feature: tenure, in: [a], then: 1, else: {feature: plan, then: 2, else: 1}}]
    training:
      features:
        tenure: {mean: 3, quantiles: [1, 2]}
        plan: {categories: {a: 0}}
        note: {mean: 1}
      target: {mean: 0.3}
      accuracy: {AUD: 3}
    versions: [{}]
  - name: size
    target_type: Multiclass
    class_names: [a, b]
    features: [x]
    scoring: {intercept: 1, classes: {c: {}}}
    training: {features: {x: {histogram: {edges: [3, 2, 4], counts: [1]}}}}
    versions: [{target: size}]
  - name: revenue
    features: [x]
    training: {target: {yes: 1}, features: {x: {min: 5, max: 2}}}
    versions: [{}]
"""


def test_every_mistake_is_told(tmp_path):
    """What does not fit the model is reported where it stands, all at once, with near misses named."""
    path = tmp_path / "world.yaml"
    path.write_text(WRONG)
    with pytest.raises(SeedError) as error:
        Emulator.open(path)
    per_category = "give what each category adds, such as {gold: 0.5}"
    churn, size, revenue = (f"registered_models[{place}]" for place in range(3))
    assert [f"{each.line}: {each.path}: {each.message}" for each in error.value.diagnostics] == [
        f"7: {churn}.scoring.coefficients.tenur: tenur is not a feature of the model; did you mean tenure?",
        f"7: {churn}.scoring.coefficients.plan: plan is Categorical: {per_category}",
        f"7: {churn}.scoring.coefficients.note: note is Text: only numbers and categories can be scored",
        f"7: {churn}.scoring.coefficients.tenure: tenure is Numeric: give one number, what each unit adds",
        f"8: {churn}.scoring.positive_class: yess is not a class of the target; did you mean yes?",
        f"9: {churn}.scoring.link: a Binary model predicts probabilities: leave it out",
        f"10: {churn}.scoring.classes: only for a multiclass model; this one is Binary",
        f"11: {churn}.scoring.trees[0].in: tenure is Numeric: give below, with a number",
        f"11: {churn}.scoring.trees[0].else: give either below (for numbers) or in (for categories)",
        f"14: {churn}.training.features.tenure: tenure is Numeric: give one of mean, min and max, quantiles, histogram",
        f"15: {churn}.training.features.plan: plan is Categorical: not all can be 0",
        f"16: {churn}.training.features.note: note is Text: only numbers and categories can be scored",
        f"17: {churn}.training.target.mean: mean is not one of class_names",
        f"18: {churn}.training.accuracy.AUD: AUD is not a metric of this model; did you mean AUC?",
        f"24: {size}.scoring.intercept: a multiclass model has this in each of `classes`",
        f"24: {size}.scoring.classes.c: c is not one of class_names",
        f"25: {size}.training.features.x: x is Numeric: numbers must be in ascending order",
        f"29: {revenue}.training.target.yes: the target of a regression has a mean only",
        f"29: {revenue}.training.features.x: x is Numeric: min is above max",
    ]


def test_an_inherited_definition_gives_way_to_another_target(open_api):
    """A version that predicts other classes does not inherit how its model scores; one with less features does."""
    api = open_api(
        """
registered_models:
  - name: m
    target: t
    target_type: Binary
    class_names: ["no", "yes"]
    features: {tenure: Numeric, plan: Categorical}
    scoring: {intercept: 1.5, coefficients: {tenure: 2, plan: {a: 1}}}
    versions: [{}, {class_names: [stays, goes]}, {without_features: [tenure]}]
"""
    )
    found = [api.emulator.store.get("modelPackage", api.version("m", number))["_facts"] for number in (1, 2, 3)]
    assert found[0]["scoring"]["outputs"][0]["intercept"] == 1.5
    assert found[1]["scoring"] is None
    assert scorer_of(found[2]).predict({"plan": ["a"]}, 1) == [[1 / (1 + math.exp(-2.5))]]
