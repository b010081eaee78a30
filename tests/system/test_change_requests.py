"""Where the platform has changes approved first: asked for, pending, made once somebody else has approved them."""

from collections.abc import Callable
from typing import Any

import pytest
from harness import CONFIG, TOKEN, World, deployment
from reviewing import FILE, LIST, MATCH, approve, guarded, live, requests, warnings, writes

from drplan.plan.file import digest
from drplan.records.plans import Verb
from drplan.render.text import plan_text

Said = Callable[[], tuple[str, str]]
Open = Callable[..., World]


def test_a_replacement_from_plan_to_approval(open_world: Open, said: Said) -> None:
    """Planned as a request, filed with reason and digest, pending, then made by the platform; then nothing is left."""
    world = open_world(guarded("model"))
    live(world, "a", settings={"predictions_data_collection": {"enabled": True}})
    spec = deployment(
        "a",
        2,
        replacement={"reason": "ACCURACY"},
        settings={"predictions_data_collection": {"enabled": True}},
    )
    world.specs({"a": spec})
    plan = world.plan()
    assert writes(plan) == [("request", "deployment.a/model"), ("reassert", "deployment.a/reassert-settings")]
    request = plan.writes[0]
    assert (request.method, request.path, request.asks, request.aim) == (
        "POST",
        "changeRequests/",
        Verb.REPLACE,
        Verb.REPLACE,
    )
    said()
    applied = world.apply(plan=plan)
    assert (applied.exit_code, world.one("a")["model"]) == (0, "churn (v1)")
    (filed,) = requests(world)
    told = said()[0]
    assert "… deployment.a: request model: pending" in told
    assert f"change request {filed['id']} was made and awaits approval (pending)" in told
    assert "! deployment.a: reassert settings: pending: waits for deployment.a/model" in told
    version = request.changes[0].after
    assert filed["change"] == {"modelPackageId": version, "replacementReason": "ACCURACY"}
    assert filed["comment"] == f"ACCURACY: the spec says so (drplan plan {digest(plan)})"
    assert (filed["action"], filed["autoApply"], filed["userName"]) == ("replaceModelPackage", True, "ada@example.com")
    world.forget()
    again = world.plan()
    assert (writes(again), again.validations) == ([], ())
    assert warnings(again) == ["deployment.a: replace is asked for and not approved yet"]
    assert world.apply().exit_code == 0
    assert world.sent == []
    approve(world)
    assert world.one("a")["model"] == "churn (v2)"
    world.forget()
    last = world.plan()
    assert (writes(last), last.diagnostics) == ([], ())
    assert (MATCH in world.counts, LIST in world.counts) == (False, False)


def test_the_text_of_a_plan_that_asks(open_world: Open, said: Said) -> None:
    """A reviewer sees what is asked for, and that it is only asked for."""
    world = open_world(guarded("model"))
    live(world, "a")
    world.specs({"a": deployment("a", 2)})
    plan = world.plan()
    text = plan_text(plan)
    assert "  … model: churn (v1) → churn v2" in text
    assert "asked for by a change request: replaceModelPackage" in text
    assert "because the spec says so; a policy of the platform has it approved first" in text
    assert text.splitlines()[-1].endswith("Among them: 1 model replacement, 1 asked for by change request.")
    said()


def test_costs(open_world: Open) -> None:
    """One read for each kind of change in the plan, none for a plan without such changes, one before filing."""
    world = open_world(guarded("model"))
    live(world, "a", "b", "c")
    assert world.plan().writes == ()
    assert (MATCH in world.counts, LIST in world.counts) == (False, False)
    world.specs({name: deployment(f"{name} renamed") for name in "abc"})
    world.forget()
    assert len(world.plan().writes) == 3
    assert (MATCH in world.counts, LIST in world.counts) == (False, False)
    world.specs({name: deployment(name, 2, status="inactive") for name in "abc"})
    world.forget()
    plan = world.plan()
    assert (world.counts[MATCH], world.counts.get(LIST)) == (2, None)
    world.forget()
    assert world.apply(plan=plan).exit_code == 0
    # Before each request is filed; then the plan that looks whether anything is left reads what is open.
    assert (world.counts[FILE], world.counts[LIST], world.counts[MATCH]) == (3, 6, 2)
    world.forget()
    assert world.plan().writes == ()
    assert (world.counts[MATCH], world.counts[LIST]) == (2, 3)


def test_importance_goes_its_own_way(open_world: Open) -> None:
    """What a request cannot carry is changed at once, and nothing waits for the importance."""
    world = open_world(guarded("importance"))
    live(world, "a", importance="LOW")
    spec = deployment("new", 2, importance="HIGH", status="inactive")
    world.specs({"a": spec})
    plan = world.plan()
    assert writes(plan) == [
        ("update", "deployment.a/details"),
        ("request", "deployment.a/request-details"),
        ("replace", "deployment.a/model"),
        ("deactivate", "deployment.a/deactivate"),
    ]
    assert world.apply(plan=plan).exit_code == 0
    now = world.one("a")
    assert (now["label"], now["importance"], now["model"], now["status"]) == ("new", "LOW", "churn (v2)", "inactive")
    assert writes(world.plan()) == []
    approve(world)
    assert world.one("a")["importance"] == "HIGH"
    assert (writes(world.plan()), world.plan().diagnostics) == ([], ())


