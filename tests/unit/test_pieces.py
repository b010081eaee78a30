"""Small pieces of the core, where no golden case goes."""

import json
from types import MappingProxyType
from typing import Any

import fleets
import pytest
from fleets import PACKAGES
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from test_convergence import plan_for

from drplan.errors import (
    ApiError,
    ApplyError,
    DrplanError,
    JobFailed,
    Refused,
    Rejected,
    SpecError,
    Unreachable,
    UsageError,
)
from drplan.kinds import KINDS, PRIMARY
from drplan.plan.body import body_of, sets_of
from drplan.plan.build import Observation, build
from drplan.plan.diff import differences, entries, entry_changes, leaves, looked_after, observed, wanted_entries
from drplan.plan.targets import address, check_known, chosen
from drplan.records.plans import Change, Outcome, Result, Verb
from drplan.records.specs import Address, Live, Where
from drplan.records.values import equal, freeze, thaw
from drplan.registry.rows import covers
from drplan.registry.shapes import ValueForm
from drplan.spec.complaints import check_form
from drplan.spec.document import dotted, parse
from drplan.spec.load import read_specs, spec_digest

TARGET = "https://platform.example/api/v2"

# ----------------------------------------------------------------------------------------------------------- errors


def test_exit_codes() -> None:
    """Each class of error has the exit code that the documentation promises, and keeps what it was given."""
    codes = {
        DrplanError: 1,
        SpecError: 3,
        Refused: 4,
        ApiError: 5,
        JobFailed: 5,
        ApplyError: 6,
        UsageError: 64,
    }
    assert {each: each("why").exit_code for each in codes} == codes
    unreachable = Unreachable("gone", sent=True)
    assert (unreachable.exit_code, unreachable.sent, unreachable.summary) == (5, True, "gone")
    rejected = Rejected("no", status=409, body={"a": 1}, retry_after=2.0)
    assert (rejected.exit_code, rejected.status, rejected.body, rejected.retry_after) == (5, 409, {"a": 1}, 2.0)
    assert Rejected("no", status=500).body == {}
    outcome = Outcome("k", Result.DONE)
    assert ApplyError("some", [outcome]).outcomes == (outcome,)


# --------------------------------------------------------------------------------------------------------- documents


def test_places_in_a_document() -> None:
    """Every key and value knows its line and column; what is not there gives the place of what holds it."""
    document = parse("a:\n  b: [1, {c: 2}]\n", "f")
    assert document.value == {"a": {"b": [1, {"c": 2}]}}
    assert document.where(("a", "b", 1, "c")) == Where("f", 2, 14)
    assert document.where(("a", "b", 1, "c"), key=True) == Where("f", 2, 11)
    assert document.where(("a", "x", "y")) == Where("f", 2, 3)
    assert document.where(("a", "x", "y"), key=True) == Where("f", 1, 1)
    assert document.where((), key=True) == Where("f", 1, 1)
    assert parse("", "f").where(("a",)) == Where("f", 1, 1)


@pytest.mark.parametrize(("path", "text"), [((), ""), (("a",), "a"), (("a", 0, "b"), "a[0].b"), ((1, 2), "[1][2]")])
def test_paths_as_people_write_them(path: tuple[str | int, ...], text: str) -> None:
    """Keys are joined by dots, positions stand in brackets."""
    assert dotted(path) == text


def test_a_rule_without_words_of_its_own() -> None:
    """A rule that drplan has no sentence for is told by its name, not in the validator's words; a missing key once."""
    document = parse("a: 7\nb: ${x}\nc: 1\n", "f")
    schema = {
        "properties": {"a": {"multipleOf": 2}, "b": {"minLength": 9}, "c": {"properties": {}}},
        "required": ["d", "e", "f"],
        "additionalProperties": False,
    }
    check_form(document, Draft202012Validator(schema), lambda _, key: key == "e", unfilled=True)
    told = [str(problem) for problem in document.problems]
    assert told == ["f:1:4: a: 7 does not fit: multipleOf 2", "f:1:1: 'd' is missing", "f:1:1: 'f' is missing"]


def test_a_key_where_none_is_expected() -> None:
    """An unknown key says what is known there, or that nothing is."""
    document = parse("zzz: 1\n", "f")
    check_form(document, Draft202012Validator({"additionalProperties": False}))
    assert [str(problem) for problem in document.problems] == [
        "f:1:1: zzz: unknown key 'zzz' (nothing is expected here)"
    ]


# -------------------------------------------------------------------------------------------------------------- specs


