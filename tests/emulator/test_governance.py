"""Approval policies guard changes; change requests make them once they are reviewed."""

from typing import Any

import pytest

from drplan.emulator import SeedError, default_world_text

USERS = """
groups: [{name: Risk team}]
users:
  - {name: ada@example.com, token: emulator}
  - {name: bob@example.com, token: bob-token}
  - {name: eve@example.com, token: eve-token, groups: [Risk team]}
"""
_, _, REST = default_world_text().partition("\n\n")
WORLD = USERS + REST
MODEL_POLICY = """
approval_policies:
  - {name: replacements, entity_type: deploymentModel, action: update, reviewers: [bob@example.com]}
"""


def policies(*rows: str) -> str:
    """Give a world with these policies; bob reviews."""
    lines = [f"  - {{{row}, reviewers: [bob@example.com]}}" for row in rows]
    return "\n".join([WORLD, "approval_policies:", *lines]) + "\n"


GUARDED = policies(
    "name: deleting, entity_type: deployment, action: delete",
    "name: important, entity_type: deployment, action: update",
    "name: models, entity_type: deploymentModel, action: update",
    "name: states, entity_type: deploymentStatus, action: update",
    "name: datasets, entity_type: deploymentConfig, action: update",
    "name: records, entity_type: deploymentMonitoringData, action: delete",
)


def ask(api: Any, deployment_id: str, action: str, change: Any, **more: Any) -> dict[str, Any]:
    """Give the change request that was made."""
    body = {"entityType": "deployment", "entityId": deployment_id, "action": action, "change": change, **more}
    return api.send("POST", "changeRequests/", body, status=201).json()


def review(api: Any, request: dict[str, Any], status: str = "approved", expected: int = 201) -> Any:
    """Give what bob's review is answered with."""
    api.token = "bob-token"
    body = {"changeVersionId": request["changeVersionId"], "status": status}
    answer = api.send("POST", f"changeRequests/{request['id']}/reviews/", body, status=expected).json()
    api.token = "emulator"
    return answer


def changes(api: Any) -> dict[str, tuple[str, str, Any, dict[str, Any]]]:
    """Give, by action, the direct request that a policy guards, and the change that asks for the same."""
    package, config = api.version("churn", 2), "5f48cb94408673683eca0fab"
    model = {"modelPackageId": package}
    return {
        "changeImportance": ("PATCH", "", {"importance": "HIGH"}, {"importance": "HIGH"}),
        "changeStatus": ("PATCH", "status/", {"status": "inactive"}, {"status": "inactive"}),
        "replaceModelPackage": (
            "PATCH",
            "model/",
            {**model, "reason": "OTHER"},
            {**model, "replacementReason": "OTHER"},
        ),
        "updateSecondaryDatasetConfig": (
            "PATCH",
            "model/secondaryDatasetConfiguration/",
            {"secondaryDatasetConfigId": config},
            {"secondaryDatasetsConfigId": config},
        ),
        "delete": ("DELETE", "", None, {"ignoreManagementAgent": False}),
    }


ACTIONS = ["changeImportance", "changeStatus", "replaceModelPackage", "updateSecondaryDatasetConfig", "delete"]


@pytest.mark.parametrize("refusal", [403, 409])
@pytest.mark.parametrize("action", ACTIONS)
def test_a_guarded_change_is_refused_and_does_nothing(open_api, action, refusal):
    """The direct request names the change request to make, and leaves the deployment as it was."""
    api = open_api(GUARDED + f"features: {{approval_refusal: {refusal}}}\n")
    made = api.deploy()
    before = api.get(f"deployments/{made}/")
    method, path, body, _ = changes(api)[action]
    answer = api.send(method, f"deployments/{made}/{path}", body, status=refusal).json()
    assert f"change request with the action {action}" in answer["message"]
    api.wait()
    assert api.get(f"deployments/{made}/") == before


