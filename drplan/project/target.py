"""The endpoint to talk to and the token for it.

The endpoint is the flag's, else the project file's, else the environment's: an exported variable overrides no file.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from drplan.errors import ApiError, UsageError
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
    """Return the endpoint to talk to; raise UsageError, with the ways to name one, where none is named."""
    vendor = _vendor_file(environment)
    choices = (
        (flag, "--endpoint"),
        (project.endpoint if project else None, PROJECT_FILE),
        (environment.get("DATAROBOT_ENDPOINT"), "DATAROBOT_ENDPOINT"),
        (vendor.get("endpoint"), str(_vendor_path(environment))),
    )
    for endpoint, source in choices:
        if endpoint:
            return Target(_checked(str(endpoint), source), source)
    if project and project.environments and not project.environment:
        raise UsageError(f"no endpoint: choose an environment with -e, one of {', '.join(project.environments)}")
    raise UsageError(
        f"no endpoint: write `endpoint:` in {PROJECT_FILE}, pass --endpoint URL (or --endpoint emulator), "
        "or set DATAROBOT_ENDPOINT"
    )


def resolve_token(target: Target, environment: Mapping[str, str] = os.environ) -> str:
    """Return the token for an endpoint; raise UsageError where there is none.

    The token in the vendor's file is taken only for the host that the file names.
    """
    token = environment.get("DATAROBOT_API_TOKEN")
    if token:
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
    """Return an endpoint without trailing slashes; raise ApiError where it is none that drplan can use."""
    if endpoint == EMULATOR:
        return endpoint
    endpoint = endpoint.rstrip("/")
    wrong = ApiError(f"'{endpoint}' (from {source}) is no endpoint; write https://HOST/api/v2, or emulator")
    try:
        parts = urlsplit(endpoint)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # brackets that do not match, a port that is none
        usable = False
    if not usable:
        raise wrong
    if parts.username or parts.password:
        raise ApiError(f"the endpoint from {source} holds a user or password; the token belongs in DATAROBOT_API_TOKEN")
    if not parts.path.rstrip("/").endswith("/api/v2"):
        raise ApiError(
            f"the endpoint {endpoint} (from {source}) lacks /api/v2; did you mean {parts.scheme}://{parts.netloc}/api/v2?"
        )
    return endpoint


def _origin(endpoint: str) -> tuple[str, str]:
    parts = urlsplit(endpoint)
    return parts.scheme, parts.netloc.lower()


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