def test_only_importance(open_world: Open) -> None:
    """A change of nothing else is one request, which what follows does not need."""
    world = open_world(guarded("importance"))
    live(world, "a", importance="LOW")
    world.specs({"a": deployment("a", 2, importance="HIGH")})
    plan = world.plan()
    assert {action.key: action.needs for action in plan.writes} == {
        "deployment.a/request-details": (),
        "deployment.a/model": (),
    }


def test_status_and_deletion(open_world: Open) -> None:
    """Turning off and deleting are asked for too; afterwards both are so."""
    world = open_world(guarded("status", "delete"))
    live(world, "a", "b")
    world.specs({"a": deployment("a", status="inactive")})
    plan = world.plan()
    assert writes(plan) == [("request", "deployment.a/deactivate"), ("request", "deployment.b/delete")]
    assert world.apply(plan=plan).exit_code == 0
    assert sorted(each["action"] for each in requests(world)) == ["changeStatus", "delete"]
    assert (world.one("a")["status"], world.one("b")["status"]) == ("active", "active")
    again = world.plan()
    assert (writes(again), warnings(again)) == (
        [],
        [
            "deployment.a: deactivate is asked for and not approved yet",
            "deployment.b: delete is asked for and not approved yet",
        ],
    )
    approve(world)
    assert (world.one("a")["status"], world.names()) == ("inactive", ["shop/a"])
    assert writes(world.plan()) == []


def test_the_rest_of_the_chain_waits(open_world: Open) -> None:
    """What must come after a pending replacement is pending, and planned once it is made."""
    world = open_world(guarded("model"))
    live(world, "a")
    world.specs({"a": deployment("a", 2, status="inactive", tags={"team": "x"})})
    assert writes(world.plan()) == [
        ("update", "deployment.a/tags/team"),
        ("request", "deployment.a/model"),
        ("deactivate", "deployment.a/deactivate"),
    ]
    assert world.apply().exit_code == 0
    assert (world.one("a")["status"], world.one("a")["tags"]["team"]) == ("active", "x")
    assert writes(world.plan()) == []
    approve(world)
    assert writes(world.plan()) == [("deactivate", "deployment.a/deactivate")]
    assert world.apply().exit_code == 0


def test_nothing_is_turned_for_a_request(open_world: Open) -> None:
    """An inactive deployment is not activated only to ask for a replacement; the plan says what approval needs."""
    world = open_world(guarded("model"))
    live(world, "a", status="inactive")
    world.specs({"a": deployment("a", 2, status="inactive")})
    plan = world.plan()
    assert writes(plan) == [("request", "deployment.a/model")]
    (warning,) = plan.diagnostics
    assert warning.summary == "it is 'inactive' and the change is made only while it is 'active'"
    assert warning.detail == "activate it before the change request is approved"


def test_secondary_datasets(open_world: Open) -> None:
    """Another configuration is asked for, and in use once that is approved."""
    world = open_world(guarded("config"))
    live(world, "a")
    world.specs({"a": deployment("a", settings={"secondary_dataset_config": {"id": CONFIG}})})
    assert writes(world.plan()) == [("request", "deployment.a/secondary_dataset_config")]
    assert world.apply().exit_code == 0
    assert world.one("a")["config"] is None
    approve(world)
    assert (world.one("a")["config"], writes(world.plan())) == (CONFIG, [])


def test_what_a_request_cannot_carry(open_world: Open) -> None:
    """Credentials are left for a later plan, which says so; once the configuration is approved they are set."""
    credential = "5f48cb94408673683eca0fcc"
    world = open_world(guarded("config") + f"credentials: [{{id: {credential}, name: warehouse}}]\n")
    live(world, "a")
    wanted = {"id": CONFIG, "credential_ids": [credential]}
    world.specs({"a": deployment("a", settings={"secondary_dataset_config": wanted})})
    plan = world.plan()
    (warning,) = plan.diagnostics
    assert warning.summary == "a change request cannot carry settings.secondary_dataset_config.credential_ids"
    assert warning.detail == "plan again once the rest of it is approved"
    assert world.apply(plan=plan).exit_code == 0
    approve(world)
    assert writes(world.plan()) == [("update", "deployment.a/secondary_dataset_config")]
    assert (world.apply().exit_code, writes(world.plan())) == (0, [])


def test_a_creation_that_awaits_approval(open_world: Open) -> None:
    """A deployment is made, and each plan says that it is not approved until it is."""
    world = open_world(guarded("create"))
    live(world, "a")
    plan = world.plan()
    assert (writes(plan), warnings(plan)) == ([], ["deployment.a: its creation is not approved yet"])
    approve(world)
    assert world.plan().diagnostics == ()


