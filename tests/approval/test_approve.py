"""`drplan approve`, and `ssh-keygen` alone: what they write, and what they will not sign."""

import json
import os
import shutil
import stat
import subprocess

import pytest
import rfc8785
from signed_shop import SIGNERS, Shop

from drplan.gate.approvals import NAMESPACE


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
    (shop.root / "plan.json").write_bytes(rfc8785.dumps(json.loads(out)))
    shop.project(approvals=SIGNERS)
    assert (code, shop.approve("bob")[0], shop.drplan("apply", shop.plan)[0]) == (4, 4, 4)


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
