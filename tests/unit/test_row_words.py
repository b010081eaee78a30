"""Each word of the row language, driven by a kind that is made up: `made_up.GADGET`."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, replace
from typing import Any

import goldens
import pytest
from made_up import ENVIRON, GADGET, Gadgets, applied, known, planned

from drplan.errors import Refused, SpecError
from drplan.kinds import KINDS, PRIMARY
from drplan.kinds.schedule import SCHEDULE
from drplan.plan.file import dumps, loads
from drplan.platform.observe import reobserve
from drplan.records.specs import Live, Resource
from drplan.records.values import contains, freeze, thaw
from drplan.registry import shapes
from drplan.registry.kinds import Objection
from drplan.registry.lookups import Found
from drplan.registry.rows import Group, Setting
from drplan.render.live import spec_of
from drplan.render.reference import settings_markdown
from drplan.render.text import plan_text
from drplan.spec.document import parse
from drplan.spec.load import read_specs
from drplan.spec.overlays import Overlay, Overlays, Scope


def test_two_groups_of_entries() -> None:
    """Each list has its own entries: the identity stands in one of them, and what is not named is left alone."""
    platform = Gadgets()
    specs = {"gadgets": {"a": {"label": "A", "tags": {"team": "x"}, "more": {"notes": {"team": "y", "gone": None}}}}}
    with known(GADGET):
        assert [key for key, *_ in applied(platform, specs)] == [
            "gadget.a/create",
            "gadget.a/notes/team",
            "gadget.a/tags/drplan",
            "gadget.a/tags/team",
        ]
        assert planned(platform, specs).writes == ()
        (made,) = platform.objects.values()
        names = {name: [(each["name"], each["value"]) for each in made[name]] for name in platform.lists}
        assert names == {"tags": [("drplan", "shop/a"), ("team", "x")], "notes": [("team", "y")]}
        team = made["notes"][0]["id"]
        specs["gadgets"]["a"]["more"] = {"notes": {"team": None, "more.dots": "z"}}
        applied(platform, specs)
        assert [(method, path.partition(f"{made['id']}/")[2], body) for method, path, body in platform.sent] == [
            ("POST", "notes/", {"name": "more.dots", "value": "z"}),
            ("DELETE", f"notes/{team}/", None),
        ]


def test_entries_that_a_platform_lacks() -> None:
    """A platform without such a list is said to lack it; the other list is not touched by that."""
    platform = Gadgets(lists=("tags",))
    specs = {"gadgets": {"a": {"label": "A"}}}
    with known(GADGET):
        applied(platform, specs)
        specs["gadgets"]["a"] |= {"tags": {"team": "x"}, "more": {"notes": {"team": "y"}}}
        plan = planned(platform, specs)
    assert [action.key for action in plan.writes] == ["gadget.a/tags/team"]
    assert [str(each) for each in plan.diagnostics] == [
        "this platform has no notes (what the specs say of them is left out)"
    ]


def made(platform: Gadgets, **spec: Any) -> dict[str, Any]:
    """Create the gadget `a`, and return its spec file."""
    specs: dict[str, Any] = {"gadgets": {"a": {"label": "A", **spec}}}
    applied(platform, specs)
    assert planned(platform, specs).writes == ()
    return specs


def brought(platform: Gadgets, specs: dict[str, Any], **spec: Any) -> list[tuple[str, str, Any]]:
    """Apply a spec with more in it, see that nothing is left to do, and return what was sent: method, route, body."""
    specs["gadgets"]["a"] |= spec
    outcomes = applied(platform, specs)
    assert {result for _, result, _ in outcomes} <= {"done"}
    sent = [(method, path.removeprefix(platform.gadget), body) for method, path, body in platform.sent]
    assert planned(platform, specs).writes == ()
    return sent


def test_a_boolean() -> None:
    """The helper's row is sent where it says, and read back from there."""
    platform = Gadgets()
    with known(GADGET):
        specs = made(platform)
        assert brought(platform, specs, options={"loud": True}) == [("PATCH", "options/", {"isLoud": True})]


