"""A deployment's life: created, read, patched, stopped, deleted; and who may do it."""

import pytest


def test_a_deployment_reads_as_the_reference_says(api):
    """Every key of a fresh deployment's JSON, by value."""
    made = api.deploy(
        importance="HIGH", description="d", userProvidedId="p/x", additionalMetadata=[{"key": "a", "value": "b"}]
    )
    got = api.get(f"deployments/{made}/")
    package = api.get(f"modelPackages/{api.version('churn', 1)}/")
    user = {"id": got["creator"]["id"], "email": "emulator@example.com"}
    unknown = {"status": "unknown", "startDate": None, "endDate": None}
    assert {key: value for key, value in got.items() if key not in {"capabilities", "permissions"}} == {
        "id": made,
        "label": "churn 1",
        "description": "d",
        "status": "active",
        "importance": "HIGH",
        "createdAt": "2024-05-01T10:00:00.000000Z",
        "userProvidedId": "p/x",
        "approvalStatus": "APPROVED",
        "openedChangeRequests": [],
        "additionalMetadata": [{"key": "a", "value": "b"}],
        "defaultPredictionServer": api.get("predictionServers/")["data"][0],
        "model": {
            "id": package["modelId"],
            "type": "Logistic Regression",
            "targetName": "churned",
            "targetType": "Binary",
            "projectId": None,
            "projectName": None,
            "isDeprecated": False,
            "deployedAt": "2024-05-01T10:00:04.000000Z",
            "unsupervisedMode": False,
            "unsupervisedType": None,
            "unstructuredModelKind": False,
            "buildEnvironmentType": "DataRobot",
            "hasDecisionFlow": False,
            "customModelImage": None,
        },
        "modelPackage": {
            "id": package["id"],
            "name": "churn (v1)",
            "registeredModelId": package["registeredModelId"],
        },
        "predictionUsage": {"dailyRates": [0] * 7, "lastTimestamp": None},
        "serviceHealth": {**unknown, "message": "No requests yet."},
        "modelHealth": {**unknown, "message": "There are not enough predictions (100) to compute drift."},
        "accuracyHealth": {**unknown, "status": "unavailable", "message": "Accuracy is unknown."},
        "fairnessHealth": {**unknown, "messages": [], "protectedFeaturesCount": 0, "influentialFairnessMetric": None},
        "customMetricsHealth": {**unknown, "message": "No custom metrics."},
        "actualsTimelinessHealth": {**unknown, "message": "Timeliness of actuals is not tracked."},
        "predictionsTimelinessHealth": {**unknown, "message": "Timeliness of predictions is not tracked."},
        "settings": {"humbleAiEnabled": False, "predictionIntervalsEnabled": False, "predictionWarningEnabled": False},
        "governance": {"approvalStatus": "APPROVED", "hasOpenedChangeRequests": False},
        "owners": {"count": 1, "preview": [{**user, "firstName": "Emulator", "lastName": "User"}]},
        "creator": user,
        "predictionEnvironment": None,
        "tags": [],
    }
    assert got["capabilities"]["supportsTargetDriftTracking"] is True
    assert "CAN_REPLACE_MODEL" in got["permissions"]


def test_creation_launches_and_then_is_active(api):
    """The id is known at once; the deployment is `launching` until its job is through."""
    body = {"modelPackageId": api.version("churn", 1), "label": "x", "defaultPredictionServerId": api.server()}
    made = api.send("POST", "deployments/fromModelPackage/", body).json()
    assert list(made) == ["id"]
    assert api.get(f"deployments/{made['id']}/")["status"] == "launching"
    api.wait()
    assert api.get(f"deployments/{made['id']}/")["status"] == "active"


def test_importance_defaults_by_the_approval_workflow(open_api):
    """Without an importance it is MODERATE where there is an approval workflow, LOW where there is none."""
    on, off = open_api(), open_api(WORLD.replace("features: {}", "features: {approvals: false}"))
    assert on.get(f"deployments/{on.deploy()}/")["importance"] == "MODERATE"
    assert off.get(f"deployments/{off.deploy('m', 1)}/")["importance"] == "LOW"


