"""Plan files: the same plan in the same bytes, back again, and refused when anything at all was changed."""

import hashlib
import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import goldens
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from test_convergence import plan_for, worlds

from drplan.errors import ApiError, DrplanError, Refused
from drplan.plan.file import FORMAT, digest, document, dumps, loads
from drplan.plan.file_schema import plan_schema
from drplan.records.plans import Demand, Finding, Origin, Plan, Source
from drplan.records.specs import Diagnostic, Severity, Where


def plans() -> dict[str, Plan]:
    """Return the plans of the golden cases by name."""
    found = {}
    for case in goldens.every_case():
        try:
            found[case.name] = goldens.planned(case)
        except DrplanError:
            assert "error" in case.expected
    return found


PLANS = plans()
FULL = replace(
    PLANS["validation: that the platform warns of, allowed"],
    environment="prod",
    source=Source(commit="c0ffee", author="Ada", dirty=False),
    made_at="2024-05-01T10:00:00Z",
    diagnostics=(
        Diagnostic(Severity.WARNING, "a twin", "adopt it", Where("a.yaml", 1, 2), "deployment.churn"),
        Diagnostic(Severity.WARNING, "nowhere"),
    ),
    findings=(Finding(rule="two", demand=Demand.WARN, message="two of them", about="deployment.churn"),),
)


def refused(text: str) -> str:
    """Return why a plan file is refused; it must be, in a sentence that names the file and says what to do."""
    with pytest.raises(Refused) as raised:
        loads(text, "p.json")
    assert raised.value.exit_code == 4
    assert raised.value.summary.startswith("p.json ")
    assert raised.value.summary.endswith("make a new one with `drplan plan --out FILE`")
    return raised.value.summary


@pytest.mark.parametrize("plan", [*PLANS.values(), FULL], ids=[*PLANS, "full"])
def test_there_and_back(plan: Plan) -> None:
    """A plan's text gives the plan, whose text is the same again, with its digest in it."""
    text = dumps(plan)
    assert loads(text, "p.json") == plan
    assert dumps(loads(text, "p.json")) == text
    assert json.loads(text) == document(plan)
    assert document(plan)["plan"]["digest"] == digest(plan)
    assert document(plan)["format_version"] == FORMAT


@given(worlds())
def test_random_plans_there_and_back(world: Any) -> None:
    """Any plan at all comes back from its text, and planning the same again gives the same bytes."""
    plan = plan_for(*world)
    assert loads(dumps(plan), "p.json") == plan
    assert dumps(plan_for(*world)) == dumps(plan)


def test_digests_differ_where_plans_differ() -> None:
    """No two of the golden plans that differ share a digest, and every part of a plan counts."""
    by_digest: dict[str, Plan] = {}
    for plan in PLANS.values():
        assert by_digest.setdefault(digest(plan), plan) == plan
    parts = {
        "target": "https://other.example/api/v2",
        "project": "other",
        "spec_digest": "0",
        "observed": (),
        "actions": (),
        "validations": (),
        "diagnostics": (),
        "environment": "",
        "variables": {"version": 4},
        "source": None,
        "made_at": "",
        "signed": True,
        "required": 3,
        "findings": (),
        "origin": Origin("0", "0"),
    }
    assert set(parts) == set(Plan.__dataclass_fields__)
    digests = {digest(replace(FULL, **{name: value})) for name, value in parts.items()}
    assert len(digests | {digest(FULL)}) == len(parts) + 1


# ----------------------------------------------------------------------------------------------------------- edits


