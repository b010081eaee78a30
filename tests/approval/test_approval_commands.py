"""Approvals through the commands: approve, verify and apply, with ssh-keygen and without, and every way round them."""

import json
import os
import shutil
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from config_repository import Repository
from keys import Key

from drplan.approvals import NAMESPACE, moment, statement

SIGNERS = {"allowed_signers": "allowed_signers", "groups": {"leads": ["cleo@example.com"]}}


class Shop(Repository):
    """A repository in git whose plans need approval; Ada writes, Bob and Cleo approve, Cleo leads."""

    def __init__(self, folder: Path, heard: Any, keys: Path) -> None:
        super().__init__(folder, heard)
        self.keys = {name: Key(keys / name) for name in ("ada", "bob", "cleo", "eve")}
        lines = [f"{name}@example.com {self.keys[name].public}" for name in ("ada", "bob", "cleo")]
        (folder / "allowed_signers").write_text("\n".join(lines) + "\n")
        self.project(approvals=SIGNERS)
        self.commit()

    @property
    def plan(self) -> str:
        """The kept plan's file."""
        return self.path("plan.json")

    def planned(self) -> str:
        """Keep a plan and return its digest."""
        code, _, err = self.drplan("plan", "--out", self.plan)
        assert code == 0, err
        return str(json.loads((self.root / "plan.json").read_text())["plan"]["digest"])

    def approve(self, name: str, *more: str) -> tuple[int, str, str]:
        """Approve the kept plan."""
        return self.drplan("approve", self.plan, "--key", str(self.keys[name].path), *more)

    def by_hand(self, name: str, digest: str, until: datetime, file: str = "hand") -> None:
        """Write and sign a statement without drplan's command."""
        content = str(statement(digest, until, "")).encode()
        path = self.root / f"plan.json.{file}.approval"
        path.write_bytes(content)
        path.with_name(f"{path.name}.sig").write_bytes(self.keys[name].sign(content))


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the directory of everybody's keys."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ada", "bob", "cleo", "eve"):
        Key.make(folder / name)
    return folder


@pytest.fixture
def shop(tmp_path: Path, capfd: pytest.CaptureFixture[str], keys: Path) -> Shop:
    """Give the shop."""
    return Shop(tmp_path / "shop", capfd.readouterr, keys)


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
    code, out, err = shop.drplan("verify", shop.plan)
    assert (code, out.splitlines()[-2:], err) == (
        0,
        ["Met: r: 1 of 1 by members of leads", "It may be applied, if the platform has not moved since."],
        "",
    )


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


def test_ssh_keygen_alone(shop: Shop) -> None:
    """Without drplan: printf writes the statement, ssh-keygen signs it, and both directions verify each other."""
    digest = shop.planned()
    script = (
        'printf "drplan approval 1\\nplan: %s\\nexpires: %s\\n" "$1" "$2" > plan.json.bob.approval && '
        'ssh-keygen -q -Y sign -n drplan-approval -f "$3" plan.json.bob.approval'
    )
    arguments = ["sh", "-c", script, "sh", digest, "2999-01-01T00:00:00Z", str(shop.keys["bob"].path)]
    subprocess.run(arguments, cwd=shop.root, check=True, capture_output=True)
    assert shop.drplan("verify", shop.plan)[0] == 0
    (shop.root / "plan.json.bob.approval").unlink()
    assert shop.approve("bob", "--comment", "By drplan.")[0] == 0
    (made,) = shop.root.glob("plan.json.*.approval")
    options = ["-f", "allowed_signers", "-I", "bob@example.com", "-n", NAMESPACE, "-s", f"{made}.sig"]
    subprocess.run(
        ["ssh-keygen", "-Y", "verify", *options],
        cwd=shop.root,
        check=True,
        capture_output=True,
        input=made.read_bytes(),
    )


def test_approve_writes_beside_the_plan(shop: Shop) -> None:
    """The statement and its signature lie beside the plan, and a second approval by the same key takes their place."""
    shop.planned()
    assert shop.approve("bob", "--comment", "First.")[0] == 0
    assert shop.approve("bob", "--comment", "Second.", "--expires", "7d")[0] == 0
    names = sorted(path.name for path in shop.root.glob("plan.json.*"))
    assert len(names) == 2
    assert names[1] == f"{names[0]}.sig"
    assert (shop.root / names[0]).read_text().endswith("comment: Second.\n")


