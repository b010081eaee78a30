"""`drplan doctor`: what each kind of platform is found to be like, by reading alone, and what that costs."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from harness import SERVER, TOKEN, WORLD, Each, World

import drplan as drplan_package
from drplan.cli import run
from drplan.doctor.checks import CHECKS
from drplan.doctor.checkup import examine
from drplan.kinds import PRIMARY
from drplan.records.checkups import Checkup, Level

OURS, THEIRS, STRAY = (f"5f00000000000000000000d{number}" for number in (1, 2, 3))
SETTINGS = "predictionWarning: {enabled: true, customBoundaries: {lower: 0, upper: 9}}"
FLEET = (
    (
        f"id: {OURS}, label: Ours, tags: {{drplan: shop/a, team: x}}, user_provided_id: shop/a, "
        f"created_at: '2024-05-01T10:00:00.000000Z', settings: {{{SETTINGS}}}"
    ),
    f"id: {THEIRS}, label: Theirs, user_provided_id: credit/b, created_at: '2024-05-02T10:00:00.000000Z'",
)
Open = Callable[..., World]
Run = Callable[..., Any]
Traits = dict[str, list[tuple[str, str]]]
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def seeded(*deployments: str, features: str = "{}") -> str:
    """Return a world with these deployments, as a seed file has them, on a platform with these features."""
    common = f"model: {{registered_model: churn, version: 1}}, prediction_server: {SERVER}"
    lines = [f"  - {{{each}, {common}}}" for each in deployments]
    return "\n".join([WORLD, f"features: {features}", *(["deployments:", *lines] if lines else [])])


def checkup(world: World, project: str = "shop") -> Checkup:
    """Return what is found of a platform; nothing was sent but reads."""
    world.forget()
    found = world.run(lambda api: examine(api, project, lambda: NOW))
    assert [each["method"] for each in world.emulator.requests.log if each["method"] != "GET"] == []
    return found


def traits(found: Checkup) -> Traits:
    """Return the levels and what was seen, by check; the settings that drplan does not know yet are fewer each week."""
    shown = {each.check: [(trait.level.value, trait.seen) for trait in each.traits] for each in found.looked}
    return {check: seen for check, seen in shown.items() if check != "setting-keys"}


def differing(world: World, project: str = "shop") -> Traits:
    """Return what is found of a platform and is another thing than of the usual one."""
    return {check: seen for check, seen in traits(checkup(world, project)).items() if seen != PLAIN[check]}


def answering(world: World, change: Callable[[httpx.Request, int, Any], tuple[int, Any]], **headers: str) -> None:
    """Have a platform's answers, code and JSON, changed by a function before they are seen, and headers added."""
    inner = world.transport

    async def respond(request: httpx.Request) -> httpx.Response:
        response = await inner.handle_async_request(request)
        await response.aread()
        status, body = change(request, response.status_code, response.json())
        location = {"location": response.headers["location"]} if "location" in response.headers else {}
        return httpx.Response(status, json=body, headers={**location, **headers})

    world.transport = Each(respond)


