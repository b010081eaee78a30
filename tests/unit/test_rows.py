"""The registry's rows: each complete, each in the schema, each shown by an example, and none at odds with another."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from drplan.cli.schema import rendered, schemas
from drplan.kinds import KINDS, PRIMARY, inside
from drplan.records.values import dig
from drplan.registry.kinds import Kind
from drplan.registry.rows import ID, Group, Setting, covers
from drplan.spec.schema import resource_schema, spec_schema

ROOT = Path(__file__).parent.parent.parent
ROWS = [(kind, row) for kind in KINDS.values() for row in kind.settings]
GROUPS = [(kind, group) for kind in KINDS.values() for group in kind.groups]
SOURCE = re.compile(r"\((API reference|vendor's guide)[^)]+\)")


def row_name(value: Any) -> str:
    """Name a row or group after its kind."""
    return value.name if isinstance(value, Kind) else getattr(value, "path", None) or value.name


def fragment(kind: Kind, path: str) -> dict[str, Any]:
    """Return what the spec's schema says at a setting's path."""
    node = resource_schema(kind, KINDS)
    for step in path.split("."):
        node = node["properties"][step]
    return node


@pytest.mark.parametrize(("kind", "row"), ROWS, ids=row_name)
def test_a_setting_is_described(kind: Kind, row: Setting) -> None:
    """A setting has a sentence or more of description, a type, and an example that its own schema accepts."""
    found = fragment(kind, row.path)
    assert row.doc[0].isupper()
    assert row.doc[-1] in ".;"
    assert "type" in row.fragment()
    assert found["description"] == row.doc
    assert found["examples"] == [row.example]
    Draft202012Validator(found).validate(row.example)
    if row.default is not None:
        assert found["default"] == row.default
        Draft202012Validator(found).validate(row.default)
    assert Draft202012Validator(found).is_valid(None) is row.clears


@pytest.mark.parametrize("section", [kind.section for kind in KINDS.values() if not kind.parent])
def test_what_lies_inside_a_setting_is_described_too(section: str) -> None:
    """Every key that an editor can complete has a description, and every one that is no container an example."""
    stack = [(section, spec_schema(KINDS)["properties"][section]["additionalProperties"])]
    seen = 0
    while stack:
        path, node = stack.pop()
        assert node.get("description"), path
        inside = node.get("additionalProperties") if "propertyNames" in node and "examples" not in node else None
        if inside:
            stack.append((f"{path}.NAME", inside))
            continue
        assert "properties" in node or node.get("examples"), path
        for example in node.get("examples", ()):
            Draft202012Validator(node).validate(example)
        stack += [(f"{path}.{name}", below) for name, below in node.get("properties", {}).items()]
        seen += 1
    assert seen > 8


@pytest.mark.parametrize(("kind", "row"), ROWS, ids=row_name)
def test_a_setting_has_somewhere_to_go(kind: Kind, row: Setting) -> None:
    """A setting steers drplan, or is sent: by creation, or by a group that exists, under a wire name."""
    if row.policy:
        assert (row.group, row.wire, row.on_create) == (None, None, None)
        return
    assert row.group or row.on_create
    if row.group:
        assert kind.group(row.group).name == row.group
        assert row.wire
    assert not (row.in_request and (row.required or row.on_create or row.reference))
    if row.reference and row.reference.kind:
        assert row.reference.kind in KINDS
    if row.recreate:
        assert (row.group, bool(row.on_create)) == (None, True)
        assert not inside(kind), "what lives inside would go with the object that is made again"
        assert not (row.reference and row.reference.kind), "reading must see whether it differs"
    for name in row.also_in:
        assert kind.group(name).name == name != row.group


@pytest.mark.parametrize("kind", KINDS.values(), ids=row_name)
def test_rows_do_not_collide(kind: Kind) -> None:
    """No two settings share a path, a place in a request, or a path that lies within another's."""
    paths = [row.path for row in kind.settings]
    assert len(set(paths)) == len(paths)
    assert not [(a, b) for a in paths for b in paths if a != b and covers(a, b)]
    places = [(row.group, row.wire) for row in kind.settings if row.group]
    assert len(set(places)) == len(places)
    sent = [row.on_create for row in kind.settings if row.on_create]
    assert len(set(sent)) == len(sent)


@pytest.mark.parametrize(("kind", "group"), GROUPS, ids=row_name)
def test_a_group_declares_what_exists_and_why(kind: Kind, group: Group) -> None:
    """A group names groups and settings that exist, has something to send, and gives the source of its reasons."""
    for name in (*group.after, *group.before, *group.reset_by):
        assert kind.group(name).name == name
    assert group.name not in (*group.after, *group.before)
    assert kind.rows(group.name)
    assert SOURCE.search(group.why), group.why
    assert group.requires in (None, "on", "off")
    assert group.path.endswith("/")
    if group.requires:
        assert kind.switch
    if group.validation:
        assert kind.setting(group.validation.policy).policy
        assert kind.setting(group.validation.policy).default == "block"
        for row in kind.rows(group.name):  # nothing can be asked about an object that is not there yet
            assert row.on_create or row.in_request


