"""A fleet is not deleted by accident: emptied, renamed and lost spec files, and what somebody has to say first."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from harness import World, deployment

from drplan.errors import Refused, UsageError
from drplan.gate.deletions import too_many_deletions
from drplan.records.plans import Action, Plan, Verb
from drplan.records.specs import Address

HINT = "look for spec files that are empty, renamed or missing, or pass --allow-deletions if it is meant"


def fleet(count: int) -> dict[str, Any]:
    """Return specs of so many deployments."""
    return {f"d{number:02}": deployment(f"D{number:02}") for number in range(count)}


def found(deleted: Iterable[str], live: int, percent: int | None, *named: str, remade: Iterable[str] = ()) -> list[str]:
    """Return what is found in a plan that deletes these deployments of a fleet, and makes some of them again."""
    actions = [
        Action(f"deployment.{name}/{verb}", Address("deployment", name), verb, "", "", "")
        for verb, names in ((Verb.DELETE, deleted), (Verb.CREATE, remade))
        for name in names
    ]
    plan = Plan("", "shop", "", (), tuple(actions))
    return [each.message for each in too_many_deletions(plan, {"deployment": live}, named, percent)]


@pytest.mark.parametrize(
    ("deleted", "live", "percent", "message"),
    [
        (0, 0, None, ""),
        (0, 12, 0, ""),
        (1, 2, None, ""),
        (8, 9, None, ""),
        (1, 1, None, "the only deployment of this project would be deleted"),
        (3, 3, None, "all 3 deployments of this project would be deleted"),
        (3, 10, None, ""),
        (4, 10, None, "4 of 10 deployments of this project would be deleted, and 30 % may be"),
        (1, 2, 50, ""),
        (1, 3, 20, "1 of 3 deployments of this project would be deleted, and 20 % may be"),
        (1, 20, 0, "1 of 20 deployments of this project would be deleted, and 0 % may be"),
        (20, 20, 100, ""),
    ],
)
def test_the_share(deleted: int, live: int, percent: int | None, message: str) -> None:
    """Of ten or more 30 % may go, and never all; the project file's share holds for fleets of any size."""
    names = [f"d{number}" for number in range(deleted)]
    assert found(names, live, percent) == ([f"{message}; {HINT}"] if message else [])


def test_what_is_not_counted() -> None:
    """A deletion that `--target` names, and one of what is made again, is no accident."""
    assert found(["a", "b"], 2, None, "deployment.a") == []
    assert found(["a", "b"], 2, None, remade=["b"]) == []
    assert len(found(["a", "b"], 2, None, "deployment.c", remade=["c"])) == 1


def test_emptied_specs(shop: World, drplan: Callable[..., Any]) -> None:
    """Specs that hold nothing delete nothing until somebody says so: plan and apply end with 4, and keep no plan."""
    shop.specs(fleet(3))
    assert drplan(shop, "apply", "--auto-approve").code == 0
    shop.specs({})
    out = str(shop.root / "plan.json")
    for command in (["plan", "--out", out], ["apply", "--auto-approve"]):
        ended = drplan(shop, *command)
        assert ended.code == 4
        assert f"denied by max_deletions: all 3 deployments of this project would be deleted; {HINT}" in ended.err
    assert not (shop.root / "plan.json").exists()
    assert shop.names() == ["shop/d00", "shop/d01", "shop/d02"]
    assert drplan(shop, "apply", "--auto-approve", "--allow-deletions").code == 0
    shop.settle()
    assert shop.names() == []


def test_a_saved_plan_is_not_asked_again(shop: World, drplan: Callable[..., Any]) -> None:
    """What was said when a plan was made holds when it is applied, where it cannot be said any more."""
    shop.specs(fleet(2))
    assert drplan(shop, "apply", "--auto-approve").code == 0
    shop.specs({})
    out = str(shop.root / "plan.json")
    assert drplan(shop, "plan", "--allow-deletions", "--out", out).code == 0
    assert drplan(shop, "apply", out, "--allow-deletions").code == UsageError.exit_code
    assert drplan(shop, "apply", out).code == 0
    shop.settle()
    assert shop.names() == []