def others(value: Any) -> list[Any]:
    """Return values that are not `value`, some of them alike."""
    if isinstance(value, bool):
        return [not value, None, str(value), int(value)]
    if isinstance(value, str):
        return [value + "x", value[:-1] if value else None, value.upper() + " ", None, 0, [], [value], {}]
    if isinstance(value, int | float):
        return [value + 1, -value - 1, str(value), None, True, [value]]
    if value is None:
        return ["", 0, False, [], {}]
    if isinstance(value, list):
        return [None, {}, "", [*value, None], *([value[1:], value[::-1], value * 2] if value else [])]
    return [None, [], "", {**value, "extra": None}, *({k: v for k, v in value.items() if k != key} for key in value)]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value, containers included."""
    yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(item, (*path, key))


def edits(outer: Any) -> Iterator[tuple[str, Any]]:
    """Yield every single edit of a JSON document: where, and the document."""
    for path in places(outer):
        node = outer
        for step in path:
            node = node[step]
        for other in others(node):
            if other == node and type(other) is type(node):
                continue
            edited = deepcopy(outer)
            parent = edited
            for step in path[:-1]:
                parent = parent[step]
            if path:
                parent[path[-1]] = other
            yield ".".join(map(str, path)), edited if path else other


@pytest.mark.parametrize(
    "plan", [FULL, PLANS["create: from a leaderboard model that is not registered"]], ids=["full", "registering"]
)
def test_every_edit_is_refused(plan: Plan) -> None:
    """Whatever value is changed, added or removed anywhere in the file, it is refused, canonical bytes or not."""
    tried = 0
    for where, edited in edits(document(plan)):
        assert refused(rfc8785.dumps(edited).decode()), where
        tried += 1
    assert tried > 500


def test_every_truncation_is_refused() -> None:
    """A file cut short anywhere is refused, and so is one with more behind it or before it."""
    text = dumps(FULL)
    for end in range(len(text)):
        refused(text[:end])
    for more in (
        text + "\n",
        " " + text,
        text + text,
        text + "{}",
        text.replace(",", ", ", 1),
        json.dumps(document(FULL)),
    ):
        refused(more)


@given(st.data())
def test_every_changed_character_is_refused(data: st.DataObject) -> None:
    """A file in which any character was exchanged, dropped or doubled is refused."""
    text = dumps(FULL)
    place = data.draw(st.integers(0, len(text) - 1))
    new = data.draw(st.sampled_from(["", text[place] * 2, *'0x"{}[],: \n\\é']).filter(lambda new: new != text[place]))
    refused(text[:place] + new + text[place + 1 :])


def test_a_forged_digest_is_not_enough() -> None:
    """A file whose digest fits, and which yet says what no plan says, is refused as well."""
    outer = document(FULL)
    outer["plan"]["summary"]["delete"] += 1
    refused(rfc8785.dumps(outer).decode())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not a whole plan file (Expecting value: line 1 column 1 (char 0))"),
        ("project: shop", "is not a whole plan file (Expecting value: line 1 column 1 (char 0))"),
        ("[]", "is not a plan file: it has no format_version"),
        ("null", "is not a plan file: it has no format_version"),
        ('{"plan":{}}', "is not a plan file: it has no format_version"),
        ('{"format_version":"1.0"}', "is not a plan file, or was edited"),
        ('{"format_version":"1.0","plan":[]}', "is not a plan file, or was edited"),
        ('{"format_version":"1.0","plan":{},"more":1}', "is not a plan file, or was edited"),
        ('{"format_version":"1.0","plan":{}}', "was edited or cut short: a part of the plan is missing or wrong"),
        (
            '{"format_version":"2.0","plan":{}}',
            "has plan format 2.0 and this drplan reads 1.x; apply it with the drplan that made it, or",
        ),
        (
            '{"format_version":10,"plan":{}}',
            "has plan format 10 and this drplan reads 1.x; apply it with the drplan that made it, or",
        ),
    ],
)
def test_what_is_no_plan_file(text: str, reason: str) -> None:
    """A file that is no plan, or of another format, is refused with its own reason."""
    again = "make a new one with `drplan plan --out FILE`"
    separator = " " if reason.endswith("or") else "; "
    assert refused(text) == f"p.json {reason}{separator}{again}"


def test_a_newer_minor_format() -> None:
    """A file of a newer minor format is named as such, not as edited."""
    text = rfc8785.dumps({**document(FULL), "format_version": "1.7"}).decode()
    assert refused(text).startswith(f"p.json has plan format 1.7 and this drplan writes {FORMAT}; ")


@pytest.mark.parametrize("depth", [500, 2_000, 100_000])
def test_a_file_that_nests_without_end(depth: int) -> None:
    """Nesting beyond what Python takes is a refusal, not a crash."""
    refused('{"format_version":"1.0","plan":' + "[" * depth + "]" * depth + "}")
    outer = document(FULL)
    outer["plan"]["actions"][0]["body"] = "BODY"
    text = rfc8785.dumps(outer).decode().replace('"BODY"', '{"a":' * depth + "1" + "}" * depth)
    refused(text)


@pytest.mark.parametrize("value", [2**53, -(10**20), "\ud800", float("nan"), float("inf")])
def test_a_live_value_that_no_plan_can_hold(value: Any) -> None:
    """What a platform may answer and canonical JSON cannot hold is an error of reading, in drplan's own words."""
    plan = PLANS["change: details"]
    (seen,) = plan.observed
    with pytest.raises(ApiError, match=r"^the platform answered with a value that no plan can hold: ") as raised:
        dumps(replace(plan, observed=(replace(seen, fields={**seen.fields, "importance": value}),)))
    assert raised.value.exit_code == 5


@pytest.mark.parametrize("plan", [*PLANS.values(), FULL], ids=[*PLANS, "full"])
def test_every_plan_is_of_its_schema(plan: Plan) -> None:
    """What is written has the form that the published schema gives."""
    assert [error.message for error in Draft202012Validator(plan_schema()).iter_errors(document(plan))] == []


def places_of_another_type(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every field whose type the format fixes; a setting's own value may have any."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        below = (*path, key)
        of_an_action = path[-2:-1] == ("actions",)  # whose `after` is a list of keys, and whose body is free
        if key in ("body", "sets", "variables") and not isinstance(item, dict):
            yield below
        if key in ("body", "sets", "variables") or (key in ("before", "after", "fields") and not of_an_action):
            continue
        yield below
        yield from places_of_another_type(item, below)


def test_forged_types_are_refused() -> None:
    """A field of another type is refused even where the digest was made anew for it."""
    whole = document(FULL)
    for path in places_of_another_type(whole["plan"]):
        forged = deepcopy(whole)
        holder = forged["plan"]
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = {"forged": True}
        content = {key: value for key, value in forged["plan"].items() if key != "digest"}
        if path != ("digest",):
            forged["plan"]["digest"] = hashlib.sha256(rfc8785.dumps([FORMAT, content])).hexdigest()
        assert refused(rfc8785.dumps(forged).decode()), path
