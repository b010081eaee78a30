"""Seed files: what a world holds, deterministic ids, and errors that name file, line and column."""

import jsonschema
import pytest
import yaml

from drplan.emulator import Emulator, SeedError, default_world_text, seed_schema

TYPES = (
    "Binary, Regression, Multiclass, Multilabel, TextGeneration, Unstructured, Anomaly, Transform, GeoPoint, "
    "VectorDatabase, AgenticWorkflow, MCP"
)
WRONG = """\
users:
  - {name: ada, token: a, colour: red}
  - {name: ada, token: a}
registered_models:
  - name: churn
    target_type: Binray
    versions: [{numbr: 1}]
  - {name: revenue, features: [a], versions: [{number: 1}, {number: 1}, {without_features: [b]}]}
  - {name: revenue, versions: []}
prediction_servers:
  - {name: eu, url: "https://eu"}
deploymets: []
deployments:
  - label: one
    model: {registered_model: revenu, version: 1}
    prediction_server: us
  - {label: two, model: {registered_model: revenue, version: 9}, prediction_server: eu}
  - {label: three, model: {registered_model: churn, version: 1}}
  - label: four
    label: again
    model: {registered_model: revenue, version: 1}
    settings: {targetDrfit: {enabled: true}, associationId: {columnNames: []}}
    roles: {bob: USER}
features:
  installation: cloudy
"""


def _errors(tmp_path, text):
    path = tmp_path / "world.yaml"
    path.write_text(text)
    with pytest.raises(SeedError) as raised:
        Emulator.open(path)
    return [line.removeprefix(f"{path}:") for line in str(raised.value).splitlines()]


def test_everything_wrong_is_told_at_once_with_its_place(tmp_path):
    """Unknown keys, wrong values, doubles and dangling references, each where it stands, in one run."""
    assert _errors(tmp_path, WRONG) == [
        "2:27: users[0].colour: unknown key colour",
        "3:5: users[1]: ada is there twice in users",
        "3:24: users[1].token: is the token of ada too",
        f'6:18: registered_models[0].target_type: must be one of {TYPES}, not "Binray"; did you mean Binary?',
        "7:17: registered_models[0].versions[0].numbr: unknown key numbr; did you mean number?",
        "8:60: registered_models[1].versions[1]: 1 is there twice in registered_models[1].versions",
        "8:93: registered_models[1].versions[2].without_features[0]: b is not an inherited feature",
        "9:5: registered_models[2]: revenue is there twice in registered_models",
        "12:1: deploymets: unknown key deploymets; did you mean deployments?",
        "15:31: deployments[0].model.registered_model: there is no revenu in registered_models; did you mean revenue?",
        "16:24: deployments[0].prediction_server: there is no us in prediction_servers",
        "17:62: deployments[1].model.version: revenue has no version 9; it has 1, 2",
        "20:5: deployments[3].label: label is there twice, first in line 19",
        "22:16: deployments[3].settings.targetDrfit: unknown key targetDrfit; did you mean targetDrift?",
        "22:75: deployments[3].settings.associationId.columnNames: must have exactly 1 item",
        "23:18: deployments[3].roles.bob: there is no bob in users",
        '25:17: features.installation: must be one of cloud, self_managed, not "cloudy"; did you mean cloud?',
    ]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("users: [", "2:1: not YAML: did not find expected node content"),
        ("- a", "1:1: must be a mapping with sections such as users and deployments"),
        ("users: !!python/object:os.system {}", "1:8: users: must be a list, not a mapping"),
        ("users: &a [*a]", "1:8: users[0]: contains itself"),
        ("users: [{token: x}]", "1:9: users[0].name: is required"),
        ("users: [{name: 3}]", "1:16: users[0].name: must be a string, not 3"),
        ("users: [{name: a, id: xyz}]", '1:23: users[0].id: "xyz" does not have the form 24 hexadecimal digits'),
    ],
)
def test_what_is_no_seed_is_refused(tmp_path, text, error):
    """Broken YAML, wrong shapes, tags and loops get one line each."""
    assert error in _errors(tmp_path, text)


def test_a_wrong_seed_leaves_no_state(tmp_path):
    """After a SeedError the state file holds nothing of the seed; the mended seed loads into it."""
    seed, state = tmp_path / "world.yaml", tmp_path / "state.db"
    seed.write_text("users: [{name: a, token: first}]\ndeployments: [{}]\n")
    with pytest.raises(SeedError):
        Emulator.open(seed, state)
    seed.write_text("users: [{name: b, token: second}]\n")
    emulator = Emulator.open(seed, state)
    assert emulator.token == "second"
    emulator.close()


def test_ids_are_the_same_in_every_world(open_api):
    """Ids derive from kind and name, so two emulators of one seed agree, and an explicit id is kept."""
    first, second = open_api(), open_api()
    assert first.get("registeredModels/")["data"] == second.get("registeredModels/")["data"]
    assert first.get("predictionServers/")["data"][0]["id"] == "5f0000000000000000000a01"


def test_versions_inherit_and_override(open_api):
    """A version is as its registered model says, with what it says itself, and features added or taken away."""
    api = open_api(
        """
registered_models:
  - name: m
    target: y
    target_type: Binary
    class_names: [n, p]
    features: {a: Numeric, b: Text}
    versions:
      - {}
      - {target: z, class_names: [p, n], extra_features: {c: Date}, without_features: [b], number: 7, name: odd}
prediction_servers: [{url: "https://p"}]
"""
    )
    model = api.get("registeredModels/")["data"][0]
    first, second = api.get(f"registeredModels/{model['id']}/versions/")["data"]
    assert (model["lastVersionNum"], model["target"]["name"]) == (7, "y")
    assert (first["registeredModelVersion"], first["name"]) == (1, "m (v1)")
    assert first["target"] == {"name": "y", "type": "Binary", "classNames": ["n", "p"], "predictionThreshold": 0.5}
    assert (second["registeredModelVersion"], second["name"]) == (7, "odd")
    assert second["target"] == {"name": "z", "type": "Binary", "classNames": ["p", "n"], "predictionThreshold": 0.5}
    made = api.deploy("m", 7)
    features = api.get(f"deployments/{made}/features/")["data"]
    assert [(each["name"], each["featureType"]) for each in features] == [("a", "Numeric"), ("c", "Date")]


def test_registered_models_can_share_a_name_on_purpose(open_api):
    """A second registered model with an id of its own may have the name of the first."""
    api = open_api(
        "registered_models:\n- {name: m, versions: [{}]}\n- {name: m, id: 5f0000000000000000000001, versions: [{}]}\n"
    )
    assert [each["name"] for each in api.get("registeredModels/?search=m")["data"]] == ["m", "m"]


def test_a_world_without_users_has_one(open_api):
    """Its token is `emulator`."""
    assert open_api("{}").token == "emulator"
    assert open_api("").token == "emulator"


def test_the_default_world_fits_the_schema():
    """The built-in seed is an example of its own schema."""
    schema = seed_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load(default_world_text()), schema)


def test_every_key_of_a_seed_is_described_with_an_example():
    """Each key in the schema says what it is; plain values show an example that fits."""

    def walk(schema, path):
        for name, inner in schema.get("properties", {}).items():
            here = f"{path}.{name}"
            assert inner.get("description"), here
            kinds = inner.get("type")
            if kinds not in ("object", "array"):
                assert inner.get("examples"), here
            for example in inner.get("examples", []):
                jsonschema.Draft202012Validator(inner).validate(example)
            walk(inner, here)
            walk(inner.get("items", {}), f"{here}[]")

    walk(seed_schema(), "")
