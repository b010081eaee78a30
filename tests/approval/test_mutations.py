"""Every field of a saved plan and of its approval, changed in turn, with and without a fresh digest: all refused."""

import copy
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from signed_shop import Shop

from drplan.errors import Refused
from drplan.plan.file import FORMAT, loads

Steps = tuple[str | int, ...]


def places(value: Any, path: Steps = ()) -> Iterator[Steps]:
    """Yield the path of everything in a document, containers included."""
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))


def mutants(value: Any) -> list[Any]:
    """Return other values for one: of its own kind, and of another."""
    if isinstance(value, bool):
        return [not value, None]
    if isinstance(value, int):
        return [value + 1, str(value)]
    if isinstance(value, str):
        return [f"{value}x", "", None] if value else ["x", None]
    if isinstance(value, list):
        return [[*value, "x"], value[1:]] if value else [["x"]]
    if isinstance(value, dict):
        return [{**value, "x": 1}, dict(list(value.items())[1:])] if value else [{"x": 1}]
    return ["x"]


def put(document: Any, path: Steps, value: Any) -> Any:
    """Return a copy of a document with another value at a path."""
    changed = copy.deepcopy(document)
    if not path:
        return value
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return changed


def with_digest(document: Any) -> Any:
    """Return a plan file's document with the digest that fits its content, as a forger would make it."""
    if not (isinstance(document, dict) and isinstance(document.get("plan"), dict)):
        return document
    content = {key: value for key, value in document["plan"].items() if key != "digest"}
    digest = hashlib.sha256(rfc8785.dumps([FORMAT, content])).hexdigest()
    return {**document, "plan": {**content, "digest": digest}}


@pytest.fixture
def approved(shop: Shop) -> Shop:
    """Give a repository with an approved plan that has an update, a validated replacement, a finding and a deletion."""
    terms = {"allowed_signers": "allowed_signers"}
    shop.specs(churn={"replacement": {"on_warning": "allow"}}, doomed={})
    shop.project(approvals={**terms, "required": {"count": 0}})
    assert shop.drplan("apply", "--auto-approve")[0] == 0
    shop.specs(
        churn={
            "replacement": {"on_warning": "allow", "reason": "DATA_DRIFT"},
            "model": {"registered_model": "churn", "version": 3},
            "description": "Other words.",
            "settings": {"association_id": {"column_names": ["id"], "required_in_prediction_requests": True}},
        },
        new={"tags": {"team": "a"}},
    )
    shop.project(
        approvals=terms, plans={"max_age": "7d"}, builtin_policies={"validation_warning": {}, "interruption": {}}
    )
    shop.commit()
    shop.planned()
    assert shop.approve("bob")[0] == 0
    assert shop.drplan("verify", shop.plan)[0] == 0
    return shop


def unreadable(content: bytes) -> bool:
    """Tell whether a plan file is refused as such, before anybody asks who approved it."""
    try:
        loads(content.decode(), "plan.json")
    except Refused:
        return True
    return False


def survivors(shop: Shop, file: Path, changed: Iterator[tuple[Any, bytes]]) -> list[Any]:
    """Write each changed file in turn and return those that `verify` does not refuse."""
    original = file.read_bytes()
    found = []
    for name, content in changed:
        file.write_bytes(content)
        if content != original and not (file.suffix == ".json" and unreadable(content)):
            found += [name] if shop.drplan("verify", shop.plan)[0] != 4 else []
    file.write_bytes(original)
    assert shop.drplan("verify", shop.plan)[0] == 0
    return found


@pytest.mark.parametrize("forge", [lambda document: document, with_digest], ids=["as it is", "with a fresh digest"])
def test_every_field_of_a_plan(approved: Shop, forge: Callable[[Any], Any]) -> None:
    """No field can be changed, added or taken away: the digest does not fit, or the approval is of another plan."""
    file = approved.root / "plan.json"
    document = json.loads(file.read_text())
    paths = [path for path in places(document) if path != ("plan", "digest") or forge is not with_digest]
    assert {path[1] for path in paths if len(path) > 1} >= set(document["plan"]) - {"digest"}
    assert min(len(document["plan"][key]) for key in ("actions", "validations", "observed", "findings")) > 0

    def changed() -> Iterator[tuple[Any, bytes]]:
        for path in paths:
            value: Any = document
            for step in path:
                value = value[step]
            for mutant in mutants(value)[: 1 if forge is with_digest else None]:
                yield (path, mutant), rfc8785.dumps(forge(put(document, path, mutant)))

    assert survivors(approved, file, changed()) == []


def test_the_order_and_the_layout_of_a_plan(approved: Shop) -> None:
    """Actions in another order, and the same content in another layout, are not the plan that was approved."""
    file = approved.root / "plan.json"
    document = json.loads(file.read_text())
    turned = put(document, ("plan", "actions"), document["plan"]["actions"][::-1])
    texts = [json.dumps(document), json.dumps(document, indent=1), file.read_text() + "\n", file.read_text()[:-1]]
    forged = [rfc8785.dumps(turned), rfc8785.dumps(with_digest(turned)), *(text.encode() for text in texts)]
    assert survivors(approved, file, iter(enumerate(forged))) == []


def test_every_byte_of_an_approval(approved: Shop) -> None:
    """A statement or a signature with one byte changed, added or missing is none."""
    (statement,) = approved.root.glob("plan.json.*.approval")
    signature = statement.with_name(f"{statement.name}.sig")
    for file, step in ((statement, 1), (signature, 3)):
        content = file.read_bytes()

        def changed(content: bytes = content, step: int = step) -> Iterator[tuple[Any, bytes]]:
            for index in range(0, len(content), step):
                one = content[index]
                other = one ^ 1 if chr(one ^ 1).isprintable() and chr(one ^ 1).strip() else one ^ 4
                yield ("changed", index), content[:index] + bytes([other]) + content[index + 1 :]
                yield ("missing", index), content[:index] + (content[index + 1 :] if one != ord("\n") else b"x")
            yield "more", content + b"more\n"
            yield "nothing", b""

        assert survivors(approved, file, changed()) == []


def test_every_field_of_an_approval_signed_again(approved: Shop) -> None:
    """A statement changed and signed again by the same key is refused for what it says; by another, for who signs."""
    (file,) = approved.root.glob("plan.json.*.approval")
    signature = file.with_name(f"{file.name}.sig")
    good, lines = file.read_bytes(), file.read_text().splitlines(keepends=True)
    bob, eve, ada = (approved.keys[name] for name in ("bob", "eve", "ada"))
    changed = [
        "drplan approval 2\n" + "".join(lines[1:]),
        lines[0] + f"plan: {'0' * 64}\n" + lines[2],
        lines[0] + lines[1] + "expires: 2020-01-01T00:00:00Z\n",
        lines[0] + lines[2] + lines[1],
        "".join(lines) + "comment: \n",
        "".join(lines[:2]),
    ]
    for text in changed:
        file.write_text(text)
        signature.write_bytes(bob.sign(text.encode()))
        assert approved.drplan("verify", approved.plan)[0] == 4, text
    file.write_bytes(good)
    for made in (eve.sign(good), ada.sign(good), bob.sign(good, "git"), bob.sign(good + b"x"), b""):
        signature.write_bytes(made)
        assert approved.drplan("verify", approved.plan)[0] == 4
    signature.write_bytes(bob.sign(good))
    assert approved.drplan("verify", approved.plan)[0] == 0