def test_approve_through_an_agent(shop: Shop) -> None:
    """With the public key alone, the agent that holds the private one signs."""
    shop.planned()
    agent = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True).stdout
    found = dict(part.split("=", 1) for line in agent.splitlines() for part in [line.split(";")[0]] if "=" in part)
    environment = {**os.environ, **found}
    public = shop.root / "public.json"
    public.write_text(shop.keys["bob"].public + "\n")
    try:
        subprocess.run(["ssh-add", "-q", str(shop.keys["bob"].path)], env=environment, check=True, capture_output=True)
        os.environ.update(found)
        assert shop.drplan("approve", shop.plan, "--key", str(public))[0] == 0
    finally:
        for name in found:
            os.environ.pop(name, None)
        subprocess.run(["ssh-agent", "-k"], env=environment, check=True, capture_output=True)
    assert shop.drplan("verify", shop.plan)[0] == 0


def test_what_cannot_be_approved(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged plan, a wrong duration or comment, a key that is none, no ssh-keygen: each is refused, with no file."""
    shop.planned()
    assert shop.approve("bob", "--expires", "soon")[0] == 64
    assert shop.approve("bob", "--expires", "999999w")[0] == 64
    assert shop.approve("bob", "--comment", "two\nlines")[0] == 64
    assert shop.drplan("approve", shop.plan, "--key", shop.path("nosuch"))[0] == 4
    assert shop.drplan("approve", shop.path("nosuch.json"), "--key", shop.path("nosuch"))[0] == 64
    with monkeypatch.context() as patched:
        patched.setenv("PATH", str(shop.root))
        code, _, err = shop.approve("bob")
        assert (code, "there is no ssh-keygen on the PATH" in err) == (64, True)
        fake = shop.root / "ssh-keygen"
        fake.write_text("#!/bin/sh\necho signed\n")
        fake.chmod(0o755)
        patched.setenv("PATH", f"{shop.root}:/bin:/usr/bin")
        code, _, err = shop.approve("bob")
        assert (code, "ssh-keygen's signature is no good" in err) == (4, True)
    (shop.root / "plan.json").write_text("{}")
    assert shop.approve("bob")[0] == 4
    assert list(shop.root.glob("*.approval*")) == []


def test_a_plan_that_is_denied_is_not_approved(shop: Shop) -> None:
    """A plan that recorded a denial (somebody kept it from `--format json`) is neither approved nor applied."""
    shop.project(approvals=SIGNERS, policies=[{"name": "r", "when": "true", "outcome": "deny", "message": "No."}])
    code, out, _ = shop.drplan("plan", "--format", "json")
    import rfc8785

    (shop.root / "plan.json").write_bytes(rfc8785.dumps(json.loads(out)))
    shop.project(approvals=SIGNERS)
    assert (code, shop.approve("bob")[0], shop.drplan("apply", shop.plan)[0]) == (4, 4, 4)


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


# ------------------------------------------------------------------------------------------------ without signatures


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


def test_plans_are_private_and_approvals_are_not(shop: Shop) -> None:
    """A plan is its owner's alone; statements and signatures are for others to read."""
    shop.planned()
    assert shop.approve("bob")[0] == 0
    (approval,) = shop.root.glob("plan.json.*.approval")
    assert stat.S_IMODE((shop.root / "plan.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(approval.stat().st_mode) & 0o444 == 0o444


def test_a_plan_file_with_a_strange_name(shop: Shop) -> None:
    """Letters that patterns have a meaning for are letters in a plan's name."""
    shop.planned()
    strange = shop.root / "p[1]*.json"
    shutil.copy(shop.plan, strange)
    assert shop.drplan("approve", str(strange), "--key", str(shop.keys["bob"].path))[0] == 0
    assert shop.drplan("verify", str(strange))[0] == 0
    assert shop.drplan("verify", shop.plan)[0] == 4
