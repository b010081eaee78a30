"""What drplan costs the platform: exact request counts and bodies, by the emulator's own counters."""

import httpx
from harness import CONFIG, WORLD, Each, World, deployment

from drplan.emulator.core.jobs import Pace

FIVE = {
    "drift_tracking": {"target_drift_enabled": True, "feature_drift_enabled": False},
    "association_id": {"column_names": ["customer_id"], "required_in_prediction_requests": True},
    "predictions_data_collection": {"enabled": True},
    "prediction_warning": {"enabled": True, "custom_boundaries": {"lower_boundary": 0, "upper_boundary": 1337}},
    "secondary_dataset_config": {"id": CONFIG},
}


def test_an_unchanged_fleet_is_read_once(world: World) -> None:
    """An unchanged plan of N costs ceil(N/100) pages, a read per settings endpoint, and one lookup per model name."""
    few = {f"d{number}": deployment(f"d{number}", settings=FIVE) for number in range(7)}
    many = {f"e{number:03}": deployment(f"e{number:03}") for number in range(200)}
    world.specs({**few, **many})
    assert world.apply().exit_code == 0
    world.forget()
    assert world.plan().writes == ()
    assert world.counts == {
        "GET deployments/": 3,
        "GET deployments/{id}/settings/": 7,
        "GET deployments/{id}/model/secondaryDatasetConfiguration/": 7,
        "GET registeredModels/": 1,
        "GET registeredModels/{id}/versions/": 1,
    }


def test_traffic_while_a_list_is_read_moves_nothing(world: World) -> None:
    """A deployment that predicts between two pages is neither lost nor seen twice: the order is the one of creation."""
    world.specs({f"e{number:03}": deployment(f"e{number:03}") for number in range(120)})
    assert world.apply().exit_code == 0
    inner = world.transport

    async def busy(request: httpx.Request) -> httpx.Response:
        response = await inner.handle_async_request(request)
        if request.url.path.endswith("/deployments/") and "offset" not in request.url.params:
            last = "UPDATE deployments SET last_prediction = '2026-01-01T00:00:00.000000Z' WHERE label = 'e119'"
            world.emulator.store.db.execute(last)
        return response

    world.transport = Each(busy)
    world.forget()
    assert world.plan().writes == ()
    assert world.counts["GET deployments/"] == 2


def test_a_creation_sends_one_settings_patch(world: World) -> None:
    """A creation with all five groups sends one POST, one tag, one settings PATCH and one secondary dataset PATCH."""
    world.specs({"new": deployment("New", settings=FIVE)})
    assert world.apply().exit_code == 0
    package = world.request("GET", "deployments/")["data"][0]["modelPackage"]["id"]
    assert world.sent == [
        (
            "POST",
            "deployments/fromModelPackage/",
            {
                "label": "New",
                "modelPackageId": package,
                "defaultPredictionServerId": "5f0000000000000000000a01",
                "userProvidedId": "shop/new",
            },
        ),
        ("POST", "deployments/{id}/tags/", {"name": "drplan", "value": "shop/new"}),
        (
            "PATCH",
            "deployments/{id}/settings/",
            {
                "targetDrift": {"enabled": True},
                "featureDrift": {"enabled": False},
                "associationId": {"columnNames": ["customer_id"], "requiredInPredictionRequests": True},
                "predictionsDataCollection": {"enabled": True},
                "predictionWarning": {"enabled": True, "customBoundaries": {"lower": 0, "upper": 1337}},
            },
        ),
        (
            "PATCH",
            "deployments/{id}/model/secondaryDatasetConfiguration/",
            {"secondaryDatasetConfigId": CONFIG},
        ),
    ]