WORLD = """
features: {}
users:
  - {name: ada@example.com, token: ada}
  - {name: bob@example.com, token: bob, groups: [risk]}
  - {name: eve@example.com, token: eve}
groups: [{name: risk}]
prediction_servers: [{url: "https://p.example.com"}]
prediction_environments: [{name: agent, platform: onPremise, is_managed_by_management_agent: true}]
registered_models:
  - name: m
    target: y
    features: {a: Numeric}
    versions: [{}, {}, {build_status: inProgress}, {deployable: false}]
"""


@pytest.mark.parametrize(
    ("installation", "where", "field", "text"),
    [
        ("cloud", {}, "defaultPredictionServerId", "required in DataRobot Cloud"),
        (
            "self_managed",
            {"defaultPredictionServerId": "server"},
            "defaultPredictionServerId",
            "not supported in current DataRobot installation",
        ),
        ("cloud", {"defaultPredictionServerId": "0" * 24}, "defaultPredictionServerId", "does not exist"),
        ("cloud", {"predictionEnvironmentId": "0" * 24}, "predictionEnvironmentId", "does not exist"),
    ],
)
def test_where_a_deployment_may_run_depends_on_the_installation(open_api, installation, where, field, text):
    """A prediction server is required in the cloud, forbidden when self-managed, and has to exist."""
    api = open_api(WORLD.replace("features: {}", f"features: {{installation: {installation}}}"))
    if where.get("defaultPredictionServerId") == "server":
        where = {"defaultPredictionServerId": api.server()}
    body = {"modelPackageId": api.version("m", 1), "label": "x", **where}
    errors = api.send("POST", "deployments/fromModelPackage/", body, 422).json()["errors"]
    assert list(errors) == [field]
    assert text in errors[field]


def test_a_self_managed_deployment_needs_no_server(open_api):
    """Self-managed installations deploy without server and environment."""
    api = open_api(WORLD.replace("features: {}", "features: {installation: self_managed}"))
    body = {"modelPackageId": api.version("m", 1), "label": "x"}
    made = api.send("POST", "deployments/fromModelPackage/", body).json()["id"]
    assert api.get(f"deployments/{made}/")["defaultPredictionServer"] is None


def test_a_server_and_an_environment_exclude_each_other(open_api):
    """Both at once is a 422 at both fields."""
    api = open_api(WORLD)
    environment = api.get("predictionEnvironments/")["data"][0]["id"]
    where = {"defaultPredictionServerId": api.server(), "predictionEnvironmentId": environment}
    body = {"modelPackageId": api.version("m", 1), "label": "x", **where}
    errors = api.send("POST", "deployments/fromModelPackage/", body, 422).json()["errors"]
    assert sorted(errors) == sorted(where)


@pytest.mark.parametrize(("number", "text"), [(3, "is not complete: inProgress"), (4, "cannot be deployed")])
def test_models_that_cannot_serve_are_not_deployed(open_api, number, text):
    """A package that is being built or is not deployable is a 422."""
    api = open_api(WORLD)
    body = {"modelPackageId": api.version("m", number), "label": "x", "defaultPredictionServerId": api.server()}
    assert text in api.send("POST", "deployments/fromModelPackage/", body, 422).json()["errors"]["modelPackageId"]


def test_a_missing_model_package_is_404(api):
    """A package that does not exist is named in the 404."""
    body = {"modelPackageId": "0" * 24, "label": "x", "defaultPredictionServerId": api.server()}
    message = api.send("POST", "deployments/fromModelPackage/", body, 404).json()["message"]
    assert message == f"Model package {'0' * 24} not found."


def test_a_quota_limits_deployments(open_api):
    """At the organization's limit creation is a 409."""
    api = open_api(WORLD.replace("features: {}", "features: {deployment_quota: 1}"))
    api.deploy("m", 1)
    body = {"modelPackageId": api.version("m", 1), "label": "x", "defaultPredictionServerId": api.server()}
    api.send("POST", "deployments/fromModelPackage/", body, 409)


def test_user_provided_ids_can_be_switched_off(open_api):
    """Where the platform does not know userProvidedId, it is an unknown key and absent from answers."""
    api = open_api(WORLD.replace("features: {}", "features: {user_provided_id: false}"))
    body = {"modelPackageId": api.version("m", 1), "label": "x", "defaultPredictionServerId": api.server()}
    refused = api.send("POST", "deployments/fromModelPackage/", {**body, "userProvidedId": "a"}, 422)
    assert refused.json()["errors"] == {"userProvidedId": "userProvidedId is not allowed key"}
    assert "userProvidedId" not in api.get(f"deployments/{api.deploy('m', 1)}/")


