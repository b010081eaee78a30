"""`drplan verify`: every approval and every statement that is none, and when it lets a plan through."""

import json
import shutil
from datetime import UTC, datetime, timedelta

from signed_shop import SIGNERS, Shop

import drplan
from drplan.gate.approvals import moment


def test_verify(shop: Shop) -> None:
    """`verify` names every approval and every statement that is none, what is needed, and exits by the verdict."""
    digest = shop.planned()
    rule = {
        "name": "r",
        "when": 'action.verb == "create"',
        "outcome": "require_approval",
        "message": "A lead must look.",
        "require_approval": {"count": 1, "group": "leads"},
    }
    shop.project(approvals=SIGNERS, policies=[rule])
    until = datetime(2999, 1, 2, 3, 4, 5, tzinfo=UTC)
    shop.by_hand("bob", digest, until, "b")
    shop.by_hand("eve", digest, until, "e")
    code, out, _ = shop.drplan("verify", shop.plan)
    assert (code, out.splitlines()[:-1]) == (
        4,
        [
            "Project shop on emulator",
            f"Digest: {digest}",
            "Needs approval (1 by leads): r: A lead must look.",
            "  deployment.churn/create",
            "Approved by bob@example.com until 2999-01-02T03:04:05Z",
            next(line for line in out.splitlines() if line.endswith("is not an allowed signer's")),
            "Met: approvals.required: 1 of 1",
        ],
    )
    assert out.splitlines()[-1] == "Not met: r: 0 of 1 by members of leads"
    shop.by_hand("cleo", digest, until, "c")
    shutil.rmtree(shop.root / ".drplan")
    code, out, err = shop.drplan("verify", shop.plan)
    assert (code, out.splitlines()[-2:], err) == (
        0,
        [
            "Met: r: 1 of 1 by members of leads",
            "It may be applied, if neither the specs nor the platform have changed since.",
        ],
        "",
    )
    assert not (shop.root / ".drplan").exists()  # it only looks


def test_verify_as_json(shop: Shop) -> None:
    """`--format json` has the same as an object."""
    digest = shop.planned()
    until = datetime(2999, 1, 2, 3, 4, 5, tzinfo=UTC)
    shop.by_hand("bob", digest, until, "b")
    shop.by_hand("ada", digest, until, "a")
    code, out, _ = shop.drplan("verify", shop.plan, "--format", "json")
    document = json.loads(out)["verification"]
    key = document["approvals"][0].pop("key")
    assert (code, key.startswith("SHA256:")) == (0, True)
    assert document == {
        "plan_digest": digest,
        "changes": True,
        "applicable": True,
        "reason": "",
        "approvals": [
            {
                "file": f"{shop.plan}.b.approval",
                "principals": ["bob@example.com"],
                "expires": "2999-01-02T03:04:05Z",
                "comment": "",
            }
        ],
        "rejected": [
            {
                "file": f"{shop.plan}.a.approval",
                "reason": "ada@example.com is the author of the commit, who may not approve",
            }
        ],
        "needs": [
            {
                "rule": "approvals.required",
                "count": 1,
                "group": "",
                "approved_by": [["bob@example.com"]],
                "met": True,
            }
        ],
    }
    (shop.root / "plan.json.b.approval.sig").unlink()
    code, out, _ = shop.drplan("verify", shop.plan, "--format", "json")
    document = json.loads(out)["verification"]
    assert (code, document["applicable"], document["reason"]) == (
        4,
        False,
        f"this plan (digest {digest}) is not approved; nothing was changed",
    )


def test_a_verifier_that_is_not_there_verifies_nothing(shop: Shop) -> None:
    """Without allowed_signers `verify` refuses; with a file of them that is gone or wrong, so does everything."""
    digest = shop.planned()
    shop.by_hand("bob", digest, datetime(2999, 1, 1, tzinfo=UTC))
    assert shop.drplan("verify", shop.plan)[0] == 0
    signers = shop.root / "allowed_signers"
    text = signers.read_text()
    signers.write_text("bob@example.com nonsense\n")
    code, _, err = shop.drplan("apply", shop.plan)
    assert (code, f"{signers}:1:1: a line is: principals, options, the key's type, the key in base64" in err) == (
        3,
        True,
    )
    signers.write_bytes(b"\xff")
    assert shop.drplan("verify", shop.plan)[0] == 3
    signers.write_text("")
    code, out, _ = shop.drplan("verify", shop.plan)
    assert (code, "is not an allowed signer's" in out) == (4, True)
    signers.unlink()
    code, _, err = shop.drplan("apply", shop.plan)
    assert (code, "approvals.allowed_signers: there is no file 'allowed_signers'" in err) == (3, True)
    signers.write_text(text)
    shop.project(approvals={"required": {"count": 0}})
    code, _, err = shop.drplan("verify", shop.plan)
    assert (code, err) == (
        4,
        "Error: there is nobody to verify: the project file names no allowed_signers under approvals\n",
    )
    assert shop.live() == 0