def test_every_value_knows_its_place() -> None:
    """A resource's values carry file, line and column; what is derived carries the name's."""
    text = (
        "deployments:\n"
        "  churn:\n"
        "    label: Churn\n"
        "    model: {model_id: m}\n"
        "    tags: {team: x}\n"
        "prediction_environments:\n"
        "  zone: {platform: aws}\n"
    )
    churn, zone = read_specs([("a.yaml", text)])
    assert churn.address == Address("deployment", "churn")
    assert churn.where == Where("a.yaml", 2, 3)
    assert {path: wanted.where for path, wanted in churn.desired.items()} == {
        "label": Where("a.yaml", 3, 12),
        "model": Where("a.yaml", 4, 12),
        "tags.team": Where("a.yaml", 5, 12),
    }
    assert (zone.value("name"), zone.place("name")) == ("zone", Where("a.yaml", 7, 3))
    assert (zone.value("plugin"), zone.value("plugin", "none"), zone.place("plugin")) == (None, "none", zone.where)


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), fleets.specs, min_size=1), st.randoms())
def test_layout_does_not_matter(fleet: dict[str, Any], chance: Any) -> None:
    """The order of keys, the number of files and their layout change neither the values nor the digest."""
    whole = fleets.resources_of(fleet)
    names = list(fleet)
    chance.shuffle(names)
    files = [
        (f"{index}.yaml", json.dumps({"deployments": {name: shuffled(fleet[name], chance)}}, indent=2))
        for index, name in enumerate(names)
    ]
    apart = read_specs(files)
    assert [said(resource) for resource in apart] == [said(resource) for resource in whole]
    assert spec_digest(apart) == spec_digest(whole)


def shuffled(value: Any, chance: Any) -> Any:
    """Put the keys of a value in another order, all the way down."""
    if not isinstance(value, dict):
        return value
    keys = list(value)
    chance.shuffle(keys)
    return {key: shuffled(value[key], chance) for key in keys}


def said(resource: Any) -> tuple[Address, dict[str, Any]]:
    """Return what a resource wants, without where it says so."""
    return resource.address, {path: thaw(wanted.value) for path, wanted in resource.desired.items()}


def test_digests_follow_the_content() -> None:
    """Every value counts in the digest, and 1, 1.0, true and "1" are four values."""
    digests = set()
    for value in ("1", "1.0", "true", '"1"', "null"):
        text = f"prediction_environments: {{a: {{platform: aws}}}}\n# {value}\n"
        (zone,) = read_specs([("a.yaml", text)])
        desired = MappingProxyType({**zone.desired, "x": type(zone.desired["name"])(json.loads(value))})
        digests.add(spec_digest([type(zone)(zone.address, desired)]))
    assert len(digests) == 5


@pytest.mark.parametrize(
    ("prefix", "path", "covered"),
    [("a", "a", True), ("a", "a.b", True), ("a.b", "a", False), ("a", "ab", False), ("a.b", "a.b.c", True)],
)
def test_what_a_path_covers(prefix: str, path: str, *, covered: bool) -> None:
    """A path covers itself and what lies below it."""
    assert covers(prefix, path) is covered


# --------------------------------------------------------------------------------------------------------------- diff


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (1, 2, [("s", 1, 2)]),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, [("s.b", 2, 3)]),
        ({"a": 1}, {"b": 2}, [("s.a", 1, None), ("s.b", None, 2)]),
        ({"a": 0}, {"a": 0.0}, [("s", {"a": 0}, {"a": 0.0})]),
        ({"a": {"x": [1, 2]}}, {"a": {"x": [1, 3]}}, [("s.a.x.1", 2, 3)]),
        (None, {"a": 1}, [("s", None, {"a": 1})]),
    ],
)
def test_leaves(before: Any, after: Any, expected: list[tuple[str, Any, Any]]) -> None:
    """A change between two containers is shown leaf by leaf, in order; any other as it is."""
    found = leaves(Change("s", freeze(before), freeze(after)))
    assert [(leaf.setting, thaw(leaf.before), thaw(leaf.after)) for leaf in found] == expected


def deployment(**more: Any) -> Live:
    """Return a live deployment of which only the list route's document matters."""
    return Live(
        "x", {"": {"id": "x", "label": "A", "modelPackage": {"id": PACKAGES[0]}, **more}, "settings": {}}, "active"
    )


