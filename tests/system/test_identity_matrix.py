"""Identity on every platform that the emulator can be: one deployment for each spec, and nothing of anybody else's."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from harness import WORLD, Applied, World, deployment

from drplan.records.plans import Verb

THEIRS, TOOLS, ALIKE, FOREIGN = (f"5f00000000000000000c000{number}" for number in range(1, 5))
STRANGERS = f"""
deployments:
  - {{id: {THEIRS}, label: Theirs, model: {{registered_model: churn, version: 1}}, prediction_server: default}}
  - {{id: {TOOLS}, label: Tool, user_provided_id: other/b, model: {{registered_model: churn, version: 1}},
      prediction_server: default}}
  - {{id: {ALIKE}, label: Alike, user_provided_id: shop/z, model: {{registered_model: churn, version: 1}},
      prediction_server: default}}
  - {{id: {FOREIGN}, label: Foreign, tags: {{drplan: other/a}}, model: {{registered_model: churn, version: 1}},
      prediction_server: default}}
"""
LEFT_OUT = "left out: "


@dataclass(frozen=True)
class Platform:
    """One combination of the switches of identity, and what can be expected of it."""

    tags: str
    tag_refusal: int | None
    mark: str
    mark_refusal: tuple[int, str] | None

    def __str__(self) -> str:
        refusal = "-".join(map(str, self.mark_refusal)) if self.mark_refusal else "taken"
        return f"tags {self.tags} {self.tag_refusal or 'taken'}, mark {self.mark} {refusal}"

    @property
    def seed(self) -> str:
        """The world."""
        status, by = self.mark_refusal or (0, "")
        refusal = f"{{status: {status}, by: {by}}}" if self.mark_refusal else "null"
        features = (
            f"tags: {self.tags}, tag_refusal: {self.tag_refusal or 'null'}, "
            f"user_provided_id: {self.mark}, user_provided_id_refusal: {refusal}"
        )
        return f"{WORLD}\nfeatures: {{{features}}}\n{STRANGERS}"

    @property
    def sealed(self) -> bool:
        """Whether the seal can be set and seen."""
        return self.tags != "nowhere" and self.tag_refusal is None

    @property
    def marked(self) -> bool:
        """Whether the birth mark is kept and seen."""
        return self.mark != "nowhere" and self.mark_refusal is None

    @property
    def blind(self) -> bool:
        """Whether nothing has a place for an identity."""
        return self.tags == "nowhere" and self.mark == "nowhere"


PLATFORMS = [
    Platform(*switches)
    for switches in product(
        ("lists", "objects", "nowhere"),
        (None, 403, 404, 405),
        ("lists", "objects", "nowhere"),
        (None, (400, "field"), (400, "words"), (422, "field"), (422, "words")),
    )
]


def specs(ids: dict[str, str], version: int = 1, **labels: str) -> dict[str, Any]:
    """Return specs by their names and labels; those in `ids` have an id."""
    return {
        name: deployment(label, version, **({"id": ids[name]} if name in ids else {})) for name, label in labels.items()
    }


def labels(world: World) -> list[str]:
    """Return the labels of everything that the platform holds."""
    return sorted(each["label"] for each in world.stored().values())


def said(applied: Applied) -> str:
    """Return everything that an error says."""
    error = applied.error
    return "; ".join([str(error), *map(str, error.diagnostics)]) if error else ""


@pytest.mark.parametrize("platform", PLATFORMS, ids=str)
def test_one_deployment_for_each_spec(open_world: Callable[..., World], platform: Platform) -> None:
    """Create, plan again, change, replace, adopt and delete: nothing twice, nothing foreign, and refusals say why."""
    world = open_world(platform.seed, job_seconds=0.0)
    strangers = {id_: each for id_, each in world.stored().items() if id_ != THEIRS}
    others = ["Alike", "Foreign", "Tool"]
    ids = {"theirs": THEIRS}

    world.specs(specs(ids, a="A", b="B", theirs="Theirs"))
    applied = world.apply()
    if platform.blind:
        assert (applied.exit_code, world.sent) == (4, [])
        assert "does not show whose a deployment is" in said(applied)
        world.specs(specs(ids, theirs="New label"))
        assert world.apply().exit_code == 0
        assert labels(world) == sorted([*others, "New label"])
        assert {id_: each for id_, each in world.stored().items() if id_ in strangers} == strangers
        return
    assert labels(world) == sorted([*others, "A", "B", "Theirs"])
    if platform.sealed or platform.marked:
        assert (applied.exit_code, said(applied)) == (0, "")
    else:
        made = {each["label"].lower(): id_ for id_, each in world.stored().items() if each["label"] in ("A", "B")}
        assert applied.exit_code == 6
        assert all(f"write `id: {id_}` into its spec" in said(applied) for id_ in made.values())
        world.forget()
        again = world.apply()
        assert (again.exit_code, world.sent) == (4, [])
        assert all(f"add `id: {id_}` to adopt it" in said(again) for id_ in made.values())
        ids |= made
        world.specs(specs(ids, a="A", b="B", theirs="Theirs"))

    world.forget()
    again = world.apply()
    assert (again.exit_code, labels(world)) == (0, sorted([*others, "A", "B", "Theirs"]))
    left_out = [message.startswith(LEFT_OUT) for message in again.messages.values()]
    assert all(left_out)
    if platform.sealed or platform.tags == "nowhere":
        assert world.sent == []

    world.specs(specs(ids, 2, a="A2", b="B2", theirs="Theirs2"))
    assert world.apply().exit_code == 0
    assert labels(world) == sorted([*others, "A2", "B2", "Theirs2"])
    assert {each["model"] for each in world.stored().values() if each["label"].endswith("2")} == {"churn (v2)"}

    world.specs(specs(ids, 2, b="B2"))
    assert world.apply().exit_code == 0
    assert labels(world) == sorted([*others, "B2", *([] if platform.sealed else ["A2", "Theirs2"])])
    assert {id_: each for id_, each in world.stored().items() if id_ in strangers} == strangers


@pytest.mark.parametrize("platform", [each for each in PLATFORMS if each.sealed and not each.mark_refusal], ids=str)
def test_a_run_that_ends_before_the_seal(open_world: Callable[..., World], platform: Platform) -> None:
    """What a run has made and not sealed is adopted by the next one, or where nothing tells whose it is, named."""
    world = open_world(platform.seed, job_seconds=0.0)
    world.specs(specs({}, a="A"))
    world.fault("POST deployments/{id}/tags/", status=422)
    assert world.apply().exit_code == 6
    (made,) = (id_ for id_, each in world.stored().items() if each["label"] == "A")
    world.forget()
    if platform.marked:
        assert [(action.verb, action.id) for action in world.plan()] == [(Verb.ADOPT, made)]
        assert world.apply().exit_code == 0
    else:
        again = world.apply()
        assert (again.exit_code, world.sent) == (4, [])
        assert f"add `id: {made}` to adopt it" in said(again)
    assert labels(world) == ["A", "Alike", "Foreign", "Theirs", "Tool"]


@pytest.mark.parametrize("platform", [each for each in PLATFORMS if each.sealed or each.marked], ids=str)
def test_a_creation_whose_answer_is_lost(open_world: Callable[..., World], platform: Platform) -> None:
    """A creation without an answer is looked for, wherever the platform shows its mark, and never sent again.

    Where it shows none, the next plan is refused and names what may have been made.
    """
    world = open_world(platform.seed, job_seconds=0.0)
    world.specs(specs({}, b="B"))
    assert world.apply().exit_code == 0
    world.specs(specs({}, a="A", b="B"))
    world.fault("POST deployments/fromModelPackage/", "drop", when="after", skip=int(platform.mark_refusal is not None))
    everything = ["A", "Alike", "B", "Foreign", "Theirs", "Tool"]
    assert (world.apply().exit_code, labels(world)) == (0 if platform.marked else 6, everything)
    assert (world.apply().exit_code, labels(world)) == (0 if platform.marked else 4, everything)


@pytest.mark.parametrize("platform", [each for each in PLATFORMS if each.sealed or each.marked], ids=str)
def test_the_same_where_lists_lag(open_world: Callable[..., World], platform: Platform) -> None:
    """On platforms whose lists lag each apply converges by the objects' own routes, and makes and deletes the same."""
    world = open_world(platform.seed.replace("\nfeatures: {", "\nfeatures: {list_lag_seconds: 12, "), job_seconds=0.0)
    ids = {"theirs": THEIRS}
    steps = [
        (specs(ids, a="A", b="B", theirs="Theirs"), ["A", "B", "Theirs"]),
        (specs(ids, 2, a="A2", b="B2", theirs="Theirs2"), ["A2", "B2", "Theirs2"]),
        (specs(ids, 2, b="B2"), ["B2"] if platform.sealed else ["A2", "B2", "Theirs2"]),
    ]
    for given, held in steps:
        world.specs(given)
        applied = world.apply()
        assert (applied.exit_code, said(applied)) == (0, "")
        world.emulator.clock.advance(20)
        listed = sorted(each["label"] for each in world.request("GET", "deployments/")["data"])
        assert listed == sorted([*held, "Alike", "Foreign", "Tool"])
