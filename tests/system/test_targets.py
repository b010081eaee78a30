"""Where a run goes and with which token: flag, file, environment, vendor's file, in that order and no other."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from harness import TOKEN, World, deployment

from drplan.errors import ApiError, Refused, UsageError
from drplan.project.file import Project
from drplan.project.target import Target, resolve_target, resolve_token

FLAG, FILE, VARIABLE, VENDOR = (f"https://{name}.example.com/api/v2" for name in ("flag", "file", "variable", "vendor"))


def vendor_file(tmp_path: Path, endpoint: str = VENDOR, token: str = TOKEN) -> dict[str, str]:
    """Write the vendor's config file and return the environment that names it."""
    path = tmp_path / "drconfig.yaml"
    path.write_text(f"endpoint: {endpoint}\ntoken: {token}\n")
    return {"DATAROBOT_CONFIG_FILE": str(path)}


def project(endpoint: str | None) -> Project:
    """Return a project whose file names an endpoint, or none."""
    return Project(root=Path(), name="shop", endpoint=endpoint)


@pytest.mark.parametrize("flag", [FLAG, None])
@pytest.mark.parametrize("file", [FILE, "emulator", None])
@pytest.mark.parametrize("variable", [VARIABLE, None])
@pytest.mark.parametrize("vendor", [True, False])
def test_precedence(tmp_path: Path, flag: str | None, file: str | None, variable: str | None, vendor: bool) -> None:
    """The flag, else the project file, else the environment, else the vendor's file, else an error with the choices."""
    environment = vendor_file(tmp_path) if vendor else {"DATAROBOT_CONFIG_FILE": str(tmp_path / "none.yaml")}
    if variable:
        environment["DATAROBOT_ENDPOINT"] = variable
    choices = [
        (flag, "--endpoint"),
        (file, "drplan.yaml"),
        (variable, "DATAROBOT_ENDPOINT"),
        (VENDOR if vendor else None, environment["DATAROBOT_CONFIG_FILE"]),
    ]
    first = next(((endpoint, source) for endpoint, source in choices if endpoint), None)
    if first:
        assert resolve_target(flag, project(file), environment) == Target(*first)
        return
    with pytest.raises(UsageError) as error:
        resolve_target(flag, project(file), environment)
    for word in ("drplan.yaml", "--endpoint", "DATAROBOT_ENDPOINT"):
        assert word in str(error.value)