@pytest.mark.parametrize(
    ("wanted", "live", "same"),
    [
        (True, True, True),
        (True, 1, False),
        (False, 0, False),
        (False, None, False),
        (True, "true", False),
    ],
)
def test_switches_are_compared_as_json(wanted: Any, live: Any, *, same: bool) -> None:
    """1 and true are two values, and so are 0, false and nothing."""
    (resource,) = fleets.resources_of(
        {
            "a": {
                "label": "A",
                "model": {"model_package_id": PACKAGES[0]},
                "settings": {"predictions_data_collection": {"enabled": wanted}},
            }
        }
    )
    own = Live("x", {**deployment().documents, "settings": {"predictionsDataCollection": {"enabled": live}}}, "active")
    found = [change.setting for _, change in differences(PRIMARY, resource, own, {})]
    assert found == ([] if same else ["settings.predictions_data_collection.enabled"])


def test_odd_entries_are_not_entries() -> None:
    """A platform's odd lists of tags are read as far as they make sense; the first of a name counts."""
    group = PRIMARY.group("tags")
    assert entries(deployment(tags=None), group) == {}
    assert entries(deployment(tags="odd"), group) == {}
    assert entries(deployment(tags=[None, "x", {"name": "a", "value": 1}, {"name": "a", "value": 2}]), group) == {
        "a": {"name": "a", "value": 1}
    }
    assert entries(deployment(), PRIMARY.group("details")) == {}


def test_a_kind_that_carries_no_identity_wants_no_entries() -> None:
    """What cannot carry tags is asked for none, not even drplan's own."""
    kind = KINDS["prediction_environment"]
    (zone,) = read_specs(
        [("a.yaml", "prediction_environments: {zone: {platform: aws, lifecycle: {prevent_destroy: true}}}")]
    )
    live = Live("e", {"": {"id": "e", "name": "zone", "platform": "aws"}})
    group = kind.group("details")
    assert wanted_entries(kind, group, zone, "shop") == {}
    assert list(entry_changes(kind, group, zone, live, "shop")) == []


def test_exactly_what_is_managed_is_observed() -> None:
    """A plan's fingerprint of an object holds the fields that its spec manages, drplan's own, and no other."""
    (resource,) = fleets.resources_of(
        {
            "a": {
                "label": "A",
                "description": "d",
                "model": {"model_package_id": PACKAGES[0]},
                "tags": {"team": "x"},
                "lifecycle": {"ignore_changes": ["description"], "prevent_destroy": False},
            }
        }
    )
    seen = observed(PRIMARY, resource, deployment(tags=[{"name": "team", "value": "y"}], description="z"), "shop")
    assert {"label", "model", "status", "tags.drplan", "tags.drplan-protected", "tags.team"} <= set(seen.fields)
    assert not {"description", "tags.other", "lifecycle.prevent_destroy"} & set(seen.fields)
    assert (seen.fields["tags.team"], seen.fields["tags.drplan"], seen.id) == ("y", None, "x")
    assert observed(PRIMARY, resource, None, "shop").id is None


# ------------------------------------------------------------------------------------------------------------ requests


def test_a_body_holds_what_changed_and_what_must_travel() -> None:
    """What changed is sent; what its object cannot go without travels along, desired or else live, if there is any."""
    group = PRIMARY.group("settings")
    boundaries = PRIMARY.setting("settings.prediction_warning.custom_boundaries")
    drift = PRIMARY.setting("settings.drift_tracking.target_drift_enabled")

    def body(changed: Any, desired: Any, live: Any) -> Any:
        wanted = {"settings.prediction_warning.enabled": desired}
        return body_of(PRIMARY, "settings", sets_of(PRIMARY, group, changed, wanted.get, lambda _: live))

    assert body([(drift, False)], True, True) == {"targetDrift": {"enabled": False}}
    assert body([(boundaries, None)], False, True) == {
        "predictionWarning": {"customBoundaries": None, "enabled": False}
    }
    assert body([(boundaries, None)], None, False) == {
        "predictionWarning": {"customBoundaries": None, "enabled": False}
    }
    assert body([(boundaries, None)], None, None) == {"predictionWarning": {"customBoundaries": None}}
    assert body([], True, True) == {}


# ------------------------------------------------------------------------------------------------------------ planning


def test_a_reference_that_nobody_looked_up_is_a_bug() -> None:
    """Planning without an answer that it needs is drplan's own fault, and says so with exit code 1."""
    resources = fleets.resources_of({"a": {"label": "A", "model": {"model_id": "m"}}})
    with pytest.raises(DrplanError, match=r"^deployment.a.model was not looked up$") as raised:
        build(resources, Observation(), target=TARGET, project="shop")
    assert raised.value.exit_code == 1


