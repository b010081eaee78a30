"""The endpoint to talk to and the token for it.

The endpoint is the flag's, else the project file's, else the environment's: an exported variable overrides no file.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from drplan.errors import ApiError, Refused, UsageError
from drplan.project.file import PROJECT_FILE, Project
from drplan.project.files import read_bytes

EMULATOR = "emulator"

VENDOR_FILE = Path("~/.config/datarobot/drconfig.yaml")


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint, and which of the places that may name one did."""

    endpoint: str
    source: str

    @property
    def embedded(self) -> bool:
        """Whether this is the embedded emulator."""
        return self.endpoint == EMULATOR


def resolve_target(flag: str | None, project: Project | None, environment: Mapping[str, str] = os.environ) -> Target:
    """Return the endpoint to talk to, in its one canonical spelling.

    Raises UsageError, with the ways to name one, where none is named; ApiError for one that drplan cannot use; Refused
    for one that the token would travel to in the clear.
    """
    vendor = _vendor_file(environment)
    choices = (
        (flag, "--endpoint"),
        (project.endpoint if project else None, PROJECT_FILE),
        (environment.get("DATAROBOT_ENDPOINT"), "DATAROBOT_ENDPOINT"),
        (vendor.get("endpoint"), str(_vendor_path(environment))),
    )
    for endpoint, source in choices:
        if endpoint:
            target = Target(_checked(str(endpoint), source), source)
            _refuse_plain(target, allowed=bool(project and project.plain_http))
            return target
    if project and project.environments and not project.environment:
        raise UsageError(f"no endpoint: choose an environment with -e, one of {', '.join(project.environments)}")
    raise UsageError(
        f"no endpoint: write `endpoint:` in {PROJECT_FILE}, pass --endpoint URL (or --endpoint emulator), "
        "or set DATAROBOT_ENDPOINT"
    )


def resolve_token(target: Target, environment: Mapping[str, str] = os.environ) -> str:
    """Return the token for an endpoint; raise UsageError where there is none.

    The token in the vendor's file is taken only for the host that the file names. Where DATAROBOT_ENDPOINT is set too,
    it belongs to the token of DATAROBOT_API_TOKEN: Refused where the project file names another origin, as whoever can
    change that file must not choose who gets the token.
    """
    token = environment.get("DATAROBOT_API_TOKEN")
    if token:
        named = environment.get("DATAROBOT_ENDPOINT")
        if (
            named
            and target.source == PROJECT_FILE
            and _origin(_checked(named, "DATAROBOT_ENDPOINT")) != _origin(target.endpoint)
        ):
            raise Refused(
                f"the token in DATAROBOT_API_TOKEN is for DATAROBOT_ENDPOINT, {named}, and {PROJECT_FILE} names "
                f"{target.endpoint}; pass --endpoint to say where it goes, or unset DATAROBOT_ENDPOINT"
            )
        return _sendable(token.strip(), "DATAROBOT_API_TOKEN")
    vendor = _vendor_file(environment)
    path = _vendor_path(environment)
    if vendor.get("token"):
        endpoint = str(vendor.get("endpoint") or "an endpoint that the file does not name")
        if _origin(endpoint) == _origin(target.endpoint):
            return _sendable(str(vendor["token"]).strip(), str(path))
        raise UsageError(f"the token in {path} is for {endpoint}; set DATAROBOT_API_TOKEN for {target.endpoint}")
    raise UsageError(f"no token for {target.endpoint}: set DATAROBOT_API_TOKEN, or write one in {path}")


def _checked(endpoint: str, source: str) -> str:
    """Return an endpoint in its one canonical spelling; raise ApiError where it is none that drplan can use.

    `HTTPS://App.DataRobot.com.:443/api/v2/` is `https://app.datarobot.com/api/v2`: two spellings of one platform are
    one target, for plans, rules and tokens alike.
    """
    if endpoint == EMULATOR:
        return endpoint
    endpoint = endpoint.rstrip("/")
    wrong = ApiError(f"'{endpoint}' (from {source}) is no endpoint; write https://HOST/api/v2, or emulator")
    try:
        parts = urlsplit(endpoint)
        host = (
            (parts.hostname or "").rstrip(".").encode("idna" if ":" not in (parts.hostname or "") else "ascii").decode()
        )
        usable = parts.scheme in ("http", "https") and host and parts.port != 0
        usable = usable and not (parts.query or parts.fragment or _STEPS.search(parts.path))
    except ValueError:  # brackets that do not match, a port that is none, a host that no name server knows
        usable = False
    if not usable:
        raise wrong
    if parts.username or parts.password:
        raise ApiError(f"the endpoint from {source} holds a user or password; the token belongs in DATAROBOT_API_TOKEN")
    if not parts.path.rstrip("/").endswith("/api/v2"):
        raise ApiError(
            f"the endpoint {endpoint} (from {source}) lacks /api/v2; did you mean {parts.scheme}://{parts.netloc}/api/v2?"
        )
    port = "" if parts.port in (None, _PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}{parts.path}"


_STEPS = re.compile(r"//|/\.\.?(/|$)|[\\%\s]")
"""What can make two paths of one, or one path of two."""

_PORTS = {"http": 80, "https": 443}


def _refuse_plain(target: Target, *, allowed: bool) -> None:
    """Raise Refused where the token would travel unencrypted to another machine, and nobody has said that it may."""
    parts = urlsplit(target.endpoint)
    if allowed or parts.scheme != "http" or _loopback(parts.hostname or ""):
        return
    raise Refused(
        f"the endpoint {target.endpoint} (from {target.source}) is not encrypted, and whoever is on the way would "
        f"read the token; write https, or `plain_http: true` in {PROJECT_FILE} where that network is your own"
    )


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _origin(endpoint: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(endpoint)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _sendable(token: str, source: str) -> str:
    if not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(f"the token in {source} has characters that no token has (a line break, a space?)")
    return token


def _vendor_path(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("DATAROBOT_CONFIG_FILE") or VENDOR_FILE).expanduser()


def _vendor_file(environment: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the content of the vendor's config file; empty where there is none, or it may not be read."""
    path = _vendor_path(environment)
    try:
        content = yaml.safe_load(read_bytes(path).decode("utf-8"))
    except (FileNotFoundError, NotADirectoryError, PermissionError):  # one that may not be read counts as none
        return {}
    except (yaml.YAMLError, OSError, UnicodeDecodeError):
        raise UsageError(f"{path} is not readable YAML") from None
    return content if isinstance(content, Mapping) else {}