def unchanged(_request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
    """Return an answer as it is."""
    return status, body


def in_place(path: str, value: Any, status: int = 200) -> Callable[[httpx.Request, int, Any], tuple[int, Any]]:
    """Return a change that has every GET of a route (a regular expression) answered with a value."""

    def change(request: httpx.Request, code: int, body: Any) -> tuple[int, Any]:
        there = re.fullmatch(f"/api/v2/{path}", request.url.path)
        return (status, value(body) if callable(value) else value) if there else (code, body)

    return change


PLAIN: Mapping[str, list[tuple[str, str]]] = {
    "reachable": [("ok", "the token is taken; the API is version 2.49.0")],
    "account": [("ok", "the token is that of user fbbea8726381c09300ec64d2")],
    "clock-skew": [("note", "the platform does not say what time it is")],
    "permissions": [("ok", "the token may change all of 2 deployments")],
    "list-whole": [("ok", "the list is whole: 2 deployments")],
    "list-order": [("ok", "the list comes in the order asked for (orderBy=createdAtTimestamp)")],
    "list-limit": [("ok", "limit is honoured")],
    "list-search": [("ok", "search is honoured")],
    "list-fresh": [("ok", "2 deployments read at their own routes are as the list shows them")],
    "list-keys": [("ok", "items of the list have every key of the objects")],
    "tag-places": [("ok", "tags are shown in the list")],
    "tag-shape": [("ok", "tags are objects with id, name and value")],
    "tag-routes": [("ok", "the route of tags answers")],
    "birth-marks": [("ok", "userProvidedId is shown in the list")],
    "seals": [
        ("note", "not ours, with a birth mark of the form a/b and without a seal: 1 deployment"),
        ("ok", "deployments with a seal: 1 by this project, 0 by others; without one: 1"),
    ],
    "duplicates": [("ok", "no identity stands for two deployments")],
    "settings-read": [("note", "secondary_dataset_config is not there (404)")],
    "spellings": [("ok", "predictionWarning.customBoundaries has lower, upper, as it is sent")],
    "importance-kept": [("ok", "importance is kept: 2 of 2 deployments have one in the list")],
    "texts-kept": [("note", "no text has blanks at its ends to tell by")],
    "capabilities": [("ok", "17 capabilities, spelled in camelCase")],
    "approvals": [("ok", "no policy guards a change")],
    "servers": [("ok", "prediction servers listed: 1; deployments with prediction_server 2, prediction_environment 0")],
    "packages": [("ok", "buildStatus of model packages: 5 complete")],
    "names": [("ok", "names of models and environments stand for one object each (of the first 100)")],
    "jobs": [("note", "no job is under way to look at")],
    "deployment-limits": [("note", "the platform does not say how many there may be")],
}
"""What is found of the usual world with the `FLEET`."""


def test_a_platform_as_documented(open_world: Open) -> None:
    """Of a platform that is as documented every check says so, in so many requests, none of which is a write."""
    world = open_world(seeded(*FLEET))
    found = checkup(world)
    assert traits(found) == PLAIN
    assert found.result is Level.NOTE
    documents = {f"GET {group.read}": 1 for group in PRIMARY.groups if group.read}
    assert world.counts == {
        **documents,
        "GET version/": 1,
        "GET account/info/": 1,
        "GET deployments/": 4,
        "GET registeredModels/": 2,
        "GET deployments/{id}/": 3,  # one of them asks for the limits, which the emulator does not have
        "GET deployments/{id}/tags/": 1,
        "GET deployments/{id}/settings/": 2,
        "GET deployments/{id}/capabilities/": 1,
        "GET approvalPolicyMatch/": 10,
        "GET predictionServers/": 1,
        "GET predictionEnvironments/": 1,
        "GET modelPackages/": 1,
        "GET status/": 1,
    }


def test_a_large_fleet_costs_pages_alone(open_world: Open) -> None:
    """For a fleet of 250, the list is read whole, in three pages; nothing else grows but the third of the samples."""
    world = open_world(seeded(*FLEET, *(f"label: D{number}" for number in range(248))))
    small = open_world(seeded(*FLEET))
    checkup(small)
    assert traits(checkup(world))["list-whole"] == [("ok", "the list is whole: 250 deployments")]
    more = {"GET deployments/": 2, "GET deployments/{id}/": 1, "GET deployments/{id}/settings/": 1}
    assert world.counts == {route: count + more.get(route, 0) for route, count in small.counts.items()}


def test_a_platform_without_deployments(open_world: Open) -> None:
    """Where there is no deployment, what cannot be told is a note, and nothing is guessed."""
    empty = differing(open_world(seeded()))
    assert {check for check, seen in empty.items() if [level for level, _ in seen] != ["note"]} == {
        "list-whole",
        "seals",
        "servers",
    }
    assert empty["list-whole"] == [("ok", "the list is whole: 0 deployments")]
    assert empty["seals"] == [("ok", "deployments with a seal: 0 by this project, 0 by others; without one: 0")]
    assert empty["tag-places"] == [("note", "there is no deployment to look at")]
    assert traits(checkup(open_world(seeded()), ""))["seals"] == [
        ("ok", "deployments with a seal: 0, by 0 projects; without one: 0")
    ]


HIDDEN = [("note", "the list does not show seals; whose deployments are was not looked for")]
SWITCHES: list[tuple[str, Traits]] = [
    (
        "{tags: objects}",
        {
            "list-keys": [("note", "items of the list lack tags")],
            "tag-places": [("warning", "tags are shown at a deployment's own route, not in the list")],
            "seals": HIDDEN,
        },
    ),
    (
        "{tags: nowhere}",
        {
            "tag-places": [("warning", "no deployment shows tags")],
            "tag-shape": [("note", "there is no tag to look at")],
            "seals": HIDDEN,
        },
    ),
    (
        "{tags: false}",
        {
            "tag-places": [("warning", "no deployment shows tags")],
            "tag-shape": [("note", "there is no tag to look at")],
            "tag-routes": [("warning", "the route of tags refuses to be read (404)")],
            "seals": HIDDEN,
        },
    ),
    ("{tag_refusal: 403}", {"tag-routes": [("warning", "the route of tags refuses to be read (403)")]}),
    ("{tag_refusal: 405}", {"tag-routes": [("warning", "the route of tags refuses to be read (405)")]}),
    (
        "{user_provided_id: objects}",
        {
            "list-keys": [("note", "items of the list lack userProvidedId")],
            "birth-marks": [("note", "userProvidedId is shown at a deployment's own route, not in the list")],
            "seals": PLAIN["seals"][1:],
        },
    ),
    (
        "{user_provided_id: nowhere}",
        {"birth-marks": [("note", "no deployment shows userProvidedId")], "seals": PLAIN["seals"][1:]},
    ),
    ("{keeps_importance: false}", {"importance-kept": [("warning", "no deployment has an importance")]}),
    (
        "{approvals: false}",
        {"approvals": [("note", "approvals are off, or not for this token to see (403)")]},
    ),
]
UNSEEN = (  # what a platform does only when it is written to
    "{user_provided_id_refusal: {status: 400, by: words}}",
    "{trims_texts: true}",
    "{replacement_resets: [predictionWarning]}",
    "{job_records: lost}",
    "{approval_refusal: 409}",
)


@pytest.mark.parametrize(("features", "expected"), [*SWITCHES, *((features, {}) for features in UNSEEN)])
def test_each_platform(open_world: Open, features: str, expected: Traits) -> None:
    """Each switch of a world has the finding that belongs to it, and no other; what only a write shows has none."""
    assert differing(open_world(seeded(*FLEET, features=features))) == expected


def test_a_list_that_lags(open_world: Open) -> None:
    """A list that shows a deployment as it was, or one that is gone, is said to lag."""
    world = open_world(seeded(*FLEET, features="{list_lag_seconds: 600}"))
    world.request("PATCH", f"deployments/{OURS}/", {"label": "Another"})
    assert differing(world) == {"list-fresh": [("warning", f"list and object differ in label of {OURS}")]}
    world.change("DELETE", f"deployments/{OURS}/")
    assert differing(world)["list-fresh"] == [("warning", f"the list shows what is not there: {OURS}")]


def test_seals_and_strangers(open_world: Open) -> None:
    """Two deployments with one seal, a seal that is none, and what was made for us without a seal, are named."""
    world = open_world(
        seeded(
            *FLEET,
            f"id: {STRAY}, label: Stray, user_provided_id: shop/c",
            "id: 5f00000000000000000000d4, label: Stray too, user_provided_id: shop/c",
            "id: 5f00000000000000000000d5, label: Twin, tags: {drplan: shop/a}",
            "id: 5f00000000000000000000d6, label: Odd, tags: {drplan: 'yes'}",
        )
    )
    found = differing(world)
    assert found["seals"] == [
        ("warning", "the tag 'drplan' is no identity: 5f00000000000000000000d6"),
        ("warning", f"without a seal, with this project's birth mark: {STRAY}, 5f00000000000000000000d4"),
        PLAIN["seals"][0],
        ("ok", "deployments with a seal: 2 by this project, 1 by others; without one: 3"),
    ]
    assert found["duplicates"] == [
        ("warning", f"2 deployments bear the seal shop/a: {OURS}, 5f00000000000000000000d5"),
        ("warning", f"2 deployments bear the birth mark shop/c: {STRAY}, 5f00000000000000000000d4"),
    ]


def test_many_ids_are_cut(open_world: Open) -> None:
    """Of many deployments the first five ids are named."""
    world = open_world(seeded(*(f"label: D{number}, user_provided_id: shop/d" for number in range(7))))
    (seen,) = (seen for level, seen in traits(checkup(world))["seals"] if level == "warning")
    assert len(re.findall(r"[0-9a-f]{24}", seen)) == 5
    assert seen.endswith(" and 2 more")


LIST = "deployments/"


def shuffled(page: Any) -> Any:
    """Return a page in another order."""
    return {**page, "data": page["data"][::-1]}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            in_place(LIST, shuffled),
            {"list-order": [("warning", "the list takes orderBy=createdAtTimestamp and comes in another order")]},
        ),
        (
            in_place(LIST, lambda page: {"data": page["data"]}),
            {
                "list-whole": [
                    PLAIN["list-whole"][0],
                    ("note", "a page of the list lacks count, next, previous, totalCount"),
                ]
            },
        ),
        (
            in_place("registeredModels/", {"data": [{"id": "1", "name": "a"}, {"id": "2", "name": "a"}]}),
            {
                "list-search": [("note", "registeredModels/ ignores search")],
                "names": [("note", "registeredModels/: 2 have one name: 1, 2")],
            },
        ),
        (
            in_place("registeredModels/", {"message": "no"}, 403),
            {
                "list-search": [("note", "registeredModels/ refuses search (403)")],
                "names": [("note", "registeredModels/ cannot be listed (403)")],
            },
        ),
        (in_place("account/info/", {}, 403), {"account": [("note", "the platform does not say whose token this is")]}),
        (
            in_place("version/", {}, 404),
            {"reachable": [("note", "the token is taken; the platform does not say its version")]},
        ),
        (
            in_place("version/", {"major": 3, "versionString": "3.0.0"}),
            {"reachable": [("warning", "the token is taken; the API is version 3.0.0")]},
        ),
        (
            in_place(f"deployments/{OURS}/settings/", {"message": "no"}, 422),
            {
                "settings-read": [("warning", "settings cannot be read (422)"), PLAIN["settings-read"][0]],
                "spellings": [("note", "no deployment looked at has predictionWarning.customBoundaries")],
            },
        ),
        (
            in_place(
                f"deployments/{OURS}/settings/",
                {"predictionWarning": {"customBoundaries": {"lowerBoundary": 0, "upperBoundary": 1}}},
            ),
            {"spellings": [("note", "predictionWarning.customBoundaries has lowerBoundary, upperBoundary")]},
        ),
        (
            in_place(f"deployments/{OURS}/capabilities/", {"data": [{"name": "supports_retraining"}]}),
            {"capabilities": [("ok", "1 capabilities, spelled in snake_case")]},
        ),
        (
            in_place(f"deployments/{OURS}/capabilities/", {}, 404),
            {"capabilities": [("note", "the platform does not say what a deployment can do (404)")]},
        ),
        (
            in_place("deployments/limits/", {"maximum": 20, "used": 2}),
            {"deployment-limits": [("note", "maximum: 20, used: 2")]},
        ),
        (in_place("status/", {}, 405), {"jobs": [("note", "jobs cannot be listed (405)")]}),
        (
            in_place("modelPackages/", {"message": "no"}, 403),
            {"packages": [("note", "model packages cannot be listed (403)")]},
        ),
        (
            in_place("approvalPolicyMatch/", {"message": "no"}, 422),
            {"approvals": [("warning", "policies cannot be asked for (422)")]},
        ),
        (
            in_place("predictionServers/", {"data": []}),
            {
                "servers": [
                    (
                        "note",
                        "prediction servers listed: 0; deployments with prediction_server 2, prediction_environment 0",
                    )
                ]
            },
        ),
        (
            in_place("predictionEnvironments/", {"message": "no"}, 404),
            {"names": [("note", "predictionEnvironments/ cannot be listed (404)")]},
        ),
    ],
)
def test_other_answers(
    open_world: Open, change: Callable[[httpx.Request, int, Any], tuple[int, Any]], expected: Traits
) -> None:
    """What a platform answers in another way than documented is found, and nothing else changes."""
    world = open_world(seeded(*FLEET))
    answering(world, change)
    assert differing(world) == expected