def test_a_plan_counts_its_writes() -> None:
    """Validations are no writes; iterating gives both."""
    resources = fleets.resources_of({"d1": {"label": "A", "model": {"model_package_id": PACKAGES[1]}}})
    item = {"label": "A", "description": None, "importance": None, "status": "active", "tags": {}, "guarded": False}
    live = fleets.deployment(1, {**item, "identified": True, "model_package": PACKAGES[0]}, {}, {})
    plan = plan_for(resources, {resources[0].address: live})
    assert [action.verb for action in plan] == [Verb.VALIDATE, Verb.REPLACE]
    assert [action.verb for action in plan.writes] == [Verb.REPLACE]
    assert plan.blocking == ()


# ----------------------------------------------------------------------------------------------------------- selection


@pytest.mark.parametrize("text", ["", "churn", "deployment", "deployment.", ".churn", "deployments.churn", "x.y"])
def test_what_is_no_address(text: str) -> None:
    """An address is a kind and a name with a dot between them; anything else is a usage error that shows how."""
    with pytest.raises(UsageError) as raised:
        address(text)
    assert raised.value.exit_code == 64
    assert raised.value.summary.startswith(f"'{text}' is no address; ")


def test_names_may_have_dots() -> None:
    """Only the first dot parts kind and name."""
    assert address("deployment.a.b") == Address("deployment", "a.b")


def test_what_is_chosen() -> None:
    """Targets bring along what they refer to, exclusions win, and without targets everything is one."""
    text = (
        "deployments:\n"
        "  a: {label: A, model: {model_id: m}, prediction_environment: zone}\n"
        "  b: {label: B, model: {model_id: m}, prediction_environment: elsewhere}\n"
        "prediction_environments: {zone: {platform: aws}, other: {platform: gcp}}\n"
    )
    resources = read_specs([("a.yaml", text)])
    everything = [resource.address for resource in resources]

    def names(targets: list[str], excludes: list[str]) -> list[str]:
        return [str(each) for each in everything if chosen(resources, targets, excludes)(each)]

    zone = "prediction_environment.zone"
    assert names([], []) == list(map(str, everything))
    assert names(["deployment.a"], []) == ["deployment.a", zone]
    assert names(["deployment.b"], []) == ["deployment.b"]
    assert names(["deployment.a"], [zone]) == ["deployment.a"]
    assert names([zone], []) == [zone]
    assert names([], ["deployment.a", zone]) == ["deployment.b", "prediction_environment.other"]
    assert names(["deployment.a"], ["deployment.a"]) == [zone]
    assert chosen(resources, ["deployment.gone"], [])(Address("deployment", "gone"))


def test_addresses_that_nothing_has() -> None:
    """A name that neither specs nor platform know is refused, with the nearest one."""
    known = [Address("deployment", "churn")]
    check_known(["deployment.churn"], known)
    with pytest.raises(UsageError, match=r"did you mean 'deployment\.churn'"):
        check_known(["deployment.churn", "deployment.chrun"], known)
    with pytest.raises(UsageError, match="`drplan list --managed` shows what there is"):
        check_known(["deployment.churn"], [])
    assert set(KINDS) == {"deployment", "prediction_environment", "challenger"}


@pytest.mark.parametrize(
    ("desired", "live", "same"),
    [
        (" a\n", "a", True),
        ("a b", "a  b", False),
        ("a\r\nb", "a\nb", True),
        ("Cafe\u0301", "Caf\u00e9", True),
        ("", " ", True),
        ("A", "a", False),
        (("a ", {"k": "b"}), ("a", {"k": " b"}), True),
        ("1", 1, False),
    ],
)
def test_texts_are_compared_trimmed(desired: Any, live: Any, same: bool) -> None:
    """Blanks at the ends, ends of lines and composed letters make no difference; everything else does."""
    assert equal(freeze(desired), freeze(live)) is same


def test_words_of_an_enumeration_are_compared_in_its_own_case() -> None:
    """A platform that shows words in another case has what is wanted; an unknown word stays what it is."""
    words = ValueForm({"enum": ["LOW", "HIGH", None]})
    assert [words.normal(word) for word in ("low", "HIGH", "odd", None, 1)] == ["LOW", "HIGH", "odd", None, 1]
    some = ValueForm({"type": "array", "items": {"enum": ["aws", "gcp"]}})
    assert some.normal(["AWS", "gcp"]) == ["aws", "gcp"]
    assert ValueForm({"type": "array"}).normal(("A",)) == ["A"]


def test_what_cannot_carry_an_identity_counts_as_looked_after() -> None:
    """Of such an object nobody can tell whether drplan has been at it."""
    live = Live("e", {"": {"id": "e", "name": "zone"}})
    assert looked_after(KINDS["prediction_environment"], live, "shop/zone")
