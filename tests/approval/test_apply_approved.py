"""Applying a saved plan: approved, once, within its age, or by a digest that was approved elsewhere."""

import json
import shutil
from datetime import UTC, datetime

from config_repository import Repository
from signed_shop import SIGNERS, Shop

from drplan.gate.approvals import moment


def test_from_plan_to_apply(shop: Shop) -> None:
    """A plan is refused until somebody else than its author has signed it; then it is applied, once."""
    digest = shop.planned()
    code, _, err = shop.drplan("apply", shop.plan)
    assert (code, err.splitlines()) == (
        4,
        [
            "Error: approvals.required asks for 1 approval, and there are 0",
            "  have it signed: drplan approve PLANFILE --key KEY",
            f"Error: this plan (digest {digest}) is not approved; nothing was changed",
        ],
    )
    code, out, err = shop.approve("ada")
    assert (code, out.splitlines()[-1]) == (0, f"Digest: {digest}")
    code, _, err = shop.drplan("apply", shop.plan)
    assert (code, "  ada@example.com is the author of the commit, who may not approve" in err.splitlines()) == (4, True)
    assert shop.live() == 0
    assert shop.approve("bob", "--comment", "CHG-1234")[0] == 0
    code, out, err = shop.drplan("apply", shop.plan)
    assert (code, out.splitlines()[-1]) == (0, "Apply complete! Resources: 1 added, 0 changed, 0 destroyed.")
    assert shop.live() == 1
    code, _, err = shop.drplan("apply", shop.plan)
    assert (code, f"Error: the plan {digest} was applied already at " in err) == (4, True)


def test_a_plan_is_applied_once_whatever_the_platform_says(shop: Shop) -> None:
    """Where the platform is back where it was, the fingerprint fits again, and the plan is still used up."""
    shop.planned()
    assert shop.approve("bob")[0] == 0
    assert shop.drplan("apply", shop.plan)[0] == 0
    for file in (shop.root / ".drplan").glob("emulator.sqlite*"):
        file.unlink()
    assert shop.live() == 0
    code, _, err = shop.drplan("apply", shop.plan)
    assert (code, "was applied already" in err, shop.live()) == (4, True, 0)


def test_a_stale_plan_is_not_used_up(shop: Shop) -> None:
    """A plan refused because the platform moved leaves no record behind, nor does a failing look at it."""
    shop.planned()
    assert shop.approve("bob")[0] == 0
    kept = (shop.root / "plan.json").read_text()
    state = shop.root / ".drplan"
    shutil.copytree(state, shop.root / "before.json")
    shop.project(approvals={**SIGNERS, "required": {"count": 0}})
    assert shop.drplan("apply", "--auto-approve")[0] == 0
    code, _, err = shop.drplan("apply", shop.plan)
    assert (code, "the platform has changed since this plan was made; plan again" in err) == (4, True)
    assert not (state / "applied").exists()
    shutil.rmtree(state)
    shutil.copytree(shop.root / "before.json", state)
    assert (shop.root / "plan.json").read_text() == kept
    assert shop.drplan("apply", shop.plan)[0] == 0


def test_a_plan_without_changes_needs_nobody(shop: Shop) -> None:
    """It says that there are no changes; it is not used up, as nothing is applied."""
    shop.planned()
    assert shop.approve("bob")[0] == 0
    assert shop.drplan("apply", shop.plan)[0] == 0
    shop.planned()
    code, out, _ = shop.drplan("verify", shop.plan)
    assert (code, "No changes: nothing needs approval." in out) == (0, True)
    assert shop.drplan("apply", shop.plan)[0] == 0
    assert shop.drplan("apply", shop.plan)[0] == 0


def test_age(shop: Shop) -> None:
    """A project that limits the age of plans has the time in them; one without a time, or from long ago, is refused."""
    approvals = {**SIGNERS, "required": {"count": 0}}
    shop.project(approvals=approvals)
    shop.planned()
    assert json.loads((shop.root / "plan.json").read_text())["plan"]["made_at"] == ""
    shop.project(approvals=approvals, plans={"max_age": "24h"})
    code, _, err = shop.drplan("apply", shop.plan)
    assert (code, "and this one does not say when it was made; plan again" in err) == (4, True)
    before = moment(datetime.now(UTC))
    shop.planned()
    made_at = json.loads((shop.root / "plan.json").read_text())["plan"]["made_at"]
    assert before <= made_at <= moment(datetime.now(UTC))
    shop.project(approvals=approvals, plans={"max_age": "P7D"})
    assert shop.drplan("verify", shop.plan)[0] == 0
    assert shop.drplan("apply", shop.plan)[0] == 0