def test_destroy(open_world: Open, said: Said) -> None:
    """Taking a deployment out of the specs asks for its deletion, and no direct one is sent."""
    world = open_world(guarded("delete"))
    live(world, "a", "b")
    world.specs({"b": deployment("b")})
    assert world.apply().exit_code == 0
    assert [method for method, _, _ in world.sent] == ["POST"]
    approve(world)
    assert (world.names(), writes(world.plan())) == (["shop/b"], [])
    said()


def test_rules_see_through_a_request(open_world: Open) -> None:
    """`--forbid replace` forbids asking for a replacement too."""
    world = open_world(guarded("model"))
    live(world, "a")
    world.specs({"a": deployment("a", 2)})
    plan = world.plan(forbid=(Verb.REPLACE,))
    assert [(each.about, each.demand.value) for each in plan.findings] == [("deployment.a/model", "deny")]


def test_list_and_show_tell_what_is_open(serve: Open, drplan: Callable[..., Any]) -> None:
    """Open requests stand in the table, in the JSON under the platform's own name, and above what `show` prints."""
    world = serve(guarded("model", "create"))
    world.specs({"a": deployment("a")})
    assert drplan(world, "apply", "--auto-approve").code == 0
    (birth,) = requests(world)
    world.specs({"a": deployment("a", 2)})
    assert drplan(world, "apply", "--auto-approve").code == 0
    ids = [each["id"] for each in requests(world)]
    assert ids[0] == birth["id"]
    assert len(ids) == 2
    (row,) = drplan(world, "list", "--format", "json").json["deployments"]
    assert (row["openedChangeRequests"], row["approvalStatus"]) == (ids, "PENDING")
    table = drplan(world, "list").out
    assert "CHANGE REQUESTS" in table
    assert ", ".join(ids) in table
    shown = drplan(world, "show", "deployment.a")
    assert shown.out.splitlines()[:3] == [
        "# approvalStatus: PENDING",
        f"# openedChangeRequests: {', '.join(ids)}",
        "deployments:",
    ]
    approve(world)
    (row,) = drplan(world, "list", "--format", "json").json["deployments"]
    assert row.keys().isdisjoint({"openedChangeRequests", "approvalStatus"})


def test_events_and_exit_code(serve: Open, drplan: Callable[..., Any]) -> None:
    """An apply whose changes await approval ends with 0; its events call them neither complete nor errored."""
    world = serve(guarded("model"))
    world.specs({"a": deployment("a")})
    assert drplan(world, "apply", "--auto-approve").code == 0
    world.specs({"a": deployment("a", 2)})
    ended = drplan(world, "apply", "--auto-approve", "--format", "json")
    events = ended.events
    assert ended.code == 0
    assert {each["type"] for each in events}.isdisjoint({"apply_complete", "apply_errored"})
    (diagnostic,) = (each for each in events if each["type"] == "diagnostic")
    assert (diagnostic["@level"], diagnostic["diagnostic"]["summary"]) == (
        "warn",
        "deployment.a: request model: awaits approval",
    )
    report = events[-1]["report"]
    assert report["counts"] == {"done": 0, "pending": 1, "failed": 0, "skipped": 0, "unknown": 0}
    assert (report["outcomes"][0]["result"], report["converged"]) == ("pending", True)
    planned = drplan(world, "plan", "--detailed-exitcode", "--format", "json")
    assert (planned.code, planned.json["plan"]["actions"]) == (0, [])


@pytest.mark.filterwarnings("ignore")  # the SDK and its libraries warn about themselves
def test_the_vendors_sdk_reviews(serve: Open, drplan: Callable[..., Any], server: Any) -> None:
    """What drplan files, the SDK approves; what the SDK files, drplan sees as pending; what it cancels is planned."""
    dr = pytest.importorskip("datarobot")
    from datarobot.models.change_request import ChangeRequest

    def become(token: str) -> None:
        dr.Client(token=token, endpoint=server.url)

    world = serve(guarded("model"))
    world.specs({"a": deployment("a")})
    assert drplan(world, "apply", "--auto-approve").code == 0
    world.specs({"a": deployment("a", 2, replacement={"reason": "ERRORS"})})
    assert drplan(world, "apply", "--auto-approve").code == 0
    become("SECRET-other-0987654321")
    (filed,) = ChangeRequest.list("deployment", statuses=["pending"])
    filed.approve("fine")
    world.settle()
    assert (ChangeRequest.get(filed.id).status, world.one("a")["model"]) == ("resolved", "churn (v2)")
    assert drplan(world, "plan", "--detailed-exitcode").code == 0
    third = world.request("GET", "modelPackages/")["data"][2]
    become(TOKEN)
    change = {"modelPackageId": third["id"], "replacementReason": "ERRORS"}
    asked = ChangeRequest.create("deployment", world.one("a")["id"], "replaceModelPackage", change, auto_apply=True)
    world.specs({"a": deployment("a", 3, replacement={"reason": "ERRORS"})})
    seen = drplan(world, "plan", "--detailed-exitcode")
    assert (seen.code, f"change request {asked.id} (pending)" in seen.out) == (0, True)
    asked.cancel()
    assert drplan(world, "plan", "--detailed-exitcode").code == 2