def test_what_the_platform_keeps_in_another_form() -> None:
    """Neither another case, nor a rounded number, nor more list items than were asked for, is a change."""
    platform = Gadgets()
    with known(GADGET):
        specs = made(platform)
        platform.documents[f"{platform.gadget}options/"] = {
            "mode": "FAST",
            "speed": 2.0001,
            "features": ["b", "x", "a"],
        }
        specs["gadgets"]["a"]["options"] = {"mode": "fast", "speed": 2, "features": ["a", "b"]}
        assert planned(platform, specs).writes == ()
        options = {"mode": "Slow", "speed": 3, "features": ["a", "c"]}
        specs["gadgets"]["a"]["options"] = options
        (action,) = planned(platform, specs).writes
        assert thaw(action.body) == options
        assert [(each.setting, thaw(each.before)) for each in action.changes] == [
            ("options.features", ["b", "x", "a"]),
            ("options.mode", "fast"),
            ("options.speed", 2.0001),
        ]


@pytest.mark.parametrize(
    ("desired", "live", "there"),
    [
        ((1, 2), (2, 3, 1), True),
        ((1, 4), (2, 3, 1), False),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}, "d": 3}, True),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, False),
        ({"a": 1}, {}, False),
        ((), None, False),
        (1, 1.0, True),
        (1, True, False),
    ],
)
def test_what_a_superset_contains(desired: Any, live: Any, *, there: bool) -> None:
    """All that is desired is there, in objects and lists, whatever is there besides."""
    assert contains(freeze(desired), freeze(live)) is there


def test_a_value_that_cannot_be_read_back() -> None:
    """It is sent with every change of its group and with a creation, is never a change itself, and the plan says it."""
    platform = Gadgets()
    with known(GADGET):
        specs = made(platform, options={"token": "${env.TOKEN}"})
        assert platform.sent[-1] == ("PATCH", f"{platform.gadget}options/", {"token": "t0ken-value"})
        del platform.documents[f"{platform.gadget}options/"]["token"]  # nobody ever sees it
        specs["gadgets"]["a"]["options"] = {"token": "${env.OTHER}"}
        assert planned(platform, specs).writes == ()
        specs["gadgets"]["a"]["options"]["loud"] = True
        plan = planned(platform, specs)
        assert thaw(plan.writes[0].sets) == {"options.loud": True, "options.token": {"$secret": "${env.OTHER}"}}
        assert [each.setting for each in plan.writes[0].changes] == ["options.loud"]
        assert plan_text(plan).splitlines()[3:5] == [
            "  + options.loud: true",
            "      options.token: (secret) ${env.OTHER}, sent along as it cannot be read back",
        ]
        assert brought(platform, specs) == [("PATCH", "options/", {"isLoud": True, "token": "0ther-value"})]
        specs["gadgets"]["a"]["lifecycle"] = {"ignore_changes": ["options.token"]}
        specs["gadgets"]["a"]["options"]["loud"] = False
        assert brought(platform, specs) == [("PATCH", "options/", {"isLoud": False})]


def test_a_value_that_nobody_may_see() -> None:
    """Neither a plan, nor its text, nor `show`, has the old value or the new one; a spec may not have it either."""
    platform = Gadgets()
    with known(GADGET):
        specs = made(platform)
        platform.documents[f"{platform.gadget}options/"] = {"header": "old-secret", "token": "older-secret"}
        specs["gadgets"]["a"]["options"] = {"header": "${env.HEADER}", "token": "${env.TOKEN}"}
        plan = planned(platform, specs)
        told = dumps(plan) + plan_text(plan) + repr(plan)
        assert not [secret for secret in ("old-secret", "older-secret", *ENVIRON.values()) if secret in told]
        assert brought(platform, specs) == [("PATCH", "options/", {"header": "h3ader-value", "token": "t0ken-value"})]
        live = Live("x", {"": {"label": "A"}, "options": platform.documents[f"{platform.gadget}options/"]})
        assert spec_of(GADGET, live, documents=["options"]) == {"label": "A", "options": {"header": "(secret)"}}
        specs["gadgets"]["a"]["options"] = {"header": "in plain sight"}
        with pytest.raises(SpecError) as caught:
            planned(platform, specs)
    (problem,) = caught.value.diagnostics
    assert (problem.path, problem.summary, problem.detail) == (
        "gadgets.a.options.header",
        "it is a secret, and specs are kept where others read them",
        "write ${env.NAME}, and set NAME where drplan runs",
    )


