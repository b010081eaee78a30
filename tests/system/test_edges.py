"""Trouble on top of trouble: what happens when looking into an unclear action fails as well, and other rare turns."""

import ssl
from collections.abc import Callable
from typing import Any

import click
import httpx
import pytest
from fleet import Striking
from harness import ENDPOINT, SERVER, TOKEN, WORLD, Each, World, deployment
from terminal import Child

from drplan.cli import group
from drplan.errors import ApiError, Unreachable
from drplan.platform.api import Api
from drplan.records.plans import Result


def _blind(world: World, key: str, fault: str, answer: httpx.Response) -> None:
    """Strike an action, and from then on answer every look at a single object with `answer`."""
    striking = Striking(world, world.plan(), {key: fault})

    async def handle(request: httpx.Request) -> httpx.Response:
        if striking.struck and request.method == "GET" and request.url.path.count("/") == 5:
            return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)
        return await striking.handle_async_request(request)

    world.transport = Each(handle)


BLIND = {
    "error": httpx.Response(500, json={"message": "Oh"}),
    "web page": httpx.Response(200, html="<html/>"),
    "no object": httpx.Response(200, json={}),
    "gone": httpx.Response(404, json={}),
}


@pytest.mark.parametrize("answer", BLIND)
@pytest.mark.parametrize(
    ("specs", "key", "fault", "result"),
    [
        ({"tags": {"team": "x"}}, "deployment.a/tags/team", "drop before", Result.UNKNOWN),
        ({"tags": {"team": "x"}}, "deployment.a/tags/team", "500", Result.UNKNOWN),
        ({"status": "inactive"}, "deployment.a/deactivate", "drop after", Result.UNKNOWN),
        ({"status": "inactive"}, "deployment.a/deactivate", "409", Result.FAILED),
        ({"model": {"registered_model": "churn", "version": 2}}, "deployment.a/model", "drop after", Result.UNKNOWN),
        ({"model": {"registered_model": "churn", "version": 2}}, "deployment.a/model", "409", Result.FAILED),
    ],
)
def test_the_actions_own_error_says_more(
    world: World, specs: dict[str, Any], key: str, fault: str, result: Result, answer: str
) -> None:
    """When the object cannot be looked at after an action went wrong, the action's own error decides and is shown."""
    world.specs({"a": deployment("A")})
    assert world.apply().exit_code == 0
    world.specs({"a": {**deployment("A"), **specs}})
    inner = world.transport
    _blind(world, key, fault, BLIND[answer])
    applied = world.apply()
    assert (applied.exit_code, applied.results[key]) == (6, result)
    assert "struck" in applied.messages[key]
    world.transport = inner
    world.settle()
    assert world.apply().exit_code == 0


def test_a_failed_job_whose_object_cannot_be_read(world: World) -> None:
    """The job's error is what is reported."""
    world.specs({"a": deployment("A")})
    assert world.apply().exit_code == 0
    world.specs({"a": deployment("A", 2)})
    world.fault("PATCH deployments/{id}/model/", "job_error", message="No.")
    world.fault("GET deployments/{id}/", status=500, count=None)
    applied = world.apply()
    assert applied.messages == {"deployment.a/model": "the platform's job ended in ERROR: No."}


def test_a_replacement_that_cannot_be_confirmed(world: World) -> None:
    """The job is through and the object cannot be read: nobody knows, so it is unknown and not failed."""
    world.specs({"a": deployment("A")})
    assert world.apply().exit_code == 0
    world.specs({"a": deployment("A", 2)})
    world.fault("GET deployments/{id}/", status=500, count=None)
    applied = world.apply()
    assert applied.results == {"deployment.a/model": Result.UNKNOWN}
    assert applied.messages["deployment.a/model"].startswith("it was sent, and what became of it cannot be read: GET ")


def test_a_deletion_of_what_its_own_route_does_not_show(world: World) -> None:
    """What the list shows and its own route does not is asked to go all the same; the list has shown our seal."""
    world.specs({"a": deployment("A")})
    assert world.apply().exit_code == 0
    world.specs({})
    world.fault("GET deployments/{id}/", status=404, count=1)
    assert world.apply().exit_code == 0
    assert world.names() == []


