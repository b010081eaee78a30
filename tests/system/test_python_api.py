"""drplan as a library: plans and applies as the commands do, through the same gates, without a word."""

import asyncio
import json
import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stamina.instrumentation
from harness import World, deployment

import drplan
from drplan.errors import ApplyError, Refused, SpecError, UsageError
from drplan.plan.file import digest
from drplan.records.plans import Action, Outcome, Plan, Report, Result, Verb

Said = Callable[[], tuple[str, str]]


class Heard(drplan.Silent):
    """What is heard of an apply, in order."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def planned(self, plan: Plan) -> None:
        """Keep it."""
        self.lines.append(f"planned {len(plan.writes)}")

    def note(self, text: str) -> None:
        """Keep it."""
        self.lines.append(text)

    def began(self, plan: Plan) -> None:
        """Keep it."""
        self.lines.append(f"began {len(plan.writes)}")

    def started(self, action: Action) -> None:
        """Keep it."""
        self.lines.append(f"started {action.key}")

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Keep it."""
        self.lines.append(f"finished {action.key}: {outcome.result.value}")

    def ended(self, report: Report) -> None:
        """Keep it."""
        self.lines.append(f"ended: {report.remark or 'well'}, interrupted: {report.interrupted}")


def open_(world: World, **options: Any) -> drplan.Repository:
    """Open a world's repository."""
    return drplan.open(world.root, **options)


def test_plan_and_apply(shop: World, said: Said) -> None:
    """A plan is made, looked at and carried out; the report says so; nothing is printed, and no token shown."""
    shop.specs({"a": deployment("A", tags={"team": "x"}), "b": deployment("B")})
    fleet = open_(shop)
    plan = fleet.plan(targets=["deployment.a", "deployment.b"], excludes=["deployment.b"])
    assert shop.sent == []
    report = fleet.apply(plan)
    assert (report.plan, report.converged, report.remark, report.interrupted) == (plan, True, "", False)
    assert [(outcome.key, outcome.result) for outcome in report.outcomes] == [
        ("deployment.a/create", Result.DONE),
        ("deployment.a/tags/drplan", Result.DONE),
        ("deployment.a/tags/team", Result.DONE),
    ]
    assert shop.names() == ["shop/a"]
    assert repr(fleet) == f"Repository('shop', target='{fleet.site.target.endpoint}')"
    assert said() == ("", "")


def test_a_retry_is_not_printed(shop: World, said: Said) -> None:
    """What has to be sent again is sent again, without a word on the terminal of whoever has set no logging up."""
    shop.specs({"a": deployment("A")})
    shop.fault("GET deployments/", status=503)
    stamina.instrumentation.set_on_retry_hooks(None)  # the library's own, not those of a command before this test
    with stamina.set_testing(True, attempts=6, cap=True):
        assert len(open_(shop).plan().writes) == 2
    assert shop.counts["GET deployments/"] == 2
    assert said() == ("", "")


def test_it_works_where_a_loop_runs(shop: World) -> None:
    """In a notebook an event loop runs already; the calls work there all the same, and raise what they raise."""
    shop.specs({"a": deployment("A")})

    async def cell() -> tuple[bool | None, str]:
        fleet = open_(shop)
        report = fleet.apply(fleet.plan())
        with pytest.raises(UsageError) as caught:
            fleet.plan(targets=["deployment.b"])
        return report.converged, caught.value.summary

    converged, why = asyncio.run(cell())
    assert converged
    assert why.startswith("nothing has the address 'deployment.b'")


def test_a_notebook_can_be_interrupted(serve: Callable[..., World]) -> None:
    """An interrupt stops what is under way: nothing new begins, the report is made, and the interrupt is raised."""
    shop = serve(job_seconds=60.0)  # its clock stands still, so that the job never ends
    shop.specs({"a": deployment("A")})

    class Interrupting(Heard):
        def started(self, action: Action) -> None:
            super().started(action)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    heard = Interrupting()

    async def cell() -> None:
        open_(shop, progress=heard).apply_specs()

    loop = asyncio.new_event_loop()  # as a notebook's, it leaves interrupts to Python
    try:
        with pytest.raises(KeyboardInterrupt):
            loop.run_until_complete(cell())
    finally:
        loop.close()
    assert heard.lines == [
        "planned 2",
        "began 2",
        "started deployment.a/create",
        "ended: interrupted, interrupted: True",
    ]