def test_values_by_name() -> None:
    """Only the named entries of a list or a map are managed; what else is there is sent along as it stands then."""
    platform = Gadgets()
    with known(GADGET):
        specs = made(platform)
        route = f"{platform.gadget}options/"
        platform.documents[route] = {
            "values": [{"key": "LEVEL", "held": "1", "type": "string"}, {"key": "theirs", "held": "x"}, "odd"],
            "labels": {"theirs": "y", "old": "z"},
        }
        specs["gadgets"]["a"]["options"] = {"parameters": {"LEVEL": "1", "gone": None}, "labels": {"gone": None}}
        assert planned(platform, specs).writes == ()
        specs["gadgets"]["a"]["options"] = {
            "parameters": {"LEVEL": "2", "NEW": "n"},
            "labels": {"old": None, "mine": "m"},
        }
        (action,) = planned(platform, specs).writes
        assert {each.setting: (thaw(each.before), thaw(each.after)) for each in action.changes} == {
            "options.parameters": ({"LEVEL": "1", "NEW": None}, {"LEVEL": "2", "NEW": "n"}),
            "options.labels": ({"old": "z", "mine": None}, {"old": None, "mine": "m"}),
        }
        assert thaw(action.body) == {
            "values": [{"key": "LEVEL", "held": "2"}, {"key": "NEW", "held": "n"}],
            "labels": {"old": None, "mine": "m"},
        }
        assert brought(platform, specs) == [
            (
                "PATCH",
                "options/",
                {
                    "values": [
                        {"key": "LEVEL", "held": "2", "type": "string"},
                        {"key": "theirs", "held": "x"},
                        {"key": "NEW", "held": "n"},
                    ],
                    "labels": {"theirs": "y", "mine": "m"},
                },
            )
        ]
        specs["gadgets"]["a"]["options"] = {"parameters": {"LEVEL": None}}
        assert brought(platform, specs)[0][2] == {
            "values": [{"key": "theirs", "held": "x"}, {"key": "NEW", "held": "n"}]
        }


def test_a_saved_plan_and_values_by_name() -> None:
    """A plan is refused when an entry that it names has moved, and not when another one has."""
    platform = Gadgets()

    async def looked_again() -> bool:
        async with platform.api() as api:
            return await reobserve(api, loads(dumps(plan), "plan.json")) == plan.observed

    with known(GADGET):
        specs = made(platform)
        platform.documents[f"{platform.gadget}options/"] = {"labels": {"old": "z"}, "alarm": {"maxLevel": 1}}
        specs["gadgets"]["a"]["options"] = {"labels": {"old": None, "mine": "m"}, "alarm": {"max_level": 2}}
        plan = planned(platform, specs)
        assert asyncio.run(looked_again())
        platform.documents[f"{platform.gadget}options/"] = {
            "labels": {"old": "z", "theirs": "t"},
            "alarm": {"maxLevel": 1, "enabled": True},
        }
        assert asyncio.run(looked_again())
        platform.documents[f"{platform.gadget}options/"]["labels"]["mine"] = "m"
        assert not asyncio.run(looked_again())


def test_a_setting_that_another_request_carries_too() -> None:
    """Where its own group alone has something to do it goes there; with a replacement it goes inside that."""
    platform = Gadgets()
    with known(GADGET):
        specs = made(platform, version="1")
        platform.documents[f"{platform.gadget}options/"] = {"values": [{"key": "theirs", "held": "x"}]}
        specs["gadgets"]["a"]["options"] = {"parameters": {"LEVEL": "1"}}
        theirs, mine = {"key": "theirs", "held": "x"}, {"key": "LEVEL", "held": "1"}
        assert brought(platform, specs) == [("PATCH", "options/", {"values": [theirs, mine]})]
        specs["gadgets"]["a"] |= {"version": "2", "options": {"parameters": {"LEVEL": "2"}, "loud": True}}
        assert brought(platform, specs) == [
            ("PATCH", "options/", {"isLoud": True}),
            ("PATCH", "model/", {"version": "2", "with": {"values": [theirs, mine | {"held": "2"}]}}),
        ]


def test_what_travels_in_a_request() -> None:
    """It causes no request, travels in its group's, and is not sent where the spec is silent: null would clear it."""
    platform = Gadgets()
    with known(GADGET):
        specs = made(platform, version="1")
        specs["gadgets"]["a"]["reason"] = "because"
        assert planned(platform, specs).writes == ()
        assert brought(platform, specs, version="2") == [("PATCH", "model/", {"version": "2", "reason": "because"})]
        del specs["gadgets"]["a"]["reason"]
        assert brought(platform, specs, version="3") == [("PATCH", "model/", {"version": "3"})]


