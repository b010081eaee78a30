"""The laws of the central types."""

import json
from dataclasses import FrozenInstanceError, fields, is_dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drplan.records import plans, specs
from drplan.records import values as value_types
from drplan.records.plans import Check, CheckStatus, Validation, Verb
from drplan.records.specs import Address, Diagnostic, Severity, Where
from drplan.records.values import EMPTY, Secret, bury, dig, freeze, seal, sealed, thaw

keys = st.text(alphabet="abc", min_size=1, max_size=2)
scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-2, 2) | st.text(max_size=3)
values = st.recursive(
    scalars, lambda below: st.lists(below, max_size=3) | st.dictionaries(keys, below, max_size=3), max_leaves=12
)
paths = st.lists(keys, min_size=1, max_size=4).map(".".join)


def same(one: Any, other: Any) -> bool:
    """Compare as JSON text, in which 1, 1.0 and true are three things."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@given(values)
def test_thawing_undoes_freezing(value: Any) -> None:
    """A frozen value thaws to what it was; freezing and thawing twice do nothing more."""
    frozen = freeze(value)
    assert same(thaw(frozen), value)
    assert freeze(frozen) == frozen
    assert same(thaw(thaw(frozen)), value)


@given(st.dictionaries(keys, values, min_size=1))
def test_frozen_is_frozen(value: dict[str, Any]) -> None:
    """Nothing in a frozen value can be changed, and it does not follow changes of what it was made from."""
    frozen = freeze(value)
    before = json.dumps(thaw(frozen))
    with pytest.raises(TypeError):
        frozen["new"] = 1
    value["new"] = 1
    assert json.dumps(thaw(frozen)) == before
    stack = [frozen]
    while stack:
        item = stack.pop()
        assert not isinstance(item, list | dict)
        stack += list(item.values()) if hasattr(item, "values") else list(item) if isinstance(item, tuple) else []


@given(paths, values)
def test_what_is_buried_is_dug_up(path: str, value: Any) -> None:
    """What was put at a path is found there, and nowhere else."""
    document: dict[str, Any] = {}
    bury(document, path, value)
    assert same(dig(document, path), value)
    assert dig(document, f"{path}.x.y") is None or isinstance(value, dict)
    assert list(document) == [path.partition(".")[0]]


@given(st.lists(st.tuples(keys, values), min_size=1), values)
def test_burying_leaves_the_rest(pairs: list[tuple[str, Any]], value: Any) -> None:
    """Putting something at one path leaves what lies at the others."""
    document: dict[str, Any] = {}
    for key, item in pairs:
        bury(document, f"a.{key}", item)
    bury(document, "b.c", value)
    assert same(document, {"a": dict(pairs), "b": {"c": value}})


@pytest.mark.parametrize("document", [None, 5, "text", [], (), {}, EMPTY, {"a": None}, {"a": []}, {"a": "b"}])
def test_digging_where_nothing_is(document: Any) -> None:
    """A path that leads nowhere gives None, whatever stands in its way."""
    assert dig(document, "a.b.c") is None


def test_records_are_frozen_and_slotted() -> None:
    """Every central type is a frozen dataclass with slots: what a layer got, no other layer can change."""
    types = [
        each
        for module in (value_types, specs, plans)
        for each in vars(module).values()
        if is_dataclass(each) and each.__module__ == module.__name__
    ]
    assert len(types) > 10
    for each in types:
        assert each.__dataclass_params__.frozen, each  # type: ignore[attr-defined]  # every dataclass has them
        assert set(each.__slots__) == {field.name for field in fields(each)}, each
    with pytest.raises(FrozenInstanceError):
        Address("a", "b").name = "c"  # type: ignore[misc]  # the point


def test_every_verb_has_a_sign_of_its_own() -> None:
    """The signs are the ones that plans and reports explain."""
    assert {verb.value: verb.sign for verb in Verb} == {
        "validate": "?",
        "create": "+",
        "adopt": "@",
        "update": "~",
        "activate": "●",
        "deactivate": "○",
        "replace": "±",
        "reassert": "!",
        "delete": "-",
        "request": "…",
    }


@pytest.mark.parametrize(
    ("status", "policy", "blocks"),
    [
        ("passing", "block", False),
        ("passing", "allow", False),
        ("warning", "block", True),
        ("warning", "allow", False),
        ("failing", "block", True),
        ("failing", "allow", True),
        ("", "allow", True),
        ("PASSING", "allow", True),
        ("warning", "", True),
        ("warning", "Allow", True),
    ],
)
def test_what_blocks(status: str, policy: str, *, blocks: bool) -> None:
    """Only passing, and a warning that is allowed, let a replacement through."""
    checks = (Check("target", "passing"),)
    assert Validation("key", status, "", checks, policy).blocks is blocks


def test_verdicts_go_from_good_to_bad() -> None:
    """The order of the verdicts is part of their contract."""
    assert [status.value for status in CheckStatus] == ["passing", "warning", "failing"]


@pytest.mark.parametrize(
    ("diagnostic", "text"),
    [
        (Diagnostic(Severity.ERROR, "wrong"), "wrong"),
        (Diagnostic(Severity.ERROR, "wrong", "mend it"), "wrong (mend it)"),
        (Diagnostic(Severity.ERROR, "wrong", where=Where("a.yaml", 3, 4)), "a.yaml:3:4: wrong"),
        (Diagnostic(Severity.ERROR, "wrong", path="a.b"), "a.b: wrong"),
        (
            Diagnostic(Severity.WARNING, "wrong", "mend it", Where("a.yaml", 3, 4), "a.b"),
            "a.yaml:3:4: a.b: wrong (mend it)",
        ),
    ],
)
def test_a_diagnostic_as_text(diagnostic: Diagnostic, text: str) -> None:
    """A diagnostic reads place, path, summary, and what to do in brackets."""
    assert str(diagnostic) == text
    assert diagnostic.place == (diagnostic.where or Where("", 0, 0), diagnostic.path)


def test_a_secret_shows_itself_as_a_marker() -> None:
    """A secret compares and is sent as it is, and no way of turning it into text for people gives it away."""
    secret = Secret("hunter2", "${env.X}")
    assert secret == "hunter2"
    assert json.dumps({"a": secret}) == '{"a": "hunter2"}'
    for text in (
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret:>10}",
        f"{[secret]}",
        f"{secret!r}",
        " ".join(map(str, [secret])),
    ):
        assert "hunter2" not in text
        assert "(secret)" in text
    frozen = freeze({"a": [secret], "b": "x"})
    assert thaw(seal(frozen)) == {"a": [{"$secret": "${env.X}"}], "b": "x"}
    assert sealed(frozen)
    assert sealed(seal(frozen))
    assert sealed(seal(secret))
    assert not sealed(freeze({"a": ["hunter2", {"$ref": "x"}], "b": None}))


def test_a_secret_thaws_to_itself() -> None:
    """What is neither list nor object is left as it is, a secret among them."""
    secret = Secret("x", "${env.X}")
    assert thaw({"a": (secret,)})["a"][0] is secret
