"""What groups can say: rows made for the test drive each word, so that none works by the luck of today's rows."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import goldens
from test_order import registry

from drplan.kinds import KINDS, PRIMARY
from drplan.platform.observe import reobserve
from drplan.platform.read import read_documents
from drplan.registry.kinds import Kind
from drplan.registry.rows import Group

ITEM = "deployments/5a0000000000000000000001/"


@contextmanager
def group_with(name: str, **said: object) -> Iterator[Kind]:
    """Let one of the primary kind's groups say something else."""
    groups: tuple[Group, ...] = tuple(
        replace(group, **said) if group.name == name else group  # type: ignore[arg-type]  # fields by name
        for group in PRIMARY.groups
    )
    kind = replace(PRIMARY, groups=groups)
    with registry(MappingProxyType({**KINDS, PRIMARY.name: kind})):
        yield kind


def case_named(name: str) -> goldens.Case:
    """Return a golden case by its name."""
    return next(case for case in goldens.every_case() if case.name == name)


def test_groups_that_share_a_document() -> None:
    """Groups that read the same route cost one request: when planning, when looking again, and when showing."""
    case = case_named("change: unchanged")
    route = f"{ITEM}settings/"
    platform = goldens.Platform(case.platform)

    async def looked_again() -> None:
        async with platform.api() as api:
            assert await reobserve(api, plan) == plan.observed

    async def shown(kind: Kind, groups: list[str]) -> dict[str, Any]:
        async with platform.api() as api:
            live = await read_documents(api, kind, case.platform["deployments/"][0], groups)
            return {name: live.documents[name] for name in groups}

    with group_with("secondary_dataset_config", read="deployments/{id}/settings/") as kind:
        _, asked = goldens.outcome(case)
        plan = goldens.planned(case)
        asyncio.run(looked_again())
        again, platform.asked = platform.asked, []
        groups = [group.name for group in kind.groups if group.read]
        documents = asyncio.run(shown(kind, groups))
    assert [each for each in asked if each.startswith(ITEM)] == [route]
    assert sorted(again) == ["deployments/", route]
    assert platform.asked == [route]
    assert documents == dict.fromkeys(groups, case.platform[route])