def test_what_is_heard(shop: World) -> None:
    """Progress hears of the plan, the beginning, each action and the end; of a refusal only the plan."""
    shop.specs({"a": deployment("A")})
    heard = Heard()
    fleet = open_(shop, progress=heard)
    with pytest.raises(Refused, match=r"^not approved; nothing was changed$"):
        fleet.apply_specs(question=lambda plan: len(plan.writes) > 2)
    assert heard.lines == ["planned 2"]
    assert shop.sent == []
    heard.lines.clear()
    assert fleet.apply_specs(question=lambda plan: len(plan.writes) == 2).converged
    assert heard.lines == [
        "planned 2",
        "began 2",
        "started deployment.a/create",
        "finished deployment.a/create: done",
        "started deployment.a/tags/drplan",
        "finished deployment.a/tags/drplan: done",
        "ended: well, interrupted: False",
    ]


def test_destroy(shop: World) -> None:
    """What is named is deleted once the question is answered with yes; the rest stays."""
    shop.specs({"a": deployment("A"), "b": deployment("B")})
    fleet = open_(shop)
    fleet.apply_specs()
    with pytest.raises(Refused, match=r"not approved"):
        fleet.destroy("deployment.a", question=lambda plan: plan.writes[0].key != "deployment.a/delete")
    assert fleet.destroy("deployment.a").converged
    assert shop.names() == ["shop/b"]
    health = {each.address: each.status for each in fleet.monitor.health().deployments}
    assert health == {"deployment.a": None, "deployment.b": "active"}  # its spec is still there


def test_what_is_live(shop: World) -> None:
    """An object has what its item and its documents say; the list has each object, or only those of this project."""
    shop.specs({"a": deployment("A"), "b": deployment("B")})
    fleet = open_(shop)
    fleet.apply_specs(targets=["deployment.a"])
    found = fleet.live("deployment.a")
    assert (str(found.address), found.live.item["label"], found.resource) == ("deployment.a", "A", fleet.resources[0])
    assert {"", *found.documents} == set(found.live.documents)  # the first is the item itself
    listed = {managed: [each.live.id for each in fleet.listed(managed=managed)] for managed in (None, True, False)}
    assert listed == {None: [found.live.id], True: [found.live.id], False: []}
    with pytest.raises(UsageError, match=r"deployment\.b is in the specs and not on the platform yet"):
        fleet.live("deployment.b")


def test_not_everything_is_done(shop: World) -> None:
    """What failed is in the error's outcomes, and the exit code is the command's."""
    shop.specs({"a": deployment("A", settings={"drift_tracking": {"target_drift_enabled": True}})})
    shop.fault("PATCH deployments/{id}/settings/", status=422)
    with pytest.raises(ApplyError, match=r"1 of 3 actions were not done: 1 failed") as caught:
        open_(shop).apply_specs()
    assert caught.value.exit_code == 6
    assert {outcome.key: outcome.result for outcome in caught.value.outcomes}["deployment.a/settings"] is Result.FAILED


# ------------------------------------------------------------------------------------------------------------- gates


@pytest.fixture
def project(shop: World) -> Callable[..., drplan.Repository]:
    """Give a function that writes more into the project file of a shop with one spec, and opens the repository."""
    endpoint = json.loads((shop.root / "drplan.yaml").read_text())["endpoint"]
    shop.specs({"a": deployment("A")})

    def opened(now: datetime = datetime(2026, 11, 22, tzinfo=UTC), /, **content: Any) -> drplan.Repository:
        shop.project(endpoint=endpoint, **content)
        return open_(shop, now=lambda: now)

    return opened


Project = Callable[..., drplan.Repository]
DENIAL = {"name": "quiet", "when": "action.verb == 'create'", "outcome": "deny", "message": "Nothing new."}
APPROVAL = {"approvals": {"required": {"count": 1}}}


def test_a_policy_denies(shop: World, project: Project) -> None:
    """A plan that a policy denies is returned, and neither applied nor kept."""
    fleet = project(policies=[DENIAL])
    plan = fleet.plan()
    for refused in (lambda: fleet.apply(plan), fleet.apply_specs, lambda: fleet.save(plan, shop.root / "plan.json")):
        with pytest.raises(Refused, match=r"^the policies do not allow this plan; nothing was changed$") as caught:
            refused()
        assert [each.summary for each in caught.value.diagnostics] == ["denied by quiet: Nothing new."]
    assert (shop.sent, (shop.root / "plan.json").exists()) == ([], False)


