"""Where a run takes its facts from: the project's files, the environment, and the vendor's config file.

The target is the flag's, else the project file's, else the environment's: an exported variable never overrides a file.
"""

import os
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

from drplan import policy
from drplan.api import JOB_TIMEOUT, PARALLELISM, Api, Trace
from drplan.approvals import Terms
from drplan.approvals.schema import max_age, terms
from drplan.document import Document
from drplan.errors import ApiError, SpecError, UsageError
from drplan.layers import Layers, Scope
from drplan.model import Diagnostic, Resource, Severity, Source, Where, sealed
from drplan.policy import Policy
from drplan.spec import read_project, read_specs

if TYPE_CHECKING:
    from drplan.emulator import SeedError

PROJECT_FILE = "drplan.yaml"
SPEC_DIRECTORY = "deployments"
STATE_DIRECTORY = ".drplan"
EMULATOR = "emulator"
VENDOR_FILE = Path("~/.config/datarobot/drconfig.yaml")


@dataclass(frozen=True, slots=True)
class Project:
    """The project file as one environment sees it: its directory, the namespace, the target, and the layers.

    `environment` is empty when none was chosen.
    """

    root: Path
    name: str
    endpoint: str | None = None
    seed: Path | None = None
    job_seconds: float | None = None
    parallelism: int = PARALLELISM
    environment: str = ""
    environments: tuple[str, ...] = ()
    protected: bool = False
    policy: Policy = field(default_factory=Policy)
    terms: Terms = field(default_factory=Terms)
    max_age: timedelta | None = None
    layers: Layers = field(default_factory=lambda: Layers(Scope()))
    document: Document = field(default_factory=lambda: Document(PROJECT_FILE))


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint, and which of the places that may name one did."""

    endpoint: str
    source: str

    @property
    def embedded(self) -> bool:
        """Whether this is the embedded emulator."""
        return self.endpoint == EMULATOR


def load_project(directory: Path, environment: str | None = None, environ: Mapping[str, str] = os.environ) -> Project:
    """Return the project in a directory; raise SpecError where there is none or it is wrong."""
    path = directory / PROJECT_FILE
    if not path.is_file():
        raise SpecError(
            f"there is no {PROJECT_FILE} in {directory}; run drplan in a config repository, or name one with -C DIR"
        )
    name = shown_path(path, directory)
    document, layers = read_project(_read(path, name), name, environment=environment, environ=environ)
    content: Mapping[str, Any] = document.value
    chosen: Mapping[str, Any] = content["environments"][environment] if environment else {}
    place = {**content, **chosen}
    _refuse_secret(document, place)
    emulator = place.get("emulator") or {}
    seed = directory / emulator["seed"] if "seed" in emulator else None
    if seed is not None and not seed.is_file():
        where = document.where((*(("environments", environment) if "emulator" in chosen else ()), "emulator", "seed"))
        raise _no_file(emulator["seed"], where, "emulator.seed")
    for key in ("allowed_signers", "revoked_keys"):
        name = content.get("approvals", {}).get(key)
        if name is not None and not (directory / name).is_file():
            raise _no_file(name, document.where(("approvals", key)), f"approvals.{key}")
    return Project(
        root=directory,
        name=place["project"],
        endpoint=place.get("endpoint"),
        seed=seed,
        job_seconds=emulator.get("job_seconds"),
        parallelism=place.get("parallelism", PARALLELISM),
        environment=environment or "",
        environments=tuple(sorted(content.get("environments") or ())),
        protected=bool(chosen.get("protected")),
        policy=policy.read(document),
        terms=terms(content),
        max_age=max_age(content),
        layers=layers,
        document=document,
    )


def _no_file(name: str, where: Where, path: str) -> SpecError:
    return SpecError("1 problem", [Diagnostic(Severity.ERROR, f"there is no file '{name}'", "", where, path)])


def _refuse_secret(document: Document, place: Mapping[str, Any]) -> None:
    """Refuse a target from `${env.X}`: it is shown in every plan, and the environment must not choose it."""
    for key in ("project", "endpoint", "emulator"):
        if sealed(place.get(key)):
            where = document.where((key,))
            summary = "a value from ${env.…} is kept secret, and this one is shown"
            raise SpecError("1 problem", [Diagnostic(Severity.ERROR, summary, "use ${var.…}", where, key)])


def load_specs(project: Project) -> tuple[Resource, ...]:
    """Return the resources of every YAML file below `deployments/`; raise SpecError with every problem.

    A missing directory is an error, not an empty fleet: that would plan the deletion of everything.
    """
    directory = project.root / SPEC_DIRECTORY
    if not directory.is_dir():
        raise SpecError(
            f"there is no {SPEC_DIRECTORY}/ in {project.root}; put specs there (`drplan destroy` deletes what is live)"
        )
    _refuse_links(directory, project.root)
    texts = (
        (name, _read(path, name)) for path in spec_paths(project.root) for name in [shown_path(path, project.root)]
    )
    return read_specs(texts, project.layers)


def _refuse_links(directory: Path, root: Path) -> None:
    """Raise SpecError for links to directories: they are not followed, and what they hide would be deleted."""
    links = sorted(path for path in directory.rglob("*") if path.is_symlink() and path.is_dir())
    summary = "a link to a directory is not followed"
    problems = [
        Diagnostic(Severity.ERROR, summary, "link to its files one by one", Where(shown_path(path, root), 1, 1))
        for path in links
    ]
    if problems:
        raise SpecError(f"{len(problems)} problem{'s' if len(problems) > 1 else ''}", problems)


def spec_paths(root: Path) -> list[Path]:
    """Return the spec files of a config repository, ordered by name; links that lead nowhere are among them."""
    below = (root / SPEC_DIRECTORY).rglob("*")
    return sorted(path for path in below if path.suffix in (".yaml", ".yml") and not path.is_dir())


def shown_path(path: Path, root: Path) -> str:
    """Return a path as the reader can open it: from where they stand, or from the project's root."""
    try:
        return os.path.relpath(path) if not path.is_absolute() else str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path.relative_to(root))