@pytest.mark.parametrize("kind", KINDS.values(), ids=row_name)
def test_a_kind_names_what_exists(kind: Kind) -> None:
    """The settings and groups that a kind points at are its own."""
    assert kind.setting(kind.named_by).on_create
    for path in kind.columns:
        assert kind.setting(path).path == path
    if kind.switch:
        assert kind.setting(kind.switch.setting).group == kind.switch.group == kind.group(kind.switch.group).name
        assert {kind.switch.on, kind.switch.off} == set(kind.setting(kind.switch.setting).schema["enum"])
    if kind.identity:
        assert kind.group(kind.identity.group).entries
    with pytest.raises(KeyError):
        kind.setting("nothing")
    with pytest.raises(KeyError):
        kind.group("nothing")


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.parent], ids=row_name)
def test_a_kind_inside_another(kind: Kind) -> None:
    """Its parent is inside no other; its routes say where; it is found by its name, as it has no tags."""
    assert kind.parent
    around = KINDS[kind.parent.kind]
    assert around.parent is None
    assert {around.group(name).name for name in kind.parent.after} == set(kind.parent.after)
    for path in (kind.list_path, kind.item_path, kind.create_path, *(group.path for group in kind.groups)):
        assert "{parent}" in path
    assert (kind.identity, [row.path for row in kind.settings if row.path == ID]) == (None, [])


def test_filters_are_the_ones_of_the_sdk() -> None:
    """Every filter of the vendor's SDK is an option, with the platform's own values (API reference 2.3)."""
    health = ("passing", "warning", "failing", "unknown")
    assert {(each.option, each.query, each.values, each.style) for each in PRIMARY.filters} == {
        ("role", "role", ("OWNER", "USER"), "one"),
        ("service-health", "serviceHealth", health, "comma"),
        ("model-health", "modelHealth", health, "comma"),
        ("accuracy-health", "accuracyHealth", (*health, "unavailable"), "comma"),
        ("execution-environment-type", "executionEnvironmentType", ("datarobot", "external"), "comma"),
        ("importance", "importance", ("LOW", "MODERATE", "HIGH", "CRITICAL"), "comma"),
        ("tag", "tagKeys", (), "pair"),
        ("tag-key", "tagKeys", (), "repeat"),
        ("tag-value", "tagValues", (), "repeat"),
        ("a2a-agent", "isA2AAgent", (), "flag"),
        ("search", "search", (), "one"),
        ("order-by", "orderBy", (), "one"),
    }


# ---------------------------------------------------------------------------------------------- what follows from rows


@pytest.mark.parametrize("name", schemas())
def test_schemas_are_fresh(name: str) -> None:
    """The schemas in the repository are, to the byte, what `drplan schema --write` writes."""
    kept = (ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")
    assert kept == rendered(schemas()[name])
    Draft202012Validator.check_schema(json.loads(kept))


def test_no_schema_is_left_over() -> None:
    """There is a file for each schema, and no other."""
    assert {path.name for path in (ROOT / "schemas").iterdir()} == {f"{name}.schema.json" for name in schemas()}


def specs_of(kind: Kind, content: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the specs of a kind that a spec file holds, inside other objects too."""
    around = specs_of(KINDS[kind.parent.kind], content) if kind.parent else [content]
    return [spec for each in around for spec in (each.get(kind.section) or {}).values() if spec]


@pytest.mark.parametrize(("kind", "row"), ROWS, ids=row_name)
def test_every_setting_is_shown_by_an_example(kind: Kind, row: Setting) -> None:
    """Every setting stands in some spec below examples/, or in a comment there (`# plugin: kubernetes`)."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "examples").rglob("deployments/**/*.yaml"))]
    specs = [spec for text in texts for spec in specs_of(kind, yaml.safe_load(text) or {})]
    comment = re.compile(rf"#.*\b{re.escape(row.path.rpartition('.')[2])}:", re.MULTILINE)
    remarks = [text for text in texts if kind.section in text and comment.search(text)]
    assert [spec for spec in specs if present(spec, row.path)] or remarks, f"no example has {kind.name} {row.path}"


def present(spec: Any, path: str) -> bool:
    """Tell whether a spec says something at a path, be it null."""
    *steps, last = path.split(".")
    node = dig(spec, ".".join(steps)) if steps else spec
    return isinstance(node, dict) and last in node