@pytest.mark.parametrize("status", [400, 422])
def test_an_order_that_is_refused(open_world: Open, status: int) -> None:
    """A list that does not take the order is read without it, and that is a warning."""

    def change(request: httpx.Request, code: int, body: Any) -> tuple[int, Any]:
        return (status, {"message": "no"}) if "orderBy" in request.url.params else (code, body)

    world = open_world(seeded(*FLEET))
    answering(world, change)
    assert differing(world) == {
        "list-order": [("warning", f"the list does not take orderBy=createdAtTimestamp ({status})")],
    }


def test_limits_and_searches_that_are_ignored(open_world: Open) -> None:
    """A list that gives more than it is asked for, and what nobody looked for, is read all the same."""
    world = open_world(seeded(*FLEET))
    whole = world.request("GET", "deployments/")
    answering(world, in_place(LIST, whole))
    assert differing(world) == {
        "list-limit": [("note", "limit=1 is answered with 2")],
        "list-search": [("note", "deployments/ ignores search")],
    }

    def refusing(request: httpx.Request, code: int, body: Any) -> tuple[int, Any]:
        refused = request.url.path == f"/api/v2/{LIST}" and request.url.params.get("limit") == "1"
        return (400, {"message": "limit"}) if refused else (code, body)

    other = open_world(seeded(*FLEET))
    answering(other, refusing)
    found = differing(other)
    assert found["list-limit"] == [("note", "a limit is refused (400)")]
    assert found["list-search"] == [("note", "deployments/ refuses search (400)")]


