"""The quick validator and jsonschema agree on what is valid, so that a quick yes is never a wrong one."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from drplan.kinds import KINDS, PRIMARY
from drplan.project.schema import project_schema
from drplan.records.specs import NAME
from drplan.records.values import Secret
from drplan.spec.complaints import Form, validator
from drplan.spec.schema import spec_schema

SPEC: dict[str, Any] = {
    "deployments": {
        "churn": {
            "label": "Churn",
            "importance": "HIGH",
            "id": "5e319d2e422fbd6b58a5edad",
            "model": {"registered_model": "churn", "version": 3},
            "tags": {"team": "retention"},
            "replacement": {"reason": "OTHER", "on_warning": "allow"},
            "lifecycle": {"prevent_destroy": True, "ignore_changes": ["description"]},
            "settings": {
                "association_id": {"column_names": ["id"]},
                "prediction_warning": {
                    "enabled": True,
                    "custom_boundaries": {"lower_boundary": 0, "upper_boundary": 1},
                },
                "secondary_dataset_config": {"id": "5f48cb94408673683eca0fab", "credential_ids": ["a", "b"]},
            },
        }
    },
    "prediction_environments": {"canary": {"platform": "aws", "supported_model_formats": ["datarobot"]}},
}
PROJECT: dict[str, Any] = {
    "project": "shop",
    "endpoint": "emulator",
    "parallelism": 10,
    "vars": {"a": 1},
    "defaults": {"importance": "LOW"},
    "environments": {"prod": {"protected": True, "deployments": {"churn": {"label": "x"}}}},
}
odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["", "HIGH", "latest", "5e319d2e422fbd6b58a5edad", "5e319d2e422fbd6b58a5edad\n", "é", "a\n", "\x00"]
    ),
    st.text(max_size=5),
    st.lists(st.integers() | st.text(max_size=2), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value below."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in below for place in places(item, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Return a copy with another value at one path; a mapping there gets a key more."""
    if not path:
        return new
    copy = deepcopy(value)
    holder = copy
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = new
    return copy


@given(st.data())
def test_both_validators_agree(data: st.DataObject) -> None:
    """Whatever stands at whatever place of a spec or project file, both say the same of it."""
    base, schema = data.draw(st.sampled_from([(SPEC, spec_schema(KINDS)), (PROJECT, project_schema(KINDS, PRIMARY))]))
    value = changed(base, data.draw(st.sampled_from(places(base))), data.draw(odd))
    slow = Draft202012Validator(schema).is_valid(value)
    # A stricter quick validator only costs time; one that is more lenient would let a wrong file pass.
    assert slow or not Form(schema).fits(value)
    if "\n" not in str(value):
        assert slow == Form(schema).fits(value)


def test_what_stands_here_is_valid() -> None:
    """The files that the test starts from are valid, and the quick validator knows it."""
    assert Form(spec_schema(KINDS)).fits(SPEC)
    assert Form(project_schema(KINDS, PRIMARY)).fits(PROJECT)


def test_a_secret_is_judged_by_the_other() -> None:
    """The quick validator does not take a secret; that is no error."""
    value = changed(SPEC, ("deployments", "churn", "tags", "team"), Secret("x", "${env.X}"))
    form = Form(spec_schema(KINDS))
    assert list(form.iter_errors(value)) == []


@pytest.mark.parametrize(("value", "taken"), [("shop", True), ("shop\n", False), ("-", False), (3, True)])
def test_a_name_ends_where_the_text_ends(value: Any, taken: bool) -> None:
    """A line break after a name is no part of one; what is no text is for other rules."""
    schema = {"pattern": NAME["pattern"]}
    refused = [] if taken else [f"{value!r} does not match {NAME['pattern']!r}"]
    assert [error.message for error in validator(schema).iter_errors(value)] == refused
    assert Form(schema).fits(value) is taken