def test_a_nested_value() -> None:
    """A spec says some keys; the rest is sent along as it is right then, what drplan does not know included."""
    platform = Gadgets()
    with known(GADGET):
        specs = made(platform)
        route = f"{platform.gadget}options/"
        alarm = {"enabled": True, "maximum": 5, "mail": {"to": "A@B", "cc": "c"}, "new": [1]}
        platform.documents[route] = {"alarm": alarm}
        specs["gadgets"]["a"]["options"] = {"alarm": {"max_level": 5, "mail": {"to": "a@b"}}}
        assert planned(platform, specs).writes == ()
        specs["gadgets"]["a"]["options"] = {"alarm": {"max_level": None, "mail": {"to": "d@e"}, "steps": [{"at": 1}]}}
        (action,) = planned(platform, specs).writes
        assert thaw(action.body) == {"alarm": {"maxLevel": None, "mail": {"to": "d@e"}, "steps": [{"at": 1}]}}
        platform.documents[route] = {"alarm": {**alarm, "enabled": False}}
        assert brought(platform, specs) == [
            (
                "PATCH",
                "options/",
                {
                    "alarm": {
                        "enabled": False,
                        "maxLevel": None,
                        "mail": {"to": "d@e", "cc": "c"},
                        "new": [1],
                        "steps": [{"at": 1}],
                    }
                },
            )
        ]
        assert spec_of(GADGET, Live("x", {"": {}, "options": platform.documents[route]}), documents=["options"]) == {
            "options": {"alarm": {"enabled": False, "mail": {"to": "d@e"}, "steps": [{"at": 1}]}}
        }


def test_a_nested_value_that_is_not_there() -> None:
    """An object that the platform has not made yet is made of what the spec says."""
    platform = Gadgets()
    with known(GADGET):
        specs = made(platform)
        assert brought(platform, specs, options={"alarm": {"mail": {"to": "x"}}, "labels": {"a": "b"}}) == [
            ("PATCH", "options/", {"alarm": {"mail": {"to": "x"}}, "labels": {"a": "b"}})
        ]


def test_an_environment_says_a_part_of_a_nested_value() -> None:
    """Of a value that a spec may say in part, an override replaces the keys that it names."""
    spec = "gadgets: {a: {label: A, options: {alarm: {enabled: true, mail: {to: x}}, labels: {a: b}}}}"
    over = parse("gadgets: {a: {options: {alarm: {mail: {to: y}, max_level: 3}, labels: {a: null, c: d}}}}", "p.yaml")
    overlays = Overlays(Scope(), over=Overlay("the environment prod", over, ()))
    with known(GADGET):
        (resource,) = read_specs([("a.yaml", spec)], overlays)
    assert thaw(resource.value("options.alarm")) == {"enabled": True, "mail": {"to": "y"}, "max_level": 3}
    assert thaw(resource.value("options.labels")) == {"a": None, "c": "d"}


def test_an_object_that_is_made_again() -> None:
    """What only creation sets costs a deletion and a creation, in that order, and all that belongs to the object."""
    platform = Gadgets()
    with known(GADGET):
        specs = made(platform, colour="red", region="eu", tags={"team": "x"})
        before = platform.gadget
        specs["gadgets"]["a"]["colour"] = "blue"
        plan = planned(platform, specs)
        assert [(each.key, each.why, each.needs) for each in plan.writes[:2]] == [
            ("gadget.a/delete", "only creation sets colour, so it is made again", ()),
            ("gadget.a/create", "it takes the place of the one deleted", ("gadget.a/delete",)),
        ]
        text = plan_text(plan).splitlines()
        assert (text[2], text[-1]) == ("  # gadget.a must be replaced", "Plan: 1 to add, 0 to change, 1 to destroy.")
        sent = brought(platform, specs)
        assert [(method, route.removeprefix(platform.gadget)) for method, route, _ in sent] == [
            ("DELETE", before),
            ("POST", "gadgets/"),
            ("POST", "tags/"),
            ("POST", "tags/"),
        ]
        assert platform.gadget != before
        specs["gadgets"]["a"]["region"] = "us"
        with pytest.raises(Refused) as caught:
            planned(platform, specs)
        assert "only creation sets it: it is eu and cannot become us" in str(caught.value.diagnostics[0])
        specs["gadgets"]["a"] |= {"region": "eu", "colour": "green", "lifecycle": {"prevent_destroy": True}}
        with pytest.raises(Refused) as caught:
            planned(platform, specs)
    assert "protected by prevent_destroy" in str(caught.value.diagnostics[0])