def test_a_deletion_that_cannot_be_confirmed(world: World) -> None:
    """The deletion was accepted and the object cannot be looked for: unknown."""
    world.specs({"a": deployment("A")})
    assert world.apply().exit_code == 0
    world.specs({})
    world.fault("GET deployments/{id}/", status=500, count=None, skip=1)
    assert world.apply().results == {"deployment.a/delete": Result.UNKNOWN}


def test_tags_that_went_away_between_plan_and_apply(serve: Callable[..., World], drplan: Callable[..., Any]) -> None:
    """A platform that answers 404 on tags and shows none is one without tags: every tag is left out and said to be."""
    shop = serve(WORLD + "\nfeatures: {tags: false}\n")
    shop.specs({"a": deployment("A", tags={"x": "1", "y": "2"})})
    ended = drplan(shop, "apply", "--auto-approve")
    assert ended.code == 0
    assert ended.err.count("left out: this platform has no tags") == 3
    assert shop.counts["POST deployments/{id}/tags/"] == 1


def test_two_environments_of_one_name(world: World) -> None:
    """A name that two environments have is refused with both ids; the id in the spec says which is meant."""
    world.specs({}, prediction_environments={"serverless": {"platform": "datarobotServerless", "description": "x"}})
    inner = world.transport

    async def doubled(request: httpx.Request) -> httpx.Response:
        response = await inner.handle_async_request(request)
        if request.method != "GET" or not request.url.path.endswith("/predictionEnvironments/"):
            return response
        await response.aread()
        page = response.json()
        twin = {**page["data"][0], "id": "5f0000000000000000000e02"}
        return httpx.Response(200, json={**page, "totalCount": 2, "data": [*page["data"], twin]})

    world.transport = Each(doubled)
    applied = world.apply()
    assert (applied.exit_code, world.sent) == (4, [])
    assert applied.error.diagnostics[0].summary.startswith("2 objects have the name 'serverless': ")  # type: ignore[union-attr]  # exit 4


@pytest.mark.parametrize("odd", ["../deployments", "a/b?c=d#e", "a\x00b", "5f 5f", "é"])
def test_an_id_that_is_none_reaches_no_other_route(world: World, odd: str) -> None:
    """Whatever a spec writes as an id is asked for as one id, never as a path."""
    world.specs({"a": {"label": "A", "model": {"model_package_id": odd}, "prediction_server": SERVER}})
    applied = world.apply()
    assert (applied.exit_code, world.sent) == (3, [])
    asked = {each["route"] for each in world.emulator.requests.log}
    assert asked <= {"deployments/", "predictionServers/", "modelPackages/{id}/", "{unknown}"}


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://exa mple/api/v2",
        "https://host:99999/api/v2",
        "https://host:x/api/v2",
        "https://[::1/api/v2",
        "https://a..b/api/v2",
        "https://exämple..x/api/v2",
    ],
)
def test_an_endpoint_that_no_client_takes(shop: World, drplan: Callable[..., Any], endpoint: str) -> None:
    """What looks like an endpoint and is none is exit 5, with its name and without a traceback."""
    shop.project(endpoint=endpoint)
    shop.specs({"a": deployment("A")})
    ended = drplan(shop, "plan")
    assert (ended.code, "Traceback" in ended.err) == (5, False)
    assert endpoint in ended.err


def test_the_hint_of_a_base_that_is_no_api(world: World) -> None:
    """A web page from an endpoint without /api/v2 is answered with the one that was probably meant."""

    async def work(_: Api) -> str:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, html="<html/>"))
        async with Api("https://app.example.com/", TOKEN, transport=transport) as api:
            with pytest.raises(ApiError) as error:
                await api.get("version/")
            assert repr(api) == "Api('https://app.example.com')"
        return str(error.value)

    assert world.run(work).endswith("a web page. Did you mean https://app.example.com/api/v2?")


def test_a_private_certificate_authority(world: World) -> None:
    """A certificate that cannot be verified says which variable helps."""

    def distrust(request: httpx.Request) -> httpx.Response:
        cause = ssl.SSLCertVerificationError(1, "certificate verify failed")
        raise httpx.ConnectError("all attempts failed", request=request) from cause

    world.transport = httpx.MockTransport(distrust)
    world.specs({"a": deployment("A")})
    assert "set SSL_CERT_FILE" in str(world.apply().error)