@pytest.mark.parametrize("action", ACTIONS)
def test_an_approved_request_does_what_the_direct_request_does(open_api, action):
    """The same world with and without the policy ends the same; only the way there differs."""
    guarded, free = open_api(GUARDED), open_api(WORLD)
    ends = []
    for api in (guarded, free):
        made = api.deploy()
        method, path, body, change = changes(api)[action]
        if api is guarded:
            request = ask(api, made, action, change, autoApply=True)
            assert api.get(f"deployments/{made}/")["openedChangeRequests"] == [request["id"]]
            review(api, request)
            assert api.get(f"changeRequests/{request['id']}/")["status"] == "resolving"
        else:
            assert api(method, f"deployments/{made}/{path}", body).status_code < 300
        api.wait()
        if api is guarded:
            assert api.get(f"changeRequests/{request['id']}/")["status"] == "resolved"
        answer = api("GET", f"deployments/{made}/").json()
        history = api("GET", f"deployments/{made}/modelHistory/").json()
        config = api("GET", f"deployments/{made}/model/secondaryDatasetConfiguration/").json()
        reasons = [item["replacementReason"] for item in history.get("data", [])]
        ends.append([{key: value for key, value in answer.items() if key != "id"}, reasons, config])
    assert ends[0] == ends[1]


def test_the_object_of_a_request(open_api):
    """A request has every key of the reference, and says what each user may do about it."""
    api = open_api(WORLD + MODEL_POLICY)
    made = api.deploy()
    package, present = api.version("churn", 2), api.version("churn", 1)
    change = {"modelPackageId": package, "replacementReason": "ACCURACY"}
    request = ask(api, made, "replaceModelPackage", change)
    owner = api.get("account/info/")["uid"]
    may = {"canUpdate": True, "canResolve": False, "canCancel": True, "canComment": True, "canReview": False}
    assert request == {
        "id": request["id"],
        "entityType": "deployment",
        "entityId": made,
        "action": "replaceModelPackage",
        "change": change,
        "changeVersionId": request["changeVersionId"],
        "status": "pending",
        "autoApply": False,
        "userId": owner,
        "userName": "ada@example.com",
        "comment": "",
        "numApprovalsRequired": 1,
        "createdAt": "2024-05-01T10:01:00.000000Z",
        "updatedAt": "2024-05-01T10:01:00.000000Z",
        "processedAt": None,
        "statusChangedAt": None,
        "statusChangedBy": None,
        "diff": [{"field": "modelPackageId", "from": present, "to": package}],
        "userOperations": may,
    }
    api.token = "bob-token"
    seen = api.get(f"changeRequests/{request['id']}/")
    assert seen["userOperations"] == {**dict.fromkeys(may, False), "canComment": True, "canReview": True}
    api.token = "eve-token"
    api.get(f"changeRequests/{request['id']}/", status=404)


def test_a_policy_is_about_some_importances(open_api):
    """A deployment of another importance is changed directly."""
    api = open_api(policies("name: big, entity_type: deploymentStatus, action: update, importances: [CRITICAL]"))
    small, big = api.deploy(importance="LOW"), api.deploy(importance="CRITICAL")
    api.send("PATCH", f"deployments/{small}/status/", {"status": "inactive"})
    api.send("PATCH", f"deployments/{big}/status/", {"status": "inactive"}, status=403)


def test_what_no_policy_guards_needs_no_approval(open_api):
    """A request for a change that is free is approved at once, and made."""
    api = open_api(WORLD)
    made = api.deploy()
    request = ask(api, made, "changeStatus", {"status": "inactive"}, autoApply=True)
    assert (request["status"], request["numApprovalsRequired"]) == ("resolving", 0)
    api.wait()
    assert api.get(f"deployments/{made}/")["status"] == "inactive"