def test_a_group_that_needs_the_object_off_and_prepared() -> None:
    """Only what needs it happens while the object is off, and the preparation comes first."""
    platform = Gadgets()
    with known(GADGET):
        specs = made(platform, version="1")
        platform.documents[f"{platform.gadget}engine/"] = {"size": 1, "new": "kept"}
        assert brought(platform, specs, engine={"size": 2}, version="2", options={"loud": True}) == [
            ("POST", "coolDown/", {"for": "engine"}),
            ("PATCH", "status/", {"status": "inactive"}),
            ("PUT", "engine/", {"size": 2, "new": "kept"}),
            ("PATCH", "status/", {"status": "active"}),
            ("PATCH", "options/", {"isLoud": True}),
            ("PATCH", "model/", {"version": "2"}),
        ]


def test_an_object_is_turned_off_for_a_reassert_only_if_something_was_reset() -> None:
    """A replacement that resets nothing costs no outage; one that does costs one, and brings the value back."""
    platform = Gadgets()
    with known(GADGET):
        specs = made(platform, version="1", engine={"size": 2})
        specs["gadgets"]["a"]["version"] = "2"
        plan = planned(platform, specs)
        assert [
            (action.key.partition("/")[2], action.only_for) for action in plan.writes if action.group == "status"
        ] == [
            ("deactivate", "gadget.a/reassert-engine"),
            ("activate", ""),
        ]
        assert loads(dumps(plan), "plan.json") == plan
        spared = "not needed: nothing was reset"
        assert applied(platform, specs) == [
            ("gadget.a/model", "done", ""),
            ("gadget.a/deactivate", "done", spared),
            ("gadget.a/reassert-engine", "done", "nothing was reset"),
            ("gadget.a/activate", "done", spared),
        ]
        assert [path.removeprefix(platform.gadget) for _, path, _ in platform.sent] == ["model/"]
        platform.resets = {"engine": {"size": 0}}
        specs["gadgets"]["a"]["version"] = "3"
        assert [(route, body) for _, route, body in brought(platform, specs)] == [
            ("model/", {"version": "3"}),
            ("status/", {"status": "inactive"}),
            ("engine/", {"size": 2}),
            ("status/", {"status": "active"}),
        ]


def test_what_a_reset_takes_from_nested_values_comes_back() -> None:
    """What was reset is set again with what cannot be read back beside it; what is still so is not sent."""
    platform = Gadgets(resets={"options": {"alarm": {"enabled": False, "new": 2}, "labels": {}}})
    with known(GADGET):
        options = {"alarm": {"enabled": True}, "labels": {"a": "b"}, "loud": True, "token": "${env.TOKEN}"}
        specs = made(platform, version="1", options=options)
        assert brought(platform, specs, version="2")[1:] == [
            (
                "PATCH",
                "options/",
                {"alarm": {"enabled": True, "new": 2}, "labels": {"a": "b"}, "token": "t0ken-value"},
            )
        ]


def test_a_rule_over_what_is_live() -> None:
    """It sees the spec, the live object and what references lead to, and objects at the setting's line."""
    seen: list[Any] = []

    def rule(resource: Resource, live: Live | None, found: Mapping[str, Found]) -> Iterator[Objection]:
        seen.append((resource.value("version"), live and live.item["current"], dict(found)))
        if live and live.item["current"] > str(resource.value("version")):
            yield Objection("version", "it cannot go back", "write a newer one")

    platform = Gadgets()
    with known(replace(GADGET, live_rules=(rule,))):
        specs = made(platform, version="2")
        specs["gadgets"]["a"]["version"] = "1"
        with pytest.raises(SpecError) as caught:
            planned(platform, specs)
    assert [str(each) for each in caught.value.diagnostics] == [
        "deployments/a.yaml:4:14: gadget.a.version: it cannot go back (write a newer one)"
    ]
    assert seen == [("2", None, {}), ("2", "2", {}), ("1", "2", {})]