def test_a_list_that_is_another_one_each_time(open_world: Open) -> None:
    """A list whose pages differ from one reading to the next is a warning."""
    world = open_world(seeded(*FLEET))
    pages = [0]

    def change(request: httpx.Request, code: int, body: Any) -> tuple[int, Any]:
        if request.url.path == f"/api/v2/{LIST}" and request.url.params.get("limit") == "100":
            pages[0] += 1
            return code, shuffled(body) if pages[0] > 1 else body
        return code, body

    answering(world, change)
    seen = "the list is another one when it is asked for again: 2 of 2 places differ"
    assert differing(world) == {"list-whole": [("warning", seen)]}


def test_a_list_that_does_not_add_up(open_world: Open) -> None:
    """A list with fewer items than its total is an error; the other checks go by its first page."""
    world = open_world(seeded(*FLEET))
    answering(world, in_place(LIST, lambda page: {**page, "totalCount": 3}))
    found = checkup(world)
    assert found.result is Level.ERROR
    assert traits(found) == {
        **PLAIN,
        "list-whole": [
            (
                "error",
                (
                    "GET deployments/ is not the whole list: it counts 3 and shows 2, at each of 3 readings; "
                    "try again later"
                ),
            )
        ],
    }


def test_settings_that_nobody_knows(open_world: Open) -> None:
    """Keys of the settings that no row knows are named, below a key of which rows know parts too."""
    world = open_world(seeded(*FLEET))
    answering(
        world,
        in_place(
            "deployments/[^/]+/settings/",
            {"targetDrift": {"enabled": True, "odd": 1}, "quantumDrift": {"enabled": True}, "associationId": None},
        ),
    )
    (found,) = (each.traits for each in checkup(world).looked if each.check == "setting-keys")
    assert [(trait.level, trait.seen) for trait in found] == [
        (Level.NOTE, "drplan does not know quantumDrift, targetDrift.odd")
    ]
    answering(world, in_place("deployments/[^/]+/settings/", {"targetDrift": {"enabled": True}}))
    (found,) = (each.traits for each in checkup(world).looked if each.check == "setting-keys")
    assert [(trait.level, trait.seen) for trait in found] == [(Level.OK, "drplan knows every key of the settings")]