def test_a_digest_approved_elsewhere(repository: Repository) -> None:
    """`--approve-digest` applies the plan of that digest and no other, and is the approval that a rule asks for."""
    rule = {"name": "r", "when": "true", "outcome": "require_approval", "message": "Look at it."}
    repository.project(policies=[rule])
    plan = repository.path("plan.json")
    assert repository.drplan("plan", "--out", plan)[0] == 0
    digest = json.loads((repository.root / "plan.json").read_text())["plan"]["digest"]
    wrong = "0" * 64
    code, _, err = repository.drplan("apply", plan, "--approve-digest", wrong)
    assert (
        code,
        f"the digest that was approved is {wrong}, and this plan's is {digest}; nothing was changed" in err,
    ) == (
        4,
        True,
    )
    assert repository.drplan("apply", plan, "--approve-digest", digest[:12])[0] == 4
    assert repository.drplan("apply", plan, "--approve-digest", "")[0] == 4
    assert repository.drplan("apply", "--auto-approve", "--approve-digest", digest)[0] == 64
    assert repository.live() == 0
    assert repository.drplan("apply", plan, "--approve-digest", digest.upper())[0] == 0
    assert repository.live() == 1


def test_a_digest_does_not_replace_signatures(shop: Shop) -> None:
    """Where signers are named it counts only when the project says so, and then as one."""
    digest = shop.planned()
    code, _, err = shop.drplan("apply", shop.plan, "--approve-digest", digest)
    assert (code, "approvals.required asks for 1 approval, and there are 0" in err) == (4, True)
    shop.project(approvals={**SIGNERS, "ci_digest": True, "required": {"count": 2}})
    code, _, err = shop.drplan("apply", shop.plan, "--approve-digest", digest)
    assert (code, "approvals.required asks for 2 approvals, and there are 1" in err) == (4, True)
    assert shop.approve("bob")[0] == 0
    assert shop.drplan("apply", shop.plan, "--approve-digest", digest)[0] == 0


def test_unsaved_plans_need_no_less(shop: Shop) -> None:
    """Plan and apply in one go is refused where approvals are required; so is `destroy`."""
    code, _, err = shop.drplan("apply", "--auto-approve")
    assert (code, err.splitlines()[-2:]) == (
        4,
        [
            "Error: approvals.required asks for 1 approval, and there are 0",
            "Error: save the plan (drplan plan --out FILE), have it approved, and apply that file",
        ],
    )
    shop.planned()
    assert shop.approve("bob")[0] == 0
    assert shop.drplan("apply", shop.plan)[0] == 0
    assert shop.drplan("destroy", "--auto-approve")[0] == 4
    assert shop.live() == 1


def test_changed_specs_void_an_approval(shop: Shop) -> None:
    """What was approved is not applied where the specs say something else by now; where they do again, it is."""
    shop.planned()
    assert shop.approve("bob")[0] == 0
    shop.specs(churn={"description": "Other words."})
    code, _, err = shop.drplan("apply", shop.plan)
    assert (code, "which voids it and its approvals; plan again" in err) == (4, True)
    assert shop.live() == 0
    shop.specs(churn={})
    assert shop.drplan("apply", shop.plan)[0] == 0


def test_taking_the_demand_away_takes_nothing_from_the_plan(shop: Shop) -> None:
    """What the project file demanded when the plan was made holds, whatever is deleted from it until it is applied."""
    digest = shop.planned()
    shop.project(approvals={**SIGNERS, "required": {"count": 0}})
    code, _, err = shop.drplan("apply", shop.plan)
    assert (code, "approvals.required asks for 1 approval, and there are 0" in err) == (4, True)
    shop.project()
    for arguments in (("apply", shop.plan), ("apply", shop.plan, "--approve-digest", digest)):
        code, _, err = shop.drplan(*arguments)
        assert (code, "approvals were signatures when this plan was made" in err) == (4, True)
    assert shop.live() == 0