def resolve_target(flag: str | None, project: Project | None, environment: Mapping[str, str] = os.environ) -> Target:
    """Return the endpoint to talk to; raise UsageError naming the choices when nothing says it."""
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
    """Return the token for an endpoint; raise UsageError when there is none.

    The vendor's file is believed only for the host it names: its token is never sent anywhere else.
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


def git_source(root: Path) -> Source | None:
    """Return the commit that the specs stand at, its author, and whether anything differs; None outside of git."""

    def ask(*arguments: str) -> str:
        command = ["git", "-C", str(root), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()  # noqa: S603  fixed words

    try:
        commit, _, author = ask("log", "-1", "--format=%H %ae").partition(" ")
        return Source(commit, author, dirty=bool(ask("status", "--porcelain", "--", ".")))
    except (OSError, subprocess.SubprocessError):
        return None


@asynccontextmanager
async def connected(
    project: Project,
    target: Target,
    *,
    job_timeout: float = JOB_TIMEOUT,
    trace: Trace | None = None,
    environment: Mapping[str, str] = os.environ,
) -> AsyncIterator[Api]:
    """Open a client of the target: the embedded emulator with its state under `.drplan/`, or the network."""
    if not target.embedded:
        token = resolve_token(target, environment)
        api = Api(target.endpoint, token, parallelism=project.parallelism, job_timeout=job_timeout, trace=trace)
        async with api:
            yield api
        return
    import httpx

    from drplan.emulator import Emulator, SeedError, StateError

    options: dict[str, Any] = {} if project.job_seconds is None else {"job_seconds": project.job_seconds}
    try:
        emulator = Emulator.open(seed=project.seed, state=emulator_state(project), **options)
    except SeedError as error:
        raise wrong_seed("the emulator's seed file is wrong", error) from None
    except StateError as error:
        raise ApiError(str(error)) from None
    try:
        api = Api(
            "http://emulator/api/v2",
            emulator.token,
            transport=httpx.ASGITransport(emulator.app),
            parallelism=project.parallelism,
            job_timeout=job_timeout,
            trace=trace,
        )
        async with api:
            yield api
    finally:
        emulator.close()


def emulator_state(project: Project) -> Path:
    """Return the file of the embedded emulator's state: one for each environment."""
    suffix = f"-{project.environment}" if project.environment else ""
    return state_directory(project) / f"emulator{suffix}.sqlite"


def state_directory(project: Project) -> Path:
    """Return `.drplan/` beside the project file, made when it is missing, private and unseen by git."""
    path = project.root / STATE_DIRECTORY
    path.mkdir(mode=0o700, exist_ok=True)
    ignore = path / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")
    return path


# ---------------------------------------------------------------------------------------------------------- details


def _read(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise SpecError("1 problem", [Diagnostic(Severity.ERROR, "not UTF-8", "", Where(name, line, 1))]) from None
    except OSError as error:
        raise SpecError(f"{name} cannot be read: {error.strerror}") from None


def _checked(endpoint: str, source: str) -> str:
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
    """Return the vendor's config file, empty when there is none; its content never reaches a message."""
    path = _vendor_path(environment)
    if not path.is_file():
        return {}
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, OSError, UnicodeDecodeError):
        raise UsageError(f"{path} is not readable YAML") from None
    return content if isinstance(content, Mapping) else {}


def wrong_seed(summary: str, error: "SeedError") -> SpecError:
    """Return an emulator's complaints about its seed file as drplan's own error."""
    return SpecError(
        summary,
        [
            Diagnostic(Severity.ERROR, item.message, "", Where(error.file, item.line, item.column), item.path)
            for item in error.diagnostics
        ],
    )