def test_a_rule_of_today_denies(shop: World, project: Project) -> None:
    """A plan that was made before a rule is held to the rule all the same; so is one that does what is forbidden."""
    plan = project().plan()
    with pytest.raises(Refused, match=r"the policies do not allow"):
        project(policies=[DENIAL]).apply(plan)
    with pytest.raises(Refused) as caught:
        project().apply(plan, forbid=[Verb.CREATE])
    assert [each.summary for each in caught.value.diagnostics] == ["denied by --forbid: --forbid create was given"]
    assert shop.sent == []


def test_an_approval_is_needed(shop: World, project: Project) -> None:
    """Without an approval nothing is sent; a saved plan whose digest is named is applied, and once only."""
    fleet = project(**APPROVAL)
    plan, file = fleet.plan(), shop.root / "plan.json"
    for refused in (lambda: fleet.apply(plan), fleet.apply_specs):
        with pytest.raises(Refused, match=r"^save the plan"):
            refused()
    with pytest.raises(UsageError, match=r"name its file"):
        fleet.apply(plan, approved=digest(plan))
    fleet.save(plan, file)
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Refused, match=r"is not approved; nothing was changed"):
        fleet.apply(file)
    with pytest.raises(Refused, match=r"^the digest that was approved is 00, and this plan's is"):
        fleet.apply(file, approved="00")
    assert shop.sent == []
    assert fleet.apply(str(file), approved=f" {digest(plan).upper()}").converged
    with pytest.raises(Refused, match=r"was applied already"):
        fleet.apply(file, approved=digest(plan))
    with pytest.raises(Refused, match=r"there is nobody to verify"):
        fleet.verify(file)


def test_a_plan_grows_old(shop: World, project: Project) -> None:
    """Where the project limits the age of plans, one that was made too long ago is refused."""
    made, limit = datetime(2026, 11, 22, tzinfo=UTC), {"plans": {"max_age": "24h"}}
    plan = project(made, **limit).plan()
    assert plan.made_at == "2026-11-22T00:00:00Z"
    with pytest.raises(Refused, match=r"and a plan may be applied for 24 hours; plan again"):
        project(made + timedelta(hours=25), **limit).apply(plan)
    assert shop.sent == []
    assert project(made + timedelta(hours=23), **limit).apply(plan).converged


def test_a_plan_of_elsewhere(shop: World, project: Project) -> None:
    """A plan of another project or target is refused, and one that the platform has moved away from."""
    fleet = project()
    plan = fleet.plan()
    with pytest.raises(Refused, match=r"^the plan was made for the project shop, and this is other; plan again$"):
        project(name="other").apply(plan)
    with pytest.raises(Refused, match=r"^the plan was made for the target .*, and this is emulator; plan again$"):
        open_(shop, endpoint="emulator").apply(plan)
    fleet.apply(plan)
    shop.forget()
    with pytest.raises(Refused, match=r"the platform has changed since this plan was made"):
        project().apply(plan)
    assert shop.sent == []


def test_the_specs_have_changed(shop: World, project: Project) -> None:
    """A plan of other specs is refused, and nothing is sent."""
    plan = project().plan()
    shop.specs({"a": deployment("B")})
    shop.forget()
    with pytest.raises(Refused, match=r"^the specs have changed since this plan was made"):
        open_(shop).apply(plan)
    assert shop.sent == []
    (shop.root / "deployments" / "all.yaml").write_text("nonsense: {}")
    with pytest.raises(SpecError, match=r"1 problem"):
        open_(shop).plan()


def test_no_project_file(tmp_path: Path) -> None:
    """A directory without a project file is no config repository."""
    with pytest.raises(SpecError, match=r"there is no drplan\.yaml in"):
        drplan.open(tmp_path)


def test_what_the_package_has() -> None:
    """The package lists what it has, and says what it has not."""
    assert {"open", "Repository", "Silent", "__version__"} <= set(dir(drplan))
    with pytest.raises(AttributeError, match=r"^module 'drplan' has no attribute 'plan_all'$"):
        _ = drplan.plan_all