def test_without_auto_apply_somebody_resolves(open_api):
    """An approved request waits for its author, who can resolve it once."""
    api = open_api(WORLD + MODEL_POLICY)
    made = api.deploy()
    change = {"modelPackageId": api.version("churn", 2), "replacementReason": "OTHER"}
    request = ask(api, made, "replaceModelPackage", change)
    path = f"changeRequests/{request['id']}/status/"
    api.send("PATCH", path, {"status": "resolving"}, status=409)
    review(api, request, "APPROVED")
    api.wait()
    assert api.get(f"deployments/{made}/")["modelPackage"]["id"] == api.version("churn", 1)
    accepted = api.send("PATCH", path, {"status": "resolving"})
    api.wait()
    done = api.raw("GET", accepted.headers["location"], headers={"Authorization": "Token emulator"})
    assert (done.status_code, done.headers["location"].endswith(f"changeRequests/{request['id']}/")) == (303, True)
    assert api.get(f"deployments/{made}/")["modelPackage"]["id"] == change["modelPackageId"]
    api.send("PATCH", path, {"status": "resolving"}, status=409)


def test_another_change_is_reviewed_anew(open_api):
    """A new version takes back the approvals; the old version cannot be reviewed any more."""
    api = open_api(WORLD + MODEL_POLICY)
    made = api.deploy()
    change = {"modelPackageId": api.version("churn", 2), "replacementReason": "OTHER"}
    request = ask(api, made, "replaceModelPackage", change)
    assert review(api, request, "CHANGES_REQUESTED")["status"] == "changesRequested"
    path = f"changeRequests/{request['id']}/"
    assert api.get(path)["status"] == "changesRequested"
    mended = api.send("PATCH", path, {"change": {**change, "replacementReason": "ERRORS"}}, status=200).json()
    assert (mended["status"], mended["change"]["replacementReason"]) == ("pending", "ERRORS")
    review(api, request, expected=409)
    review(api, mended)
    assert api.get(path)["status"] == "approved"
    assert [each["status"] for each in api.get(f"{path}reviews/")["data"]] == ["changesRequested", "approved"]


def test_who_may_review(open_api):
    """Not the author, not whom the policy does not name; group members where it names their group, each once."""
    text = "approval_policies: [{name: m, entity_type: deploymentModel, action: update, groups: [Risk team], "
    api = open_api(WORLD + text + "reviewers: [bob@example.com], approvals: 2}]\n")
    made = api.deploy()
    change = {"modelPackageId": api.version("churn", 2), "replacementReason": "OTHER"}
    request = ask(api, made, "replaceModelPackage", change)
    path = f"changeRequests/{request['id']}/"
    body = {"changeVersionId": request["changeVersionId"], "status": "approved"}
    api.send("POST", f"{path}reviews/", body, status=403)
    review(api, request)
    review(api, request)
    assert api.get(path)["status"] == "pending"
    api.token = "eve-token"
    said = api.send("POST", f"{path}reviews/", body, status=201).json()
    assert api.get(f"{path}reviews/{said['id']}/") == said
    assert api.get(path)["status"] == "approved"


def test_cancelled(open_api):
    """A cancelled request is not open any more, and cannot be approved."""
    api = open_api(WORLD + MODEL_POLICY)
    made = api.deploy()
    change = {"modelPackageId": api.version("churn", 2), "replacementReason": "OTHER"}
    request = ask(api, made, "replaceModelPackage", change)
    assert api.get(f"deployments/{made}/")["governance"]["hasOpenedChangeRequests"] is True
    api.send("PATCH", f"changeRequests/{request['id']}/status/", {"status": "cancelled"})
    after = api.get(f"deployments/{made}/")
    assert (after["openedChangeRequests"], after["governance"]["hasOpenedChangeRequests"]) == ([], False)
    review(api, request, expected=409)


def test_a_failed_change_leaves_the_request_approved(open_api):
    """A replacement whose job fails leaves the old model; the request can be resolved again."""
    api = open_api(WORLD + MODEL_POLICY)
    made = api.deploy()
    change = {"modelPackageId": api.version("churn", 2), "replacementReason": "OTHER"}
    request = ask(api, made, "replaceModelPackage", change, autoApply=True)
    api.emulator.faults.add({"route": "PATCH deployments/{id}/model/", "kind": "job_error", "message": "No room."})
    review(api, request)
    api.wait()
    path = f"changeRequests/{request['id']}/"
    assert api.get(path)["status"] == "approved"
    assert api.get(f"deployments/{made}/")["modelPackage"]["id"] == api.version("churn", 1)
    api.send("PATCH", f"{path}status/", {"status": "resolving"})
    api.wait()
    assert api.get(f"deployments/{made}/")["modelPackage"]["id"] == change["modelPackageId"]