def test_a_patch_changes_what_it_names(api):
    """Label, description and importance change alone; a null description clears it; others are refused."""
    made = api.deploy(description="d", importance="LOW")
    before = api.get(f"deployments/{made}/")
    api.send("PATCH", f"deployments/{made}/", {"label": "n", "description": None}, 204)
    assert api.get(f"deployments/{made}/") == {**before, "label": "n", "description": None}
    errors = api.send("PATCH", f"deployments/{made}/", {"label": None, "status": "inactive"}, 422).json()["errors"]
    assert errors == {"label": "must not be null", "status": "status is not allowed key"}


def test_deletion_lingers_and_is_final(api):
    """After the 204 lists drop it, GET still shows it, the rest is 404; then it is gone, its environment free."""
    environment = api.send(
        "POST", "predictionEnvironments/", {"name": "pe", "platform": "datarobotServerless"}, 201
    ).json()["id"]
    made = api.deploy(predictionEnvironmentId=environment)
    api.send("DELETE", f"deployments/{made}/", status=204)
    assert api.get(f"deployments/{made}/")["id"] == made
    assert [api.get(f"deployments/{query}")["totalCount"] for query in ("", "?search=churn")] == [0, 0]
    api.send("DELETE", f"deployments/{made}/", status=404)
    api.send("PATCH", f"deployments/{made}/", {"label": "x"}, 404)
    api.send("PATCH", f"deployments/{made}/settings/", {}, 404)
    api.send("DELETE", f"predictionEnvironments/{environment}/", status=409)
    api.wait()
    api.get(f"deployments/{made}/", 404)
    assert api.get("deployments/")["totalCount"] == 0
    api.send("DELETE", f"predictionEnvironments/{environment}/", status=204)


def test_status_goes_over_stopping_and_launching(api):
    """Deactivation and activation show their intermediate states; the present status or a running change is a 409."""
    made = api.deploy()
    api.send("PATCH", f"deployments/{made}/status/", {"status": "active"}, 409)
    api.send("PATCH", f"deployments/{made}/status/", {"status": "off"}, 422)
    seen = []
    for wanted in ("inactive", "active"):
        api.send("PATCH", f"deployments/{made}/status/", {"status": wanted})
        seen.append(api.get(f"deployments/{made}/")["status"])
        api.send("PATCH", f"deployments/{made}/status/", {"status": wanted}, 409)
        api.wait()
        seen.append(api.get(f"deployments/{made}/")["status"])
    assert seen == ["stopping", "inactive", "launching", "active"]


def test_an_agents_deployment_is_deleted_only_when_told_so(open_api):
    """Where a management agent serves, deletion needs ignoreManagementAgent while active."""
    api = open_api(WORLD)
    environment = api.get("predictionEnvironments/")["data"][0]["id"]
    made = api.deploy("m", 1, predictionEnvironmentId=environment)
    api.send("DELETE", f"deployments/{made}/", status=422)
    api.send("DELETE", f"deployments/{made}/?ignoreManagementAgent=true", status=204)


def test_roles_decide_what_a_user_sees_and_may(open_api):
    """Without a role 404, with a lesser one 403 for changes; shares through groups count; permissions tell."""
    api = open_api(WORLD)
    made = api.deploy("m", 1)
    group = [{"role": "CONSUMER", "shareRecipientType": "group", "id": _group(api)}]
    eve = [{"role": "USER", "shareRecipientType": "user", "username": "eve@example.com"}]
    api.send("PATCH", f"deployments/{made}/sharedRoles/", {"operation": "updateRoles", "roles": group}, 204)
    api.token = "eve"
    api.get(f"deployments/{made}/", 404)
    assert api.get("deployments/")["totalCount"] == 0
    api.token = "bob"
    assert api.get(f"deployments/{made}/")["permissions"] == ["CAN_VIEW", "CAN_MAKE_PREDICTIONS"]
    api.send("PATCH", f"deployments/{made}/", {"label": "mine"}, 403)
    api.send("PATCH", f"deployments/{made}/sharedRoles/", {"operation": "updateRoles", "roles": eve}, 403)
    api.token = "ada"
    api.send("PATCH", f"deployments/{made}/sharedRoles/", {"operation": "updateRoles", "roles": eve}, 204)
    api.token = "eve"
    assert [each["label"] for each in api.get("deployments/?role=USER")["data"]] == ["m 1"]
    give = [{"role": "OWNER", "shareRecipientType": "user", "username": "bob@example.com"}]
    api.send("PATCH", f"deployments/{made}/sharedRoles/", {"operation": "updateRoles", "roles": give}, 403)