def test_a_part_of_the_fleet(world: World) -> None:
    """The share is that of the whole fleet, whatever the command is about; the project file can give another."""
    world.specs(fleet(12))
    assert world.apply().exit_code == 0
    specs = fleet(8)
    world.specs(specs)
    (finding,) = world.plan(allow_deletions=False).findings
    assert finding.message == f"4 of 12 deployments of this project would be deleted, and 30 % may be; {HINT}"
    assert world.plan(allow_deletions=False, excludes=["deployment.d11"]).findings == ()
    assert world.plan(allow_deletions=False, targets=["deployment.d10", "deployment.d11"]).findings == ()
    world.project(plans={"max_deletions": "40%"})
    assert world.plan(allow_deletions=False).findings == ()


def test_destroy_is_told(shop: World, drplan: Callable[..., Any]) -> None:
    """`destroy` says what it deletes, and needs no other word."""
    shop.specs(fleet(2))
    assert drplan(shop, "apply", "--auto-approve").code == 0
    assert drplan(shop, "destroy", "--auto-approve").code == 0
    shop.settle()
    assert shop.names() == []


def test_a_share_that_is_none(shop: World, drplan: Callable[..., Any]) -> None:
    """A share is a percentage in words that people know from elsewhere."""
    shop.project(plans={"max_deletions": "101%"})
    ended = drplan(shop, "validate")
    assert (
        ended.code,
        "plans.max_deletions: '101%' has another form than is wanted here\n  for example '50%'" in ended.err,
    ) == (3, True)


def test_from_python(shop: World, drplan: Callable[..., Any]) -> None:
    """The library plans what it would delete, and applies it where it is allowed."""
    import drplan as library

    shop.specs(fleet(2))
    assert drplan(shop, "apply", "--auto-approve").code == 0
    shop.specs({})
    here = library.open(shop.root)
    with pytest.raises(Refused, match="the policies do not allow this plan"):
        here.apply(here.plan())
    here.apply(here.plan(allow_deletions=True))
    shop.settle()
    assert shop.names() == []


# --------------------------------------------------------------------------------------------------- what is not read


def test_files_that_are_not_read(shop: World, drplan: Callable[..., Any]) -> None:
    """A file below deployments/ that is no spec is named by validate, plan and apply, and stops none of them."""
    shop.specs(fleet(1))
    for name in ("more.json", "b.yml.txt", "c.yaml.j2", "d.yaml.bak"):
        (shop.root / "deployments" / name).write_text("{}")
    (shop.root / "deployments" / "team").mkdir()
    (shop.root / "deployments" / "team" / "E.YML").write_text("")
    named = ["b.yml.txt", "c.yaml.j2", "d.yaml.bak", "more.json"]
    places = [f"deployments/{name}:1:1: this file is not read" for name in named]
    ended = drplan(shop, "validate")
    assert (ended.code, ended.out) == (0, "Valid: 1 resource.\n")
    assert ended.err == "".join(f"Warning: {place}\n  specs end in .yaml or .yml\n" for place in places)
    for command in ("plan", "apply"):
        ended = drplan(shop, command, *(["--auto-approve"] if command == "apply" else []))
        assert ended.code == 0
        lines = [line for line in ended.err.splitlines() if "not read" in line]
        assert lines == [f"{place} (specs end in .yaml or .yml)" for place in places]
    verdict = drplan(shop, "validate", "--format", "json").json
    assert (verdict["valid"], verdict["warning_count"], len(verdict["diagnostics"])) == (True, 4, 4)


def test_what_editors_leave_is_passed_over(shop: World, drplan: Callable[..., Any]) -> None:
    """Locks, copies and hidden files are neither read, whatever is in them, nor named."""
    shop.specs(fleet(1))
    for name in (".#all.yaml", ".all.yaml.swp", "#all.yaml#", "all.yaml~", "~$all.yaml", ".hidden.yaml", "4.swo"):
        (shop.root / "deployments" / name).write_text("no: [yaml")
    (shop.root / "deployments" / ".git").mkdir()
    (shop.root / "deployments" / ".git" / "config").write_text("")
    ended = drplan(shop, "validate")
    assert ended == type(ended)(0, "Valid: 1 resource.\n", "")
