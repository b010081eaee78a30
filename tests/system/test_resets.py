"""What a replacement resets beside what the specs say: seen, said, and put back where the spec wants it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from harness import WORLD, Each, World, deployment

SEED = "features: {replacement_resets: [predictionsDataCollection, predictionWarning, segmentAnalysis]}\n" + WORLD
CHANGED = {
    "predictionsDataCollection": {"enabled": True},
    "predictionWarning": {"enabled": True, "customBoundaries": {"lower": 1, "upper": 2}},
    "segmentAnalysis": {"enabled": True, "attributes": ["plan"]},
}
COLLECTION = "settings.predictions_data_collection.enabled"
WARNING = "settings.prediction_warning.enabled"
BOUNDARIES = "settings.prediction_warning.custom_boundaries"
BACK = f'put back: {BOUNDARIES} (not set → {{"lower_boundary": 1, "upper_boundary": 2}}), {WARNING} (false → true)'
SEGMENTS = 'segmentAnalysis.attributes (["plan"] → []), segmentAnalysis.enabled (true → false)'


@pytest.fixture
def replaced(open_world: Callable[..., World], said: Callable[[], tuple[str, str]]) -> Callable[..., Any]:
    """Give a function that has the model of a deployment replaced, somebody having set `CHANGED` by hand.

    It returns the world, what was printed to stderr, and what the deployment's settings are afterwards.
    """

    def replaced_(**spec: Any) -> tuple[World, list[str], dict[str, Any]]:
        world = open_world(SEED)
        world.specs({"a": deployment("A", **spec)})
        assert world.apply().exit_code == 0
        (id_,) = world.stored()
        world.change("PATCH", f"deployments/{id_}/settings/", CHANGED)
        world.specs({"a": deployment("A", 2, **spec)})
        said()
        assert world.apply().exit_code == 0
        lines = said()[1].splitlines()
        assert world.plan().writes == ()
        settings = world.stored()[id_]["settings"]
        return world, lines, {key: settings[key] for key in CHANGED}

    return replaced_


RESET = {
    "predictionsDataCollection": {"enabled": False},
    "predictionWarning": {"enabled": False, "customBoundaries": None},
    "segmentAnalysis": {"enabled": False, "attributes": []},
}


def test_what_no_spec_mentions_is_said(replaced: Callable[..., Any]) -> None:
    """It stays reset, and the replacement's remark names each setting with both values; nothing else is sent."""
    _, lines, settings = replaced()
    assert settings == RESET
    assert len(lines) == 1
    assert lines[0].endswith(
        f"it reset {COLLECTION} (true → false), {WARNING} (true → false), "
        f'{BOUNDARIES} ({{"lower_boundary": 1, "upper_boundary": 2}} → not set), {SEGMENTS}, which no spec mentions'
    )


def test_what_is_ignored_is_put_back(replaced: Callable[..., Any]) -> None:
    """It is as it was; what drplan has no setting for is said."""
    _, lines, settings = replaced(lifecycle={"ignore_changes": ["settings.prediction_warning"]})
    assert settings == {**RESET, "predictionWarning": CHANGED["predictionWarning"]}
    assert lines[0].endswith(f"it reset {COLLECTION} (true → false), {SEGMENTS}, which no spec mentions")
    assert lines[1].endswith(f": {BACK}")


def test_what_a_spec_keeps_is_put_back(replaced: Callable[..., Any]) -> None:
    """All that drplan has settings for is as it was, beside what the spec says."""
    _, lines, settings = replaced(
        replacement={"keep_settings": True}, settings={"predictions_data_collection": {"enabled": True}}
    )
    assert settings == {**CHANGED, "segmentAnalysis": RESET["segmentAnalysis"]}
    assert lines[0].endswith(f"it reset {SEGMENTS}, which no spec mentions")
    assert lines[1].endswith(f"set again after the reset: {COLLECTION}; {BACK}")
    assert sum(line.endswith(": nothing was reset") for line in lines) == 3


def test_nothing_is_kept_where_a_spec_says_so(replaced: Callable[..., Any]) -> None:
    """A spec can leave to the replacement even what it ignores."""
    _, lines, settings = replaced(
        replacement={"keep_settings": False}, lifecycle={"ignore_changes": ["settings.prediction_warning"]}
    )
    assert settings == RESET
    assert len(lines) == 1


@pytest.mark.parametrize("keep", [True, False])
def test_settings_that_cannot_be_read_stop_no_replacement(open_world: Callable[..., World], keep: bool) -> None:
    """Where nobody asks for them, settings that the platform does not show are neither compared nor put back."""
    world = open_world(SEED)
    world.specs({"a": deployment("A")})
    assert world.apply().exit_code == 0
    inner = world.transport

    async def respond(request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and request.url.path.endswith(("ettings/", "Configuration/")):
            return httpx.Response(404, json={"message": "Not Found"})
        return await inner.handle_async_request(request)

    world.transport = Each(respond)
    world.specs({"a": deployment("A", 2, replacement={"keep_settings": keep})})
    assert world.apply().exit_code == 0
    assert world.one("a")["model"] == "churn (v2)"
