"""Worlds for the tests, and the watch over the token: it must not stand in anything that drplan has said or kept."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import TOKEN, World


@pytest.fixture(autouse=True)
def said(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Callable[[], tuple[str, str]]]:
    """Give what was printed since the last call; afterwards, no output and no file but a world's own has the token."""
    everything: list[str] = []

    def heard() -> tuple[str, str]:
        out, err = capfd.readouterr()
        everything.extend((out, err))
        return out, err

    yield heard
    heard()
    assert TOKEN not in "".join(everything)
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.name not in ("world.yaml", "drconfig.yaml") and "sqlite" not in path.name:
            assert TOKEN.encode() not in path.read_bytes(), path


@pytest.fixture
def open_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Give a function that opens a world (of a seed) with an empty config repository of its own."""
    opened: list[World] = []

    def open_(*seed: str, **options: Any) -> World:
        opened.append(World(tmp_path / f"repository{len(opened)}", *seed, **options))
        return opened[-1]

    yield open_
    for each in opened:
        each.close()


@pytest.fixture
def world(open_world: Callable[..., World]) -> World:
    """Give the usual world."""
    return open_world()