def test_all_documents(open_world: Open) -> None:
    """Where every document of settings is there, that is said once."""
    world = open_world(seeded(*FLEET))
    answering(world, in_place("deployments/[^/]+/model/secondaryDatasetConfiguration/", {}))
    documents = len([group for group in PRIMARY.groups if group.read])
    assert differing(world) == {"settings-read": [("ok", f"all {documents} documents of settings can be read")]}


@pytest.mark.parametrize(
    ("date", "seen"),
    [
        ("Wed, 25 Nov 2026 12:00:03 GMT", ("ok", "the clocks agree")),
        ("Wed, 25 Nov 2026 11:59:20 GMT", ("note", "this machine's clock is 40 s ahead of the platform's")),
        ("Wed, 25 Nov 2026 12:10:00 GMT", ("warning", "this machine's clock is 600 s behind the platform's")),
        ("yesterday", ("note", "the platform does not say what time it is")),
    ],
)
def test_clocks(open_world: Open, date: str, seen: tuple[str, str]) -> None:
    """The two clocks are compared by the header `Date`."""
    world = open_world(seeded(*FLEET))
    answering(world, unchanged, date=date)
    assert traits(checkup(world)) == {**PLAIN, "clock-skew": [seen]}


def test_permissions(open_world: Open) -> None:
    """What the token may not do with this project's deployments is a warning, with others a note."""
    world = open_world(seeded(*FLEET))

    def weaker(page: Any) -> Any:
        theirs = ["CAN_VIEW", "CAN_REPLACE_MODEL"]
        return {**page, "data": [{**item, "permissions": theirs[: 1 + (item["id"] != OURS)]} for item in page["data"]]}

    answering(world, in_place(LIST, weaker))
    assert traits(checkup(world))["permissions"] == [
        ("warning", f"the token may not update 1 of this project's deployments: {OURS}"),
        ("warning", f"the token may not replace the model of 1 of this project's deployments: {OURS}"),
        ("warning", f"the token may not delete 1 of this project's deployments: {OURS}"),
    ]
    assert traits(checkup(world, ""))["permissions"] == [
        ("note", "the token may not update 2 of 2 deployments"),
        ("note", "the token may not replace the model of 1 of 2 deployments"),
        ("note", "the token may not delete 2 of 2 deployments"),
    ]
    bare = open_world(seeded(*FLEET))
    without = in_place(LIST, lambda page: {**page, "data": [{**item, "permissions": None} for item in page["data"]]})
    answering(bare, without)
    assert traits(checkup(bare))["permissions"] == [
        ("note", "no deployment says what this token may do with it"),
    ]


