"""The project file: one environment of it, read and checked."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from drplan.clock import Clock, utc_now
from drplan.errors import SpecError
from drplan.gate.approvals import Terms
from drplan.gate.approvals.schema import max_age, terms
from drplan.gate.deletions import max_deletions
from drplan.gate.policy import Policy, read_policy
from drplan.platform.api import PARALLELISM
from drplan.project.files import read_inside, shown_path
from drplan.project.reading import read_project
from drplan.records.specs import Address, Diagnostic, Severity, Where
from drplan.records.values import EMPTY, sealed
from drplan.spec.document import Document
from drplan.spec.overlays import Overlays, Scope

PROJECT_FILE = "drplan.yaml"


@dataclass(frozen=True, slots=True)
class Project:
    """The project file as one environment sees it (`environment` is empty: none was chosen).

    `variables` are values that were given for this run, instead of those under `vars:`. `about` are the only addresses
    that it is loaded for (None: all); of other objects, what refers to variables is left out. Its rules, approvals and
    embedded emulator take the time from the clock `now`.
    """

    root: Path
    name: str
    endpoint: str | None = None
    seed: Path | None = None
    job_seconds: float | None = None
    plain_http: bool = False
    parallelism: int = PARALLELISM
    environment: str = ""
    environments: tuple[str, ...] = ()
    protected: bool = False
    policy: Policy = field(default_factory=Policy)
    terms: Terms = field(default_factory=Terms)
    max_age: timedelta | None = None
    max_deletions: int | None = None
    overlays: Overlays = field(default_factory=lambda: Overlays(Scope()))
    variables: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    about: frozenset[Address] | None = None
    document: Document = field(default_factory=lambda: Document(PROJECT_FILE))
    now: Clock = field(default=utc_now, repr=False, compare=False)


def load_project(
    directory: Path,
    environment: str | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    variables: Mapping[str, Any] = EMPTY,
    about: frozenset[Address] | None = None,
    now: Clock = utc_now,
) -> Project:
    """Return the project in a directory; raise SpecError where there is none or it is wrong.

    `variables` are values for this run, instead of those in the file; UsageError for one that it does not define.
    With `about`, variables of other addresses may be without a value.
    """
    path = directory / PROJECT_FILE
    if not path.is_file():
        raise SpecError(
            f"there is no {PROJECT_FILE} in {directory}; run drplan in a config repository, or name one with -C DIR"
        )
    name = shown_path(path, directory)
    document, overlays = read_project(
        read_inside(path, name, directory),
        name,
        environment=environment,
        environ=environ,
        variables=variables,
        about=about,
    )
    content: Mapping[str, Any] = document.value
    chosen: Mapping[str, Any] = content["environments"][environment] if environment else {}
    place = {**content, **chosen}
    _refuse_secret(document, place)
    emulator = place.get("emulator") or {}
    seed = directory / emulator["seed"] if "seed" in emulator else None
    if seed is not None and not seed.is_file():
        where = document.where((*(("environments", environment) if "emulator" in chosen else ()), "emulator", "seed"))
        raise no_file(emulator["seed"], where, "emulator.seed")
    for key in ("allowed_signers", "revoked_keys"):
        name = content.get("approvals", {}).get(key)
        if name is not None and not (directory / name).is_file():
            raise no_file(name, document.where(("approvals", key)), f"approvals.{key}")
    return Project(
        root=directory,
        name=place["project"],
        endpoint=place.get("endpoint"),
        seed=seed,
        job_seconds=emulator.get("job_seconds"),
        plain_http=bool(place.get("plain_http")),
        parallelism=place.get("parallelism", PARALLELISM),
        environment=environment or "",
        environments=tuple(sorted(content.get("environments") or ())),
        protected=bool(chosen.get("protected")),
        policy=read_policy(document),
        terms=terms(content),
        max_age=max_age(content),
        max_deletions=max_deletions(content),
        overlays=overlays,
        variables=variables,
        about=about,
        document=document,
        now=now,
    )


def no_file(name: str, where: Where, path: str) -> SpecError:
    return SpecError.listing([Diagnostic(Severity.ERROR, f"there is no file '{name}'", "", where, path)])


def _refuse_secret(document: Document, place: Mapping[str, Any]) -> None:
    """Raise SpecError where the target is from `${env.X}`: the environment must not choose it, and plans show it."""
    for key in ("project", "endpoint", "emulator"):
        if sealed(place.get(key)):
            where = document.where((key,))
            summary = "a value from ${env.…} is kept secret, and this one is shown"
            raise SpecError.listing([Diagnostic(Severity.ERROR, summary, "use ${var.…}", where, key)])