def test_created_under_a_policy(open_api):
    """A new deployment is pending until the request that the platform makes for it is approved."""
    api = open_api(policies("name: births, entity_type: deployment, action: create"))
    made = api.deploy()
    doc = api.get(f"deployments/{made}/")
    assert (doc["approvalStatus"], doc["governance"]["approvalStatus"]) == ("PENDING", "PENDING")
    (opened,) = doc["openedChangeRequests"]
    request = api.get(f"changeRequests/{opened}/")
    assert (request["action"], request["change"]) == ("approve", {"approvalStatus": "APPROVED"})
    review(api, request)
    api.wait()
    assert api.get(f"deployments/{made}/")["approvalStatus"] == "APPROVED"


@pytest.mark.parametrize(("does", "status"), [("cancel", "cancelled"), ("approve", "resolved")])
def test_automatic_action(open_api, does, status):
    """What nobody deals with in time is cancelled, or approved and made, as the policy says."""
    text = f"name: s, entity_type: deploymentStatus, action: update, automatic_action: {{action: {does}, period: PT2H}}"
    api = open_api(policies(text))
    made = api.deploy()
    request = ask(api, made, "changeStatus", {"status": "inactive"}, autoApply=True)
    api.wait(7000)
    assert api.get(f"changeRequests/{request['id']}/")["status"] == "pending"
    api.wait(400)
    assert api.get(f"changeRequests/{request['id']}/")["status"] == status
    assert api.get(f"deployments/{made}/")["status"] == ("inactive" if does == "approve" else "active")


def test_list(open_api):
    """Every filter narrows, orders order, and unknown ones are named."""
    api = open_api(GUARDED)
    first, second = api.deploy(), api.deploy()
    kept = ask(api, first, "changeStatus", {"status": "inactive"})
    api.wait(1)
    gone = ask(api, second, "changeImportance", {"importance": "LOW"})
    api.send("PATCH", f"changeRequests/{gone['id']}/status/", {"status": "cancelled"})

    def ids(query: str) -> list[str]:
        return [each["id"] for each in api.get(f"changeRequests/?{query}")["data"]]

    both = [kept["id"], gone["id"]]
    assert ids("entityType=deployment") == both
    assert ids(f"entityId={first}") == [kept["id"]]
    assert ids("status=CANCELLED&status=approved") == [gone["id"]]
    assert ids("showCancelled=False") == [kept["id"]]
    assert ids("showApproved=false") == both
    assert ids("myRequests=true") == both
    assert ids("myRequests=false") == []
    assert ids("orderBy=-createdAt") == both[::-1]
    assert api.get("changeRequests/?limit=1")["totalCount"] == 2
    assert api("GET", "changeRequests/?colour=red").json()["errors"] == {"colour": "colour is not allowed key"}
    assert api("GET", "changeRequests/?orderBy=colour").status_code == 400
    assert api("GET", "changeRequests/?status=odd").status_code == 422


def test_bad_requests(open_api):
    """What cannot be asked for is refused by field; who may not change a deployment may not ask for it."""
    api = open_api(GUARDED)
    made = api.deploy()
    body = {"entityType": "deployment", "entityId": made, "action": "changeStatus", "change": {"status": "odd"}}
    answer = api.send("POST", "changeRequests/", body, status=422).json()
    assert answer["errors"] == {"change": {"status": "must be one of active, inactive"}}
    answer = api.send("POST", "changeRequests/", {**body, "entityId": "0" * 24}, status=422).json()
    assert set(answer["errors"]) == {"entityId"}
    api.send("POST", "changeRequests/", {**body, "action": "explode"}, status=422)
    roles = [{"role": "USER", "shareRecipientType": "user", "username": "eve@example.com"}]
    api.send("PATCH", f"deployments/{made}/sharedRoles/", {"operation": "updateRoles", "roles": roles}, status=204)
    api.token = "eve-token"
    api.send("POST", "changeRequests/", {**body, "change": {"status": "inactive"}}, status=403)