def test_an_exported_variable_never_turns_an_example_into_production(
    shop: World, drplan: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an endpoint in the file, the environment's is never gone to; nor does its token go to another platform."""
    shop.specs({"a": deployment("A")})
    assert drplan(shop, "apply", "--auto-approve").code == 0
    assert shop.names() == ["shop/a"]
    shop.forget()
    monkeypatch.setenv("DATAROBOT_ENDPOINT", "https://production.example.com/api/v2")
    ended = drplan(shop, "plan")
    assert (ended.code, shop.counts) == (4, {})
    assert "is for DATAROBOT_ENDPOINT, https://production.example.com/api/v2, and drplan.yaml names" in ended.err
    (shop.root / "drplan.yaml").write_text("project: shop\nendpoint: emulator\n")
    shop.specs({})
    assert drplan(shop, "plan").out.splitlines()[0] == "Project shop on emulator"


def test_the_variable_is_used_where_the_file_is_silent(
    shop: World, drplan: Callable[..., Any], server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project file without an endpoint leaves the target to the environment."""
    (shop.root / "drplan.yaml").write_text("project: shop\n")
    shop.specs({"a": deployment("A")})
    ended = drplan(shop, "plan")
    assert (ended.code, "no endpoint: write `endpoint:` in drplan.yaml" in ended.err) == (64, True)
    monkeypatch.setenv("DATAROBOT_ENDPOINT", f"{server.url}/")
    assert drplan(shop, "plan").out.splitlines()[0] == f"Project shop on {server.url}"
    assert drplan(shop, "--endpoint", "emulator", "plan").out.splitlines()[0] == "Project shop on emulator"


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ("https://app.datarobot.com", "lacks /api/v2; did you mean https://app.datarobot.com/api/v2?"),
        ("https://app.datarobot.com/", "lacks /api/v2; did you mean https://app.datarobot.com/api/v2?"),
        ("https://app.datarobot.com/api/v1", "lacks /api/v2; did you mean https://app.datarobot.com/api/v2?"),
        ("app.datarobot.com/api/v2", "is no endpoint; write https://HOST/api/v2, or emulator"),
        ("ftp://host/api/v2", "is no endpoint; write https://HOST/api/v2, or emulator"),
        ("https:///api/v2", "is no endpoint; write https://HOST/api/v2, or emulator"),
        (f"https://me:{TOKEN}@host/api/v2", "holds a user or password"),
    ],
)
def test_an_endpoint_that_is_none(endpoint: str, message: str) -> None:
    """What cannot be an endpoint is exit 5 before anything is sent, and says what it should look like."""
    with pytest.raises(ApiError) as error:
        resolve_target(None, project(endpoint), {"DATAROBOT_CONFIG_FILE": "/nowhere"})
    assert message in str(error.value)
    assert "drplan.yaml" in str(error.value)
    assert TOKEN not in str(error.value)


@pytest.mark.parametrize(
    ("endpoint", "canonical"),
    [
        ("https://app.datarobot.com/api/v2/", "https://app.datarobot.com/api/v2"),
        ("HTTPS://App.DataRobot.COM.:443/api/v2", "https://app.datarobot.com/api/v2"),
        ("https://app.datarobot.com:8443/api/v2", "https://app.datarobot.com:8443/api/v2"),
        ("http://127.0.0.1:80/api/v2", "http://127.0.0.1/api/v2"),
        ("http://[::1]:8080/api/v2", "http://[::1]:8080/api/v2"),
        ("https://münchen.example/api/v2", "https://xn--mnchen-3ya.example/api/v2"),
        ("https://host/proxy/api/v2", "https://host/proxy/api/v2"),
    ],
)
def test_one_spelling_of_a_target(endpoint: str, canonical: str) -> None:
    """However a platform is spelt, it is one target, for plans, rules and tokens."""
    assert resolve_target(endpoint, project(None), {"DATAROBOT_CONFIG_FILE": "/nowhere"}).endpoint == canonical


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://host/x/../api/v2",
        "https://host//api/v2",
        "https://host/./api/v2",
        "https://host/%2e%2e/api/v2",
        "https://host/a b/api/v2",
        "https://host/api/v2?x=/api/v2",
        "https://host/#/api/v2",
        "https://host\\@other/api/v2",
        "https://.../api/v2",
        f"https://{'a' * 64}.example/api/v2",
        "https://host:99999/api/v2",
        "https://[::1/api/v2",
    ],
)
def test_an_endpoint_that_says_two_things(endpoint: str) -> None:
    """What one reader takes for one place and another for another is no endpoint."""
    with pytest.raises(ApiError):
        resolve_target(endpoint, project(None), {"DATAROBOT_CONFIG_FILE": "/nowhere"})


@pytest.mark.parametrize(
    "endpoint", ["http://host.example/api/v2", "http://10.0.0.1/api/v2", "http://localhost.example/api/v2"]
)
def test_a_token_does_not_travel_in_the_clear(endpoint: str) -> None:
    """Without encryption only this machine is talked to, unless the project says that the network is its own."""
    nowhere = {"DATAROBOT_CONFIG_FILE": "/nowhere"}
    with pytest.raises(Refused, match="is not encrypted"):
        resolve_target(endpoint, project(None), nowhere)
    with pytest.raises(Refused, match="is not encrypted"):
        resolve_target(None, None, {**nowhere, "DATAROBOT_ENDPOINT": endpoint})
    assert resolve_target(endpoint, replace(project(None), plain_http=True), nowhere).endpoint == endpoint


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "[::1]", "localhost", "drplan.localhost"])
def test_this_machine_is_talked_to_in_the_clear(host: str) -> None:
    """Nobody is on the way to the machine itself."""
    assert resolve_target(f"http://{host}/api/v2", project(None), {"DATAROBOT_CONFIG_FILE": "/nowhere"}).endpoint


def test_the_project_file_does_not_choose_who_gets_the_token() -> None:
    """Where endpoint and token are set together, a file that names another origin is refused; the flag may choose."""
    environment = {"DATAROBOT_API_TOKEN": TOKEN, "DATAROBOT_ENDPOINT": VARIABLE, "DATAROBOT_CONFIG_FILE": "/nowhere"}
    with pytest.raises(Refused) as error:
        resolve_token(Target(FILE, "drplan.yaml"), environment)
    assert str(error.value) == (
        f"the token in DATAROBOT_API_TOKEN is for DATAROBOT_ENDPOINT, {VARIABLE}, and drplan.yaml names {FILE}; pass "
        "--endpoint to say where it goes, or unset DATAROBOT_ENDPOINT"
    )
    other = {**environment, "DATAROBOT_ENDPOINT": "https://FILE.example.com:443/other/api/v2"}
    assert resolve_token(Target(FILE, "drplan.yaml"), other) == TOKEN
    assert resolve_token(Target(FILE, "--endpoint"), environment) == TOKEN
    assert resolve_token(Target(VARIABLE, "DATAROBOT_ENDPOINT"), environment) == TOKEN


def test_the_variables_token_goes_to_any_target(tmp_path: Path) -> None:
    """DATAROBOT_API_TOKEN is used first, without the line break that a file may have left in it."""
    environment = {**vendor_file(tmp_path, token="SECRET-vendor-000000"), "DATAROBOT_API_TOKEN": f"{TOKEN}\n"}
    assert resolve_token(Target(FILE, "drplan.yaml"), environment) == TOKEN


def test_the_vendors_token_goes_to_its_own_host_alone(tmp_path: Path) -> None:
    """The vendor's file is believed for the host that it names; for any other there is an error and no token."""
    environment = vendor_file(tmp_path)
    assert resolve_token(Target(VENDOR, "--endpoint"), environment) == TOKEN
    for other in (FILE, "https://vendor.example.com.evil.example/api/v2", "https://vendor.example.com:8443/api/v2"):
        with pytest.raises(UsageError) as error:
            resolve_token(Target(other, "drplan.yaml"), environment)
        assert f"is for {VENDOR}; set DATAROBOT_API_TOKEN for {other}" in str(error.value)
        assert TOKEN not in str(error.value)


def test_a_vendors_token_for_https_does_not_travel_over_http(tmp_path: Path) -> None:
    """A token for an https endpoint is not sent in the clear to the same host."""
    environment = vendor_file(tmp_path)
    with pytest.raises(UsageError):
        resolve_token(Target(VENDOR.replace("https", "http"), "--endpoint"), environment)


@pytest.mark.parametrize("token", ["two words", "tab\there", "schlüssel-1234567890", "line\nbreak"])
def test_a_token_that_is_none(token: str) -> None:
    """A token with characters that no header may carry is a usage error that does not show it."""
    with pytest.raises(UsageError) as error:
        resolve_token(Target(FILE, "drplan.yaml"), {"DATAROBOT_API_TOKEN": token})
    assert token not in str(error.value)


def test_no_token(tmp_path: Path) -> None:
    """Without a token the error names the variable and the file."""
    path = str(tmp_path / "none.yaml")
    with pytest.raises(UsageError) as error:
        resolve_token(Target(FILE, "drplan.yaml"), {"DATAROBOT_CONFIG_FILE": path})
    assert str(error.value) == f"no token for {FILE}: set DATAROBOT_API_TOKEN, or write one in {path}"


@pytest.mark.parametrize("content", ["endpoint: [", "\x00", f"token: {TOKEN}: {{"])
def test_a_vendors_file_that_is_no_yaml(tmp_path: Path, content: str) -> None:
    """A broken vendor's file is a usage error that does not show its content."""
    path = tmp_path / "drconfig.yaml"
    path.write_text(content)
    with pytest.raises(UsageError) as error:
        resolve_target(None, project(None), {"DATAROBOT_CONFIG_FILE": str(path)})
    assert str(error.value) == f"{path} is not readable YAML"


@pytest.mark.parametrize("content", ["", "- a\n- b\n", "text"])
def test_a_vendors_file_with_something_else(tmp_path: Path, content: str) -> None:
    """A vendor's file that holds no mapping says nothing."""
    path = tmp_path / "drconfig.yaml"
    path.write_text(content)
    with pytest.raises(UsageError, match="no endpoint"):
        resolve_target(None, project(None), {"DATAROBOT_CONFIG_FILE": str(path)})


def test_the_vendors_file_alone_is_enough(
    shop: World, drplan: Callable[..., Any], server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody whose SDK works needs nothing more: endpoint and token come from the vendor's file."""
    monkeypatch.delenv("DATAROBOT_API_TOKEN")
    path = shop.root.parent / "drconfig.yaml"
    path.write_text(f"endpoint: {server.url}\ntoken: {TOKEN}\n")
    monkeypatch.setenv("DATAROBOT_CONFIG_FILE", str(path))
    (shop.root / "drplan.yaml").write_text("project: shop\n")
    shop.specs({"a": deployment("A")})
    assert drplan(shop, "apply", "--auto-approve").code == 0
    assert shop.names() == ["shop/a"]


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        ("users: 3", "world.yaml:1:8: users: "),
        ("deployments: [", "world.yaml:2:1: not YAML"),
        ("nobody: []", "world.yaml:1:1: "),
    ],
)
def test_a_wrong_seed_of_the_embedded_emulator(
    shop: World, drplan: Callable[..., Any], seed: str, message: str
) -> None:
    """A seed with a problem is exit 3, with its place."""
    (shop.root / "seed").mkdir()
    (shop.root / "seed" / "world.yaml").write_text(seed)
    shop.project(endpoint="emulator", emulator={"seed": "seed/world.yaml"})
    shop.specs({})
    ended = drplan(shop, "plan")
    assert ended.code == 3
    assert message in ended.err
    assert drplan(shop, "emulator", "--seed", str(shop.root / "seed" / "world.yaml")).code == 3


def test_a_state_file_that_is_none(shop: World, drplan: Callable[..., Any]) -> None:
    """A state file that is no database is said to be so: exit 5 for the embedded emulator, 64 for the served one."""
    state = shop.root / ".drplan" / "emulator.sqlite"
    state.parent.mkdir()
    state.write_text("this is no database, but long enough to be looked at as if it were one" * 20)
    shop.project(endpoint="emulator")
    shop.specs({})
    ended = drplan(shop, "plan")
    assert (ended.code, "not usable as the emulator's state" in ended.err) == (5, True)
    assert drplan(shop, "emulator", "--state", str(state)).code == 64


def test_a_port_that_is_taken(shop: World, drplan: Callable[..., Any], server: Any) -> None:
    """An address that cannot be had is a usage error."""
    port = server.url.rpartition(":")[2].partition("/")[0]
    ended = drplan(shop, "emulator", "--port", port)
    assert (ended.code, ended.out) == (64, "")
    assert f"cannot listen on 127.0.0.1:{port}" in ended.err


def test_a_seed_that_is_not_there(shop: World, drplan: Callable[..., Any]) -> None:
    """A seed file that does not exist is a problem of the project file, with its place."""
    shop.project(endpoint="emulator", emulator={"seed": "nowhere.yaml"})
    shop.specs({})
    ended = drplan(shop, "plan")
    assert ended.code == 3
    assert "emulator.seed: there is no file 'nowhere.yaml'" in ended.err


def test_files_that_cannot_be_read(shop: World, drplan: Callable[..., Any]) -> None:
    """A spec that is not UTF-8 is named with its line; a directory in place of a project file is said to be none."""
    (shop.root / "deployments" / "latin.yaml").write_bytes(b"deployments:\n  a: {label: caf\xe9}\n")
    ended = drplan(shop, "validate")
    assert ended.code == 3
    assert "latin.yaml:2:1: not UTF-8" in ended.err
    assert drplan(shop, "show", str(shop.root)).code == 64