def test_a_rule_sees_the_model() -> None:
    """A reference that was looked up is there with the object that it leads to."""
    seen: list[Any] = []

    def rule(_resource: Resource, _live: Live | None, found: Mapping[str, Found]) -> Iterator[Objection]:
        seen.append({path: each.facts["registeredModelVersion"] for path, each in found.items() if path == "model"})
        yield from ()

    case = next(case for case in goldens.every_case() if case.name == "replace: by a newer version")
    with known(replace(PRIMARY, live_rules=(rule,))):
        goldens.planned(case)
    assert seen == [{"model": 2}]


def test_every_word_is_said_by_the_made_up_kind_or_one_of_ours() -> None:
    """No field of a row type is there for nobody."""
    kinds = [*KINDS.values(), GADGET]
    for of, rows in (
        (Setting, [row for kind in kinds for row in kind.settings]),
        (Group, [group for kind in kinds for group in kind.groups]),
    ):
        blank = of("x", "x", {}, "x") if of is Setting else of("x", "x", why="x")
        said = {
            each.name
            for row in rows
            for each in fields(of)
            if each.default is MISSING or getattr(row, each.name) != getattr(blank, each.name)
        }
        assert said == {each.name for each in fields(of)}, of


def test_the_worked_example_of_shapes() -> None:
    """What the module says of an example is so."""
    lines = [line[4:] for line in (shapes.__doc__ or "").splitlines() if line.startswith("    ")]
    made, said = "\n".join(lines).split("replay.encode", 1)
    names: dict[str, Any] = dict(vars(shapes))
    exec(made, names)
    for line in f"replay.encode{said}".splitlines():
        assert eval(line, names), line


def test_secrets_in_a_nested_value() -> None:
    """Every text in it is a secret, however deep; its keys are not."""
    platform = Gadgets()
    with known(GADGET):
        specs = made(platform)
        headers = {"X": "${env.HEADER}", "more": ["${env.TOKEN}"]}
        assert brought(platform, specs, options={"headers": headers}) == [
            ("PATCH", "options/", {"headers": {"X": "h3ader-value", "more": ["t0ken-value"]}})
        ]
        specs["gadgets"]["a"]["options"] = {"headers": {**headers, "more": ["plain"]}}
        with pytest.raises(SpecError) as caught:
            planned(platform, specs)
    assert [each.path for each in caught.value.diagnostics] == ["gadgets.a.options.headers"]


def test_what_the_reference_says_of_a_row() -> None:
    """A reader is told what cannot be read back, and what makes the object anew."""
    told = {line.split("`")[1]: line for line in settings_markdown({"gadget": GADGET}).splitlines() if "`" in line}
    lost = "It cannot be read back: it is sent with a creation and with every change beside it."
    assert lost in told["options.token"]
    assert "Changing it deletes the object and creates it again." in told["colour"]
    assert "It cannot" not in told["options.loud"]


def test_values_by_name_of_any_type() -> None:
    """Null removes a value of a single type; another schema stands as it is. A value that is cleared is sent so."""
    assert shapes.Keyed({"type": "string"}).schema()["additionalProperties"] == {"type": ["string", "null"]}
    assert shapes.Keyed({"enum": ["a", None]}).schema()["additionalProperties"] == {"enum": ["a", None]}
    assert shapes.Keyed({}).keep(None, {"a": 1}) is None


def test_a_schedule_that_is_none() -> None:
    """What is no list of times is compared as it is."""
    assert SCHEDULE.normal({"minute": "*", "hour": ["3", 1, "*"], "month": ["March", "JAN", 2]}) == {
        "minute": "*",
        "hour": ["*", 1, 3],
        "month": [1, 2, 3],
    }


def test_what_a_reset_takes_that_nobody_may_see() -> None:
    """A secret that a replacement resets, and no spec mentions, is said without either value."""
    platform = Gadgets(resets={"options": {"header": "other", "isLoud": True}})
    with known(GADGET):
        specs = made(platform, version="1")
        platform.documents[f"{platform.gadget}options/"] = {"header": "Bearer 1", "isLoud": False}
        specs["gadgets"]["a"]["version"] = "2"
        assert applied(platform, specs) == [
            (
                "gadget.a/model",
                "done",
                "it reset options.loud (false → true), options.header (a secret → a secret), which no spec mentions",
            )
        ]
