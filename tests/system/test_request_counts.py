"""What drplan costs the platform: exact request counts and bodies, by the emulator's own counters."""

from harness import CONFIG, World, deployment

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
