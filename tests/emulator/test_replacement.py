"""Model replacement as a job: states, the lagging package id, history, failure, resets."""

WORLD = """
features: {replacement_resets: [associationId, predictionWarning]}
prediction_servers: [{url: "https://p.example.com"}]
registered_models: [{name: churn, target: y, versions: [{}, {}]}]
"""


def _replace(api, made, number, status=202, **more):
    body = {"modelPackageId": api.version("churn", number), "reason": "ACCURACY", **more}
    return api.send("PATCH", f"deployments/{made}/model/", body, status)


def test_a_replacement_goes_through_its_states(open_api):
    """replacingModel with the old model, then active with the new one whose package id lags, then both."""
    api = open_api(lag_seconds=2.0)
    made = api.deploy()
    old, new = api.version("churn", 1), api.version("churn", 2)
    response = _replace(api, made, 2)
    assert response.json()["status"] == "passing"
    seen = []
    for _ in range(3):
        got = api.get(f"deployments/{made}/")
        seen.append((got["status"], got["model"]["type"], got["modelPackage"]["id"]))
        api.wait(4 if len(seen) == 1 else 2)
    assert seen == [
        ("replacingModel", "Logistic Regression", old),
        ("active", "Random Forest Classifier", old),
        ("active", "Random Forest Classifier", new),
    ]
    done = api.raw("GET", response.headers["location"], headers={"Authorization": "Token emulator"})
    assert (done.status_code, done.headers["location"]) == (303, f"http://emulated/api/v2/deployments/{made}/")


def test_while_one_runs_another_and_a_status_change_are_409(api):
    """A running replacement excludes a second one and a deactivation."""
    made = api.deploy()
    _replace(api, made, 2)
    assert _replace(api, made, 3, 409).json()["checks"]["supported"]["status"] == "failing"
    api.send("PATCH", f"deployments/{made}/status/", {"status": "inactive"}, 409)


def test_the_history_keeps_reasons_and_times(api):
    """modelHistory/ lists the models, the present one first, with when each came and why."""
    made = api.deploy()
    _replace(api, made, 2)
    api.wait()
    history = api.get(f"deployments/{made}/modelHistory/")["data"]
    ends = [(each["modelPackageId"], each["replacementReason"], each["startedAt"], each["endedAt"]) for each in history]
    assert ends == [
        (api.version("churn", 2), "ACCURACY", "2024-05-01T10:01:04.000000Z", None),
        (api.version("churn", 1), None, "2024-05-01T10:00:00.000000Z", "2024-05-01T10:01:04.000000Z"),
    ]


def test_a_failed_job_leaves_the_old_model(api):
    """A replacement whose job ends in ERROR leaves the old model active; only the job's record tells."""
    made = api.deploy()
    before = api.get(f"deployments/{made}/")
    api.emulator.faults.add({"route": "PATCH deployments/{id}/model/", "kind": "job_error", "message": "No memory."})
    location = _replace(api, made, 2).headers["location"].removeprefix("http://emulated/api/v2/")
    assert api.get(location)["message"] == ""
    api.wait()
    record = api.get(location)
    assert (record["status"], record["message"]) == ("ERROR", "No memory.")
    assert api.get(f"deployments/{made}/") == before
    assert len(api.get(f"deployments/{made}/modelHistory/")["data"]) == 1
    _replace(api, made, 2)
    api.wait()
    assert api.get(f"deployments/{made}/")["modelPackage"]["id"] == api.version("churn", 2)


def test_settings_survive_unless_the_world_resets_them(open_api):
    """By default a replacement leaves all settings; with the switch it resets the named groups and only those."""
    patch = {
        "associationId": {"columnNames": ["id"]},
        "predictionWarning": {"enabled": True, "customBoundaries": {"lower": 0, "upper": 1}},
        "targetDrift": {"enabled": False},
    }
    kept = {}
    for name, api in (("default", open_api()), ("resetting", open_api(WORLD))):
        made = api.deploy()
        path = f"deployments/{made}/settings/"
        defaults = api.get(path)
        api.send("PATCH", path, patch)
        api.wait()
        before = api.get(path)
        _replace(api, made, 2)
        api.wait()
        kept[name] = api.get(path)
        if name == "default":
            assert kept[name] == before
        else:
            assert kept[name] == {**before, **{key: defaults[key] for key in ("associationId", "predictionWarning")}}


def test_the_legacy_form_names_a_model(api):
    """`modelId` finds the model's package."""
    made = api.deploy()
    model = api.get(f"modelPackages/{api.version('churn', 2)}/")["modelId"]
    api.send("PATCH", f"deployments/{made}/model/", {"modelId": model, "reason": "OTHER"})
    api.wait()
    assert api.get(f"deployments/{made}/")["modelPackage"]["id"] == api.version("churn", 2)


def test_a_reason_is_required_and_one_of_the_platforms(api):
    """A missing or invented reason is a 422."""
    made = api.deploy()
    assert "reason" in _replace(api, made, 2, 422, reason="BECAUSE").json()["errors"]
    body = {"modelPackageId": api.version("churn", 2)}
    assert api.send("PATCH", f"deployments/{made}/model/", body, 422).json()["errors"] == {"reason": "is required"}


def test_active_deployments_are_counted_where_they_serve(api):
    """activeDeploymentCount moves with the model, and a registered model in use cannot be archived."""
    made = api.deploy()
    versions = [api.version("churn", 1), api.version("churn", 2)]
    counts = lambda: [api.get(f"modelPackages/{each}/")["activeDeploymentCount"] for each in versions]  # noqa: E731 - read twice
    assert counts() == [1, 0]
    _replace(api, made, 2)
    api.wait()
    assert counts() == [0, 1]
    registered = api.get(f"modelPackages/{versions[0]}/")["registeredModelId"]
    api.send("DELETE", f"registeredModels/{registered}/", status=409)
    champion = api.get(f"deployments/{made}/championModelPackage/")
    assert (champion["id"], champion["registeredModelVersion"]) == (versions[1], 2)


def test_a_user_without_ownership_is_told_by_validation_and_refused_by_replacement(open_api):
    """Validation answers 200 with `permission` failing, the replacement itself a 403."""
    api = open_api(WORLD + "users: [{name: a, token: a}, {name: b, token: b}]\n")
    made = api.deploy()
    roles = [{"role": "USER", "shareRecipientType": "user", "username": "b"}]
    api.send("PATCH", f"deployments/{made}/sharedRoles/", {"operation": "updateRoles", "roles": roles}, 204)
    body = {"modelPackageId": api.version("churn", 2)}
    api.token = "b"
    checks = api.send("POST", f"deployments/{made}/model/validation/", body, 200).json()["checks"]
    assert checks["permission"] == {"status": "failing", "message": "User does not have permission to replace model."}
    api.send("PATCH", f"deployments/{made}/model/", {**body, "reason": "OTHER"}, 403)