def test_policies_by_the_api(open_api):
    """A policy that is made guards, one that is switched off or deleted does not; a match says which one it is."""
    api = open_api(WORLD)
    made = api.deploy()
    match = "approvalPolicyMatch/?entityType=deploymentStatus&action=update"
    assert api.get(match) == {"policyId": None}
    body = {"name": "states", "trigger": {"entityType": "deploymentStatus", "action": "update"}}
    policy = api.send("POST", "approvalPolicies/", body, status=201).json()
    assert policy == {
        "id": policy["id"],
        "name": "states",
        "active": True,
        "trigger": {"entityType": "deploymentStatus", "action": "update", "importances": []},
        "review": {"approvalsRequired": 1, "reviewers": [], "groups": []},
        "automaticAction": None,
        "openRequests": 0,
    }
    path = f"approvalPolicies/{policy['id']}/"
    assert api.get(match) == {"policyId": policy["id"]}
    api.send("PATCH", f"deployments/{made}/status/", {"status": "inactive"}, status=403)
    ask(api, made, "changeStatus", {"status": "inactive"})
    assert [each["openRequests"] for each in api.get("approvalPolicies/")["data"]] == [1]
    api.send("DELETE", path, status=409)
    assert api.send("PATCH", path, {"active": False}, status=200).json()["active"] is False
    assert api.get(match) == {"policyId": None}
    api.send("PATCH", f"deployments/{made}/status/", {"status": "inactive"})
    api.send("POST", "approvalPolicies/", body, status=409)
    bad = {**body, "name": "x", "review": {"reviewers": ["0" * 24]}}
    api.send("POST", "approvalPolicies/", bad, status=422)
    assert api("GET", "approvalPolicyMatch/?entityType=deployment").json()["errors"].keys() == {"action"}


def test_without_the_workflow(open_api):
    """Where approvals are off, nothing is guarded and the routes are forbidden."""
    api = open_api(GUARDED + "features: {approvals: false}\n")
    made = api.deploy()
    api.send("PATCH", f"deployments/{made}/status/", {"status": "inactive"})
    for path in ("changeRequests/", "approvalPolicies/", "approvalPolicyMatch/?entityType=deployment&action=delete"):
        api.get(path, status=403)


def test_a_deployment_that_goes_takes_its_requests_along(open_api):
    """What was asked of a deployment that is deleted is cancelled."""
    api = open_api(WORLD + MODEL_POLICY)
    made = api.deploy()
    change = {"modelPackageId": api.version("churn", 2), "replacementReason": "OTHER"}
    request = ask(api, made, "replaceModelPackage", change)
    api.send("DELETE", f"deployments/{made}/", status=204)
    api.wait()
    assert api.get(f"changeRequests/{request['id']}/")["status"] == "cancelled"


def test_bad_policies_in_a_seed(open_api):
    """Unknown reviewers and groups and odd periods are reported where they stand."""
    row = "  - {name: m, entity_type: deployment, action: delete, reviewers: [bo@example.com], groups: [Risk],\n"
    more = "     automatic_action: {action: cancel, period: soon}}\n"
    with pytest.raises(SeedError) as caught:
        open_api(f"{WORLD}approval_policies:\n{row}{more}")
    assert [
        (each.path, each.message.partition(" (")[0].partition(";")[0][:30]) for each in caught.value.diagnostics
    ] == [
        ("approval_policies[0].reviewers[0]", "there is no bo@example.com in "),
        ("approval_policies[0].groups[0]", "there is no Risk in groups"),
        ("approval_policies[0].automatic_action.period", "must be a duration such as P7D"),
    ]