def test_a_change_sends_only_the_changed_keys(world: World) -> None:
    """Each setting that differs is sent, its neighbours are not, and one PATCH carries those of a group."""
    world.specs({"a": deployment("A", settings=FIVE, importance="LOW", tags={"team": "x", "tier": "1"})})
    assert world.apply().exit_code == 0
    world.forget()
    changed = {
        **FIVE,
        "drift_tracking": {"target_drift_enabled": False, "feature_drift_enabled": False},
        "prediction_warning": {"enabled": True, "custom_boundaries": None},
    }
    world.specs({"a": deployment("A", settings=changed, importance="HIGH", tags={"team": "y", "tier": "1"})})
    assert world.apply().exit_code == 0
    assert world.sent == [
        ("PATCH", "deployments/{id}/", {"importance": "HIGH"}),
        ("PATCH", "deployments/{id}/tags/{tag_id}/", {"name": "team", "value": "y"}),
        (
            "PATCH",
            "deployments/{id}/settings/",
            {"targetDrift": {"enabled": False}, "predictionWarning": {"enabled": True, "customBoundaries": None}},
        ),
    ]


def test_a_replacement_costs_validate_patch_polls_one_get_and_its_settings(world: World) -> None:
    """Beside what any plan reads, a replacement validates twice, PATCHes once, polls, looks once; what it may reset is
    read before and after it, and read back once where the spec says something of it.
    """
    world.specs({"a": deployment("A", settings={"predictions_data_collection": {"enabled": True}})})
    assert world.apply().exit_code == 0
    world.specs({"a": deployment("A", 2, settings={"predictions_data_collection": {"enabled": True}})})
    plan = world.plan()
    world.emulator.machine.pace = Pace(0.0, 0.0, 0.0)
    world.forget()
    applied = world.apply(plan=plan)
    assert (applied.exit_code, [action.key for action in plan]) == (
        0,
        ["deployment.a/validate-model", "deployment.a/model", "deployment.a/reassert-settings"],
    )
    assert world.counts == {
        "POST deployments/{id}/model/validation/": 1,
        "PATCH deployments/{id}/model/": 1,
        "GET status/{id}/": 1,
        "GET deployments/{id}/": 1,
        "GET deployments/{id}/settings/": 4,  # and one to see that nothing is left
        "GET deployments/{id}/healthSettings/": 2,
        "GET deployments/{id}/challengerReplaySettings/": 2,
        "GET deployments/{id}/model/secondaryDatasetConfiguration/": 2,
        "GET deployments/": 1,
        "GET registeredModels/": 1,
        "GET registeredModels/{id}/versions/": 1,
    }


def test_a_saved_plan_reads_what_it_has_read_once_more(world: World) -> None:
    """Applying a saved plan makes it again, which costs what planning costs: one list, the documents, the model names.

    What it is about to change is read once more just before; afterwards all is planned again.
    """
    world.specs({name: deployment(name, settings=FIVE) for name in ("a", "b")})
    assert world.apply().exit_code == 0
    settings = {**FIVE, "predictions_data_collection": {"enabled": False}}
    world.specs({"a": deployment("a", settings=settings), "b": deployment("b", settings=FIVE)})
    plan = world.plan()
    world.emulator.machine.pace = Pace(0.0, 0.0, 0.0)
    world.forget()
    assert world.apply(plan=plan, reread=True).exit_code == 0
    assert world.counts == {
        "GET deployments/": 2,
        "GET deployments/{id}/": 1,
        "GET deployments/{id}/settings/": 5,
        "GET deployments/{id}/model/secondaryDatasetConfiguration/": 5,
        "PATCH deployments/{id}/settings/": 1,
        "GET status/{id}/": 1,
        "GET registeredModels/": 2,
        "GET registeredModels/{id}/versions/": 2,
    }


def test_equal_names_are_looked_up_once(world: World) -> None:
    """Distinct model names cost one list and one versions read each, however many deployments name them."""
    more = "  - {name: other, target: churned, target_type: Binary, versions: [{number: 1}]}\n"
    world.emulator.close()
    other = World(world.root, WORLD.replace("secondary_dataset_configs:", more + "secondary_dataset_configs:"))
    specs = {f"c{number}": deployment(f"c{number}") for number in range(3)}
    for number in range(3):
        specs[f"o{number}"] = {**deployment(f"o{number}"), "model": {"registered_model": "other", "version": "latest"}}
    other.specs(specs)
    other.plan()
    assert other.counts == {
        "GET deployments/": 1,
        "GET registeredModels/": 2,
        "GET registeredModels/{id}/versions/": 2,
        "GET predictionServers/": 1,
    }
    other.close()
