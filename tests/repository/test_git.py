"""Git is asked about a checkout that may be anybody's: nothing of it is run, and it does not say what is looked at."""

import os
import subprocess
from pathlib import Path

import pytest

from drplan.project.git import git_source
from drplan.records.plans import Source

SPEC = "deployments: {churn: {label: Churn, model: {registered_model: churn, version: 1}}}\n"
IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")


def git(root: Path, *arguments: str) -> str:
    """Run git as the checkout's owner would."""
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "PATH": os.environ["PATH"]}
    command = ["git", "-C", str(root), *IDENTITY, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=quiet).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config repository with one commit by Ada."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    root = tmp_path / "checkout"
    (root / "deployments").mkdir(parents=True)
    (root / "drplan.yaml").write_text("project: shop\nendpoint: emulator\n")
    (root / "deployments/churn.yaml").write_text(SPEC)
    (root / ".gitignore").write_text("ignored*\n.drplan/\n")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "First")
    return root


def source(root: Path, *, dirty: bool) -> Source:
    """Return what must be found of Ada's commit."""
    return Source(git(root, "rev-parse", "HEAD"), "ada@example.com", dirty)


def test_a_clean_checkout(checkout: Path) -> None:
    """The commit, its author, and nothing that differs; what is no spec and ignored makes no difference."""
    (checkout / ".drplan").mkdir()
    (checkout / ".drplan/state").write_text("x")
    (checkout / "deployments/ignored.txt").write_text("x")
    assert git_source(checkout) == source(checkout, dirty=False)


def test_a_project_below_the_top(checkout: Path) -> None:
    """A checkout may hold several projects: what differs in one is nothing to the other."""
    for name in ("one", "two"):
        (checkout / name / "deployments").mkdir(parents=True)
        (checkout / name / "drplan.yaml").write_text("project: shop\n")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-qm", "Second")
    (checkout / "two/drplan.yaml").write_text("project: other\n")
    assert git_source(checkout / "one") == source(checkout, dirty=False)
    assert git_source(checkout / "two") == source(checkout, dirty=True)


def test_outside_of_git(tmp_path: Path) -> None:
    """There is nothing to say."""
    assert git_source(tmp_path) is None


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_a_file_that_git_was_told_not_to_look_at(checkout: Path, flag: str) -> None:
    """Its bytes are compared all the same."""
    git(checkout, "update-index", flag, "deployments/churn.yaml")
    (checkout / "deployments/churn.yaml").write_text(SPEC.replace("version: 1", "version: 2"))
    assert git(checkout, "status", "--porcelain") == ""
    assert git_source(checkout) == source(checkout, dirty=True)


def test_a_spec_that_git_ignores(checkout: Path) -> None:
    """It is read, so the checkout is not what the commit says."""
    (checkout / "deployments/ignored.yaml").write_text("{}\n")
    assert git(checkout, "status", "--porcelain") == ""
    assert git_source(checkout) == source(checkout, dirty=True)


def test_a_spec_that_is_gone(checkout: Path) -> None:
    """What the commit has and the checkout lacks is a difference, whatever the index says."""
    git(checkout, "update-index", "--skip-worktree", "deployments/churn.yaml")
    (checkout / "deployments/churn.yaml").unlink()
    assert git_source(checkout) == source(checkout, dirty=True)


@pytest.mark.parametrize("committed", [True, False])
def test_a_linked_spec(checkout: Path, *, committed: bool) -> None:
    """The link and the file that it names are both compared."""
    (checkout / "shared").mkdir()
    (checkout / "shared/more.yaml").write_text("{}\n")
    (checkout / "deployments/more.yaml").symlink_to("../shared/more.yaml")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-qm", "Second")
    if not committed:
        git(checkout, "update-index", "--assume-unchanged", "shared/more.yaml")
        (checkout / "shared/more.yaml").write_text("deployments: {}\n")
    assert git_source(checkout) == source(checkout, dirty=not committed)


def test_line_ends_are_gits_own_matter(checkout: Path) -> None:
    """A checkout with Windows' line ends is as clean as git says it is."""
    git(checkout, "config", "core.autocrlf", "true")
    (checkout / "deployments/churn.yaml").write_bytes(SPEC.replace("\n", "\r\n").encode())
    git(checkout, "add", "--renormalize", ".")
    assert git_source(checkout) == source(checkout, dirty=False)


def test_a_repository_with_other_names(tmp_path: Path, checkout: Path) -> None:
    """Objects may be named by SHA-256."""
    other = tmp_path / "other"
    git(tmp_path, "init", "-q", "--object-format=sha256", str(other))
    (other / "deployments").mkdir()
    (other / "drplan.yaml").write_bytes((checkout / "drplan.yaml").read_bytes())
    (other / "deployments/churn.yaml").write_text(SPEC)
    git(other, "add", "-A")
    git(other, "commit", "-qm", "First")
    assert git_source(other) == source(other, dirty=False)


def test_a_bare_repository_in_the_tree(checkout: Path) -> None:
    """A commit can bring one along; the program that its configuration names is not run, and it is not ours."""
    inner = checkout / "team"
    git(checkout, "clone", "-q", "--bare", ".", str(inner))
    (inner / "drplan.yaml").write_text("project: shop\nendpoint: emulator\n")
    (inner / "deployments").mkdir()
    git(inner, "config", "core.bare", "false")
    git(inner, "config", "core.worktree", str(inner))
    git(inner, "config", "core.fsmonitor", f"touch {checkout}/ran; false")
    assert git_source(inner) is None
    assert not (checkout / "ran").exists()


def test_programs_that_a_configuration_names(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Monitors, hooks, pagers and signature programs are not run, nor do variables point git elsewhere."""
    ran = checkout.parent / "ran"
    for key in ("core.fsmonitor", "core.pager", "gpg.program"):
        git(checkout, "config", key, f"touch {ran}; false")
    git(checkout, "config", "log.showSignature", "true")
    hooks = checkout / ".git/hooks/post-index-change"
    hooks.write_text(f"#!/bin/sh\ntouch {ran}\n")
    hooks.chmod(0o755)
    expected = Source((checkout / ".git/refs/heads/main").read_text().strip(), "ada@example.com", dirty=False)
    monkeypatch.setenv("GIT_DIR", str(checkout.parent))
    monkeypatch.setenv("GIT_WORK_TREE", str(checkout.parent))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", f"touch {ran}")
    assert git_source(checkout) == expected
    assert not ran.exists()


def test_replaced_objects(checkout: Path) -> None:
    """A replacement reference cannot give the commit another author."""
    before = git_source(checkout)
    head = git(checkout, "rev-parse", "HEAD")
    text = git(checkout, "cat-file", "commit", head).replace("ada@example.com", "eve@example.com")
    made = subprocess.run(
        ["git", "-C", str(checkout), "hash-object", "-t", "commit", "-w", "--stdin"],
        input=text + "\n",
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    git(checkout, "replace", head, made)
    assert git(checkout, "log", "-1", "--format=%ae") == "eve@example.com"
    assert git_source(checkout) == before