@pytest.mark.parametrize(
    ("tags", "form"),
    [
        ({"team": "x"}, "an object"),
        ("team", "no list"),
        ([{"key": "team", "value": "x"}], "a list of objects without id, name"),
    ],
)
def test_tags_of_another_form(open_world: Open, tags: Any, form: str) -> None:
    """Tags that drplan cannot read are said by their form, without a name or value of them."""
    world = open_world(seeded(*FLEET))
    answering(world, in_place(LIST, lambda page: {**page, "data": [{**item, "tags": tags} for item in page["data"]]}))
    assert traits(checkup(world))["tag-shape"] == [("warning", f"tags have another form: {form}")]


def test_texts_that_are_kept(open_world: Open) -> None:
    """A text with blanks at its ends shows that this platform keeps them."""
    world = open_world(seeded(*FLEET, "label: 'Blank '"))
    assert traits(checkup(world))["texts-kept"] == [("ok", "texts are kept as they are sent")]


def test_policies(open_world: Open) -> None:
    """Changes that are approved first are named: always, or where a deployment is critical."""
    world = open_world(
        seeded(*FLEET) + "\napproval_policies: [{name: models, entity_type: deploymentModel, action: update}]"
    )
    assert differing(world) == {"approvals": [("note", "approved first: deploymentModel update")]}
    other = open_world(seeded(*FLEET))

    def conditional(request: httpx.Request, code: int, body: Any) -> tuple[int, Any]:
        asked = request.url.params
        return code, {"policyId": "p"} if (asked.get("fieldValue"), asked.get("action")) == (
            "CRITICAL",
            "delete",
        ) else body

    answering(other, conditional)
    assert differing(other) == {
        "approvals": [("note", "approved first where importance is CRITICAL: deployment delete")]
    }
    strict = open_world(seeded(*FLEET))

    def unasked(request: httpx.Request, code: int, body: Any) -> tuple[int, Any]:
        return (422, {"message": "no"}) if "fieldName" in request.url.params else (code, body)

    answering(strict, unasked)
    assert differing(strict) == {
        "approvals": [("warning", "policies that depend on importance cannot be asked for (422)")]
    }