def _group(api):
    row = api.emulator.store.db.execute("SELECT id FROM objects WHERE kind = 'group'").fetchone()
    return row[0]


def test_shared_roles_are_closed_items_and_keep_an_owner(open_api):
    """Roles list as the SDK's closed converter needs them; an unknown user is 422, the last owner's going 409."""
    api = open_api(WORLD)
    made = api.deploy("m", 1)
    path = f"deployments/{made}/sharedRoles/"
    owner = api.get(f"deployments/{made}/")["creator"]["id"]
    item = {"shareRecipientType": "user", "role": "OWNER", "id": owner, "name": "ada@example.com"}
    assert api.get(path)["data"] == [item]
    nobody = [{"role": "USER", "shareRecipientType": "user", "username": "nobody"}]
    refused = api.send("PATCH", path, {"operation": "updateRoles", "roles": nobody}, 422).json()
    assert refused["errors"] == {"roles": {"0": {"username": "no such user"}}}
    last = [{"role": "NO_ROLE", "shareRecipientType": "user", "username": "ada@example.com"}]
    api.send("PATCH", path, {"operation": "updateRoles", "roles": last}, 409)
    assert api.get(path)["data"] == [item]
    both = [{"role": "OWNER", "shareRecipientType": "user", "username": "bob@example.com"}, *last]
    api.send("PATCH", path, {"operation": "updateRoles", "roles": both}, 204)
    api.token = "bob"
    assert [each["name"] for each in api.get(path)["data"]] == ["bob@example.com"]
    assert api.get(f"deployments/{made}/")["owners"]["count"] == 1


def test_tags_are_written_read_and_can_be_missing(open_api):
    """Tags come and go with ids and show on the deployment; switched off, routes are 404 and the key is absent."""
    api = open_api(WORLD)
    made = api.deploy("m", 1)
    path = f"deployments/{made}/tags/"
    tag = api.send("POST", path, {"name": "team", "value": "a"}, 201).json()
    assert api.get(f"deployments/{made}/")["tags"] == [tag]
    api.send("PATCH", f"{path}{tag['id']}/", {"name": "team", "value": "b"}, 200)
    assert api.get(f"deployments/{made}/")["tags"] == [{**tag, "value": "b"}]
    api.send("DELETE", f"{path}{tag['id']}/", status=204)
    assert api.get(f"deployments/{made}/")["tags"] == []
    off = open_api(WORLD.replace("features: {}", "features: {tags: false}"))
    made = off.deploy("m", 1)
    off.send("POST", f"deployments/{made}/tags/", {"name": "team", "value": "a"}, 404)
    assert "tags" not in off.get(f"deployments/{made}/")


def test_a_projects_recommended_model_is_deployed(open_api):
    """`fromProjectRecommendedModel/` deploys the recommended model with its initial status and threshold."""
    api = open_api(
        WORLD
        + """
projects: [{name: p, target: y, target_type: Binary, class_names: [a, b]}]
models: [{name: other, project: p}, {name: best, project: p, recommended: true}]
"""
    )
    project = api.get("projects/")[0]["id"]
    body = {
        "projectId": project,
        "label": "x",
        "defaultPredictionServerId": api.server(),
        "status": "inactive",
        "predictionThreshold": 0.7,
    }
    made = api.send("POST", "deployments/fromProjectRecommendedModel/", body).json()["id"]
    api.wait()
    got = api.get(f"deployments/{made}/")
    assert (got["status"], got["model"]["type"], got["model"]["projectId"]) == ("inactive", "best", project)
    package = api.get(f"modelPackages/{got['modelPackage']['id']}/")
    assert (package["target"]["predictionThreshold"], package["activeDeploymentCount"]) == (0.7, 1)
    api.send("POST", "deployments/fromProjectRecommendedModel/", {**body, "projectId": "0" * 24}, 404)