def test_revoked_keys(shop: Shop) -> None:
    """A key in the list of revoked ones counts no longer; a list that cannot be read lets nobody through."""
    digest = shop.planned()
    shop.by_hand("bob", digest, datetime(2999, 1, 1, tzinfo=UTC))
    gone = shop.root / "revoked_keys"
    gone.write_text(shop.keys["bob"].public + "\n")
    shop.project(approvals={**SIGNERS, "revoked_keys": "revoked_keys"})
    code, out, _ = shop.drplan("verify", shop.plan)
    assert (code, "is revoked" in out) == (4, True)
    gone.write_text("nonsense\n")
    assert shop.drplan("verify", shop.plan)[0] == 3
    gone.write_text(shop.keys["eve"].public + "\n")
    assert shop.drplan("verify", shop.plan)[0] == 0


def test_what_cannot_be_read_approves_nothing(shop: Shop) -> None:
    """A statement that is a directory stops everything, though another one would be enough."""
    digest = shop.planned()
    shop.by_hand("bob", digest, datetime(2999, 1, 1, tzinfo=UTC))
    (shop.root / "plan.json.x.approval").mkdir()
    code, _, err = shop.drplan("apply", shop.plan)
    assert (code, "plan.json.x.approval cannot be read: Is a directory; without it nothing is approved" in err) == (
        4,
        True,
    )


def test_approvals_end(shop: Shop) -> None:
    """A statement that has expired is none, and says so."""
    digest = shop.planned()
    past = datetime.now(UTC) - timedelta(seconds=1)
    shop.by_hand("bob", digest, past)
    code, out, _ = shop.drplan("verify", shop.plan)
    assert (code, f"it expired at {moment(past)}" in out) == (4, True)
    assert shop.approve("bob", "--expires", "PT1H")[0] == 0
    assert shop.drplan("verify", shop.plan)[0] == 0


def test_an_approval_is_of_one_plan(shop: Shop) -> None:
    """Another plan at the same place is not approved by what was signed before; nor is one of a later commit."""
    shop.planned()
    assert shop.approve("bob")[0] == 0
    shop.specs(churn={"description": "Other words."})
    shop.commit()
    shop.planned()
    code, out, _ = shop.drplan("verify", shop.plan)
    assert (code, "it approves another plan, of the digest" in out) == (4, True)


def test_uncommitted_files(shop: Shop) -> None:
    """A plan made from files that no commit has cannot be approved, as nobody knows who wrote them."""
    shop.specs(churn={"description": "Other words."})
    shop.planned()
    assert shop.approve("bob")[0] == 0
    code, out, _ = shop.drplan("verify", shop.plan)
    assert (code, "this plan was made from files that no commit has" in out) == (4, True)


def test_nothing_asks_for_an_approval(shop: Shop) -> None:
    """A project that asks for none says so, rather than looking approved."""
    shop.project(approvals={**SIGNERS, "required": {"count": 0}})
    shop.planned()
    code, out, _ = shop.drplan("verify", shop.plan)
    assert (code, "Nothing asks for an approval of this plan." in out) == (0, True)


def test_another_project_or_environment(shop: Shop) -> None:
    """A plan of another project or environment is not verified here."""
    shop.planned()
    shop.project(approvals=SIGNERS, environments={"prod": {}})
    code, _, err = shop.drplan("-e", "prod", "verify", shop.plan)
    assert (code, "was made for the environment (none), and this is prod; plan again" in err) == (4, True)
    shop.project(approvals=SIGNERS, project="other")
    code, _, err = shop.drplan("verify", shop.plan)
    assert (code, "was made for the project shop, and this is other; plan again" in err) == (4, True)


def test_verify_from_python(shop: Shop) -> None:
    """The library finds what the command finds, and applies a plan once it is approved."""
    digest = shop.planned()
    fleet = drplan.open(shop.root)
    found = fleet.verify(shop.plan)
    assert (found.digest, found.approvals, str(found.refused)) == (
        digest,
        (),
        f"this plan (digest {digest}) is not approved; nothing was changed",
    )
    assert shop.approve("bob")[0] == 0
    found = fleet.verify(shop.plan)
    assert [sorted(each.principals) for each in found.approvals] == [["bob@example.com"]]
    assert ([each.met for each in found.needs], found.refused) == ([True], None)
    assert fleet.apply(shop.plan).converged
    assert "was applied already" in str(fleet.verify(shop.plan).refused)
