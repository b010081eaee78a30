"""The vendor's SDK, unmodified: change requests and their reviews."""

import warnings

import pytest
from test_governance import MODEL_POLICY, WORLD

dr = pytest.importorskip("datarobot")
from datarobot.errors import ClientError  # noqa: E402 - the SDK may be missing
from datarobot.models.change_request import ChangeRequest, ChangeRequestReview  # noqa: E402 - as above

pytestmark = pytest.mark.filterwarnings("ignore")  # the SDK and its libraries warn about themselves


@pytest.fixture
def become(serve_world):
    """A world in which bob reviews replacements, and a function that sets the SDK's client to a user's token."""
    running = serve_world(WORLD + MODEL_POLICY)

    def become_(token):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dr.Client(token=token, endpoint=running.url)

    become_("emulator")
    return become_


def _deployment():
    churn = next(model for model in dr.RegisteredModel.list() if model.name == "churn")
    first, second = churn.list_versions()[:2]
    server = dr.PredictionServer.list()[0].id
    made = dr.Deployment.create_from_registered_model_version(first.id, label="x", default_prediction_server_id=server)
    return made, second.id


def _ask(made, package, **more):
    change = {"modelPackageId": package, "replacementReason": "ACCURACY"}
    return ChangeRequest.create("deployment", made.id, "replaceModelPackage", change, **more)


def test_the_life_of_a_request(become):
    """Asked for, sent back, mended, approved by another user, resolved: then the model is another one."""
    made, package = _deployment()
    with pytest.raises(ClientError, match="change request"):
        made.perform_model_replace(package, "ACCURACY")
    request = _ask(made, package, comment="because")
    assert [each.id for each in ChangeRequest.list("deployment", made.id, ["pending"])] == [request.id]
    become("bob-token")
    review = ChangeRequest.get(request.id).request_changes("say why")
    assert (review.status, review.comment, review.user_name) == ("changesRequested", "say why", "bob@example.com")
    become("emulator")
    mended = ChangeRequest.get(request.id).update(comment="it is more accurate", change={**request.change})
    assert (mended.status, mended.comment) == ("changesRequested", "it is more accurate")
    become("bob-token")
    ChangeRequest.get(request.id).approve()
    assert [each.status for each in ChangeRequestReview.list(request.id)] == ["changesRequested", "approved"]
    assert ChangeRequestReview.get(request.id, review.id).comment == "say why"
    become("emulator")
    assert ChangeRequest.get(request.id).resolve().status == "resolved"
    assert dr.Deployment.get(made.id).model_package["id"] == package


def test_cancel(become):
    """A request that its author cancels leaves the deployment as it was."""
    made, package = _deployment()
    assert _ask(made, package, auto_apply=True).cancel().status == "cancelled"
    become("bob-token")
    with pytest.raises(ClientError, match="cancelled already"):
        ChangeRequest.list("deployment", statuses=["cancelled"])[0].approve()