def test_no_scheme_no_client() -> None:
    """A client of something that is no URL is refused at once."""
    with pytest.raises(ApiError, match="'nonsense' is no endpoint"):
        Api("nonsense", TOKEN)


def test_a_proxy_is_used(shop: World, drplan: Callable[..., Any], server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With HTTP_PROXY set, requests for the platform go to the proxy."""
    monkeypatch.setenv("http_proxy", server.url.removesuffix("/api/v2"))
    shop.project(endpoint="http://platform.example.com/api/v2", plain_http=True)
    shop.specs({"a": deployment("A")})
    assert drplan(shop, "apply", "--auto-approve").code == 0
    assert shop.names() == ["shop/a"]


def test_a_clock_of_ones_own(world: World) -> None:
    """`sleep` and `now` can be given: waiting for a job then goes by them."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def work(api: Api) -> None:
        async def never() -> bool:
            return False

        with pytest.raises(Unreachable, match="it did not end within 20 s"):
            await api.until("it", never)

    world.run(work, sleep=sleep, now=lambda: sum(waited), job_timeout=20)
    assert sum(waited) <= 20 < sum(waited) + 5
    assert waited[:4] == pytest.approx([0.1, 0.15, 0.225, 0.3375])
    assert max(waited) <= 5


def test_a_secret_of_the_environment(shop: World, drplan: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A value from the environment reaches the platform, and no output and no plan file."""
    secret = "SECRET-of-a-tag-42"
    monkeypatch.setenv("TEAM", secret)
    shop.specs({"a": deployment("A", tags={"team": "${env.TEAM}"})})
    path = shop.root / "plan.json"
    planned = drplan(shop, "plan", "--out", str(path))
    applied = drplan(shop, "apply", str(path))
    assert (planned.code, applied.code) == (0, 0)
    assert shop.one("a")["tags"] == {"drplan": "shop/a", "team": secret}
    assert secret not in planned.out + planned.err + applied.out + applied.err + path.read_text()


def test_a_token_in_a_platforms_message(world: World) -> None:
    """A platform that repeats the token, as it is or after `Bearer`, does not get it into a report."""
    world.specs({"a": deployment("A")})
    body = {"message": f"{TOKEN} is not Bearer {TOKEN}x", "errors": {TOKEN: f"token {TOKEN}"}}
    world.fault("POST deployments/fromModelPackage/", status=422, body=body)
    message = world.apply().messages["deployment.a/create"]
    assert "***" in message
    assert TOKEN not in message


def test_a_bug_says_that_it_is_one(shop: World, drplan: Callable[..., Any]) -> None:
    """What nobody foresaw is exit 1 with the places it came from, never a documented code nor a text with a secret."""

    @click.command("boom")
    def boom() -> None:
        try:
            {}[TOKEN]
        except KeyError as error:
            raise ZeroDivisionError(f"nobody foresaw {TOKEN}") from error

    group.add_command(boom)
    try:
        ended = drplan(shop, "boom")
    finally:
        del group.commands["boom"]
    assert ended.code == 1
    assert "this is a bug in drplan; please report it" in ended.err
    assert ended.err.rstrip().splitlines()[-1] == "KeyError"
    assert "in boom\n" in ended.err
    assert "ZeroDivisionError\n" in ended.err
    assert TOKEN not in ended.err


def test_a_reader_that_goes_away(shop: World) -> None:
    """`drplan schema | head` ends quietly, with the shell's own code for it: never one that reads as done."""
    with Child(shop.root, "schema") as child:
        assert child.popen.stdout
        child.popen.stdout.close()
        child.popen.stdout = None
        code, _, err = child.end()
    assert (code, err) == (141, "")


def test_a_served_endpoint_that_lacks_its_base(shop: World, drplan: Callable[..., Any], server: Any) -> None:
    """The commonest slip, an endpoint without /api/v2, is exit 5 with the right one, before anything is sent."""
    shop.project(endpoint=server.url.removesuffix("/api/v2"))
    shop.specs({"a": deployment("A")})
    ended = drplan(shop, "plan")
    assert (ended.code, shop.counts) == (5, {})
    assert f"did you mean {server.url}?" in ended.err
    assert ENDPOINT not in ended.err