def test_a_self_managed_installation(open_world: Open) -> None:
    """Where no deployment names a server or environment, specs had better name none either."""
    label = "{label: Alone, model: {registered_model: churn, version: 1}}"
    world = open_world(f"{seeded(features='{installation: self_managed}')}\ndeployments: [{label}]")
    assert traits(checkup(world))["servers"] == [
        ("note", "prediction servers listed: 1; deployments with prediction_server 0, prediction_environment 0")
    ]


def test_packages_that_are_not_built(open_world: Open) -> None:
    """Packages that still build, or never will, are counted."""
    building = WORLD.replace("- {number: 2}", "- {number: 2, build_status: inProgress}")
    world = open_world(building.replace("- {number: 3}", "- {number: 3, build_status: failed}"))
    assert traits(checkup(world))["packages"] == [
        ("note", "buildStatus of model packages: 3 complete, 1 failed, 1 inProgress")
    ]


@pytest.mark.parametrize(
    ("records", "seen"),
    [
        ("kept", ("ok", "the records of jobs that are under way can be read")),
        ("initialized", ("note", "job ID is RUNNING in the list and INITIALIZED in its record")),
    ],
)
def test_jobs(open_world: Open, records: str, seen: tuple[str, str]) -> None:
    """The record of a job that is under way is held against the list of jobs."""
    world = open_world(seeded(*FLEET, features=f"{{job_records: {records}}}"), job_seconds=60)
    world.request("PATCH", f"deployments/{THEIRS}/status/", {"status": "inactive"})
    world.emulator.clock.advance(30)
    ((level, told),) = traits(checkup(world))["jobs"]
    assert (level, re.sub(r"job \S+ is", "job ID is", told)) == seen


def test_a_record_that_is_lost(open_world: Open) -> None:
    """A job that is listed and whose record is not there is noted."""
    world = open_world(seeded(*FLEET))
    answering(world, in_place("status/", {"data": [{"statusId": "j1", "status": "RUNNING"}]}))
    assert differing(world) == {"jobs": [("note", "the record of job j1 is listed and cannot be read (404)")]}


def test_what_cannot_be_read_is_an_error(open_world: Open) -> None:
    """A route that answers 500 is an error of the checks that need it, and of no other."""
    world = open_world(seeded(*FLEET))
    answering(world, in_place("modelPackages/", {"message": "Out of cheese."}, 500))
    assert differing(world) == {
        "packages": [("error", "GET modelPackages/: 500 Internal Server Error: Out of cheese.")]
    }


# ------------------------------------------------------------------------------------------------------- the command


def test_the_command(serve: Open, drplan: Run, server: Any) -> None:
    """Text names project and target first and counts at the end; warnings end with 2, without writes."""
    shop = serve(seeded(*FLEET, features="{tags: objects}"))
    shop.forget()
    ended = drplan(shop, "doctor")
    lines = ended.out.splitlines()
    assert (ended.code, lines[0]) == (2, f"Project shop on {server.url}")
    at = next(number for number, line in enumerate(lines) if line.startswith("warning  tag-places "))
    assert lines[at : at + 3] == [
        "warning  tag-places         tags are shown at a deployment's own route, not in the list",
        "                            means: each plan reads every deployment at its own route: 2 more requests",
        "                            to do: raise `parallelism` if it takes long",
    ]
    sent = sum(shop.counts.values())
    assert re.fullmatch(
        rf"Checkup: 1 warning, \d+ note, \d+ ok\. {sent} requests, none of which changes anything\.", lines[-1]
    )
    assert {each["method"] for each in shop.emulator.requests.log} == {"GET"}


