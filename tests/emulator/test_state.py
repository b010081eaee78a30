"""State files: what they remember, what a changed seed changes, and several processes at one file."""

import subprocess
import sys
from pathlib import Path

import pytest

import drplan.emulator
from drplan.emulator import Emulator, StateError

SEED = """
prediction_servers: [{{url: "https://p.example.com"}}]
registered_models: [{{name: m, description: {description}, versions: [{versions}]}}]
deployments:
  - {{label: one, model: {{registered_model: m, version: 1}}}}
  - {{label: two, model: {{registered_model: m, version: 1}}}}
{more}
"""


@pytest.fixture
def files(tmp_path):
    """A seed file and the path of a state file in a directory that does not exist yet."""
    seed = tmp_path / "world.yaml"
    seed.write_text(SEED.format(description="a", versions="{}", more=""))
    return {"seed": seed, "state": tmp_path / "deep" / "er" / "state.db"}


def test_a_state_file_remembers(open_api, files):
    """What one emulator did the next one sees, and jobs that were under way go on."""
    first = open_api(**_opened(files))
    body = {"modelPackageId": first.version("m", 1), "label": "made", "defaultPredictionServerId": first.server()}
    first.send("POST", "deployments/fromModelPackage/", body)
    first.emulator.close()
    second = open_api(**_opened(files))
    got = {each["label"]: each["status"] for each in second.get("deployments/")["data"]}
    assert got == {"one": "active", "two": "active", "made": "launching"}
    second.wait()
    assert second.get("deployments/?search=made")["data"][0]["status"] == "active"


def _opened(files):
    return {"seed": files["seed"].read_text(), "state": files["state"]}


def test_a_changed_seed_updates_the_catalogue_and_adds_deployments(open_api, files):
    """New versions and texts arrive; deployments are neither overwritten nor brought back; new ones are added."""
    first = open_api(**_opened(files))
    one, two = first.get("deployments/")["data"]
    first.send("PATCH", f"deployments/{one['id']}/", {"label": "renamed"}, 204)
    first.send("DELETE", f"deployments/{two['id']}/", status=204)
    first.wait()
    assert first.get("deployments/")["totalCount"] == 1
    first.emulator.close()
    three = "  - {label: three, model: {registered_model: m, version: 2}}"
    files["seed"].write_text(SEED.format(description="b", versions="{}, {}", more=three))
    second = open_api(**_opened(files))
    assert [each["label"] for each in second.get("deployments/")["data"]] == ["renamed", "three"]
    model = second.get("registeredModels/")["data"][0]
    assert (model["description"], model["lastVersionNum"]) == ("b", 2)


def test_reset_goes_back_to_the_seed(open_api, files):
    """After a reset the world is as the seed says, deleted deployments included."""
    api = open_api(**_opened(files))
    before = api.get("deployments/")
    api.send("DELETE", f"deployments/{before['data'][0]['id']}/", status=204)
    api.wait()
    assert api.get("deployments/")["totalCount"] == 1
    assert api.raw("POST", "/emulator/reset/").status_code == 200
    assert [each["id"] for each in api.get("deployments/")["data"]] == [each["id"] for each in before["data"]]


def test_a_file_that_is_no_state_is_refused(tmp_path):
    """A file that is not SQLite, or of another format, is named in the error."""
    path = tmp_path / "state.db"
    path.write_text("not a database, but long enough to be read as a header of one " * 20)
    with pytest.raises(StateError, match="not usable as the emulator's state"):
        Emulator.open(state=path)
    path.unlink()
    emulator = Emulator.open(state=path)
    emulator.store.set_fact("format", "999")
    emulator.close()
    with pytest.raises(StateError, match="written in format 999"):
        Emulator.open(state=path)


OPEN_AND_DEPLOY = """
import asyncio, sys, httpx
from drplan.emulator import Emulator
emulator = Emulator.open(state=sys.argv[1], job_seconds=0)
async def main():
    transport = httpx.ASGITransport(emulator.app)
    headers = {"Authorization": "Token " + emulator.token}
    async with httpx.AsyncClient(transport=transport, base_url="http://e/api/v2/", headers=headers) as client:
        server = (await client.get("predictionServers/")).json()["data"][0]["id"]
        package = (await client.get("modelPackages/")).json()["data"][0]["id"]
        for index in range(20):
            body = {"modelPackageId": package, "label": f"{sys.argv[2]}-{index}", "defaultPredictionServerId": server}
            response = await client.post("deployments/fromModelPackage/", json=body)
            assert response.status_code == 202, response.text
asyncio.run(main())
emulator.close()
"""


def test_processes_share_a_state_file(tmp_path):
    """Three processes that open a new state at once and create in it lose nothing."""
    state = tmp_path / "state.db"
    command = [sys.executable, "-c", OPEN_AND_DEPLOY, str(state)]
    running = [
        subprocess.Popen([*command, name], stderr=subprocess.PIPE, cwd=Path(drplan.__file__).parents[1])
        for name in ("a", "b", "c")
    ]
    results = [(child.communicate()[1].decode(), child.returncode) for child in running]
    assert results == [("", 0)] * 3
    emulator = Emulator.open(state=state)
    labels = {row[0] for row in emulator.store.db.execute("SELECT label FROM deployments")}
    emulator.close()
    assert labels == {f"{name}-{index}" for name in "abc" for index in range(20)}