def test_the_report_holds_no_secret(serve: Open, drplan: Run, server: Any) -> None:
    """JSON and report are one document; neither has the token, a label, a tag's value, a setting's, or an address."""
    shop = serve(seeded(f"{FLEET[0]}, description: Hush", FLEET[1]))
    path = shop.root / "checkup.json"
    ended = drplan(shop, "doctor", "--format", "json", "--report", str(path))
    assert (ended.code, ended.json) == (0, json.loads(path.read_text()))
    assert ended.err == f"Wrote {path}; read it before you pass it on.\n"
    found = ended.json["checkup"]
    assert ended.json["format_version"] == "1.0"
    assert {key: found[key] for key in ("target", "project", "result")} == {
        "target": server.url,
        "project": "shop",
        "result": "note",
    }
    assert [each["check"] for each in found["checks"]] == [check.__name__.replace("_", "-") for check in CHECKS]
    assert found["checks"][0] == {
        "check": "reachable",
        "question": "Does it speak the API v2, in a version that drplan knows, and does it take the token?",
        "traits": [{"level": "ok", "seen": "the token is taken; the API is version 2.49.0", "means": "", "advice": ""}],
    }
    assert found["requests"]["total"] == sum(found["requests"]["routes"].values())
    assert found["requests"]["routes"]["GET deployments/{id}/settings/"] == 2
    for secret in (TOKEN, "ada@example.com", "Ours", "Theirs", "Hush", "team", "credit/b"):
        assert secret not in path.read_text()


def test_verbose_names_each_request(shop: World, drplan: Run) -> None:
    """With --verbose every request is named on stderr, as for other commands."""
    shop.forget()
    ended = drplan(shop, "--verbose", "doctor")
    assert len([line for line in ended.err.splitlines() if line.startswith("GET ")]) == sum(shop.counts.values())


def test_without_a_project(
    serve: Open, said: Any, server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --endpoint no project file is needed; the embedded emulator is in memory then, and leaves nothing behind."""
    serve()
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    assert run(["--endpoint", server.url, "doctor"]) == 0
    assert said()[0].startswith(f"{server.url}\n")
    assert run(["--endpoint", "emulator", "doctor"]) == 0
    assert said()[0].startswith("emulator\n")
    assert list(empty.iterdir()) == []
    assert run(["doctor"]) == 64
    assert said()[1].startswith("Error: no endpoint: ")
    assert run(["-e", "prod", "--endpoint", "emulator", "doctor"]) == 3


def test_a_token_that_is_not_taken(shop: World, drplan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the token is not taken, nothing else is asked for, and the command ends with 5; the report says so too."""
    monkeypatch.setenv("DATAROBOT_API_TOKEN", "SECRET-wrong-0123456789")
    shop.forget()
    path = shop.root / "checkup.json"
    ended = drplan(shop, "doctor", "--report", str(path))
    assert ended.code == 5
    assert ended.out.splitlines()[2].startswith("error    reachable  GET ")
    assert ended.out.splitlines()[-1] == "Checkup: 1 error. 1 request, none of which changes anything."
    assert json.loads(path.read_text())["checkup"]["result"] == "error"
    assert "SECRET" not in ended.out + ended.err + path.read_text()


def test_a_list_that_is_forbidden(open_world: Open) -> None:
    """Where the list is not for this token, that is the one finding."""
    world = open_world(seeded(*FLEET))
    answering(world, in_place(LIST, {"message": "Not yours."}, 403))
    assert traits(checkup(world)) == {"reachable": [("error", "GET deployments/: 403 Forbidden: Not yours.")]}


def test_a_report_that_cannot_be_written(shop: World, drplan: Run) -> None:
    """A report that cannot be written is a wrong command line; what was found is shown all the same."""
    (shop.root / "file").write_text("")
    ended = drplan(shop, "doctor", "--report", str(shop.root / "file" / "report.json"))
    assert (ended.code, ended.out.splitlines()[2]) == (
        64,
        "ok       reachable          the token is taken; the API is version 2.49.0",
    )


def test_a_repository_is_examined_from_python(serve: Open, server: Any) -> None:
    """The library returns the same checkup."""
    shop = serve(seeded(*FLEET))
    found = drplan_package.open(shop.root).examine()
    assert (found.endpoint, found.project) == (server.url, "shop")
    assert {**traits(found), "clock-skew": PLAIN["clock-skew"]} == PLAIN  # this server says what time it is
