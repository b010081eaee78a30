"""The config repository that the options before the command name."""

from typing import TYPE_CHECKING, Any

from drplan.cli.globals import Globals
from drplan.cli.terminal import note

if TYPE_CHECKING:
    from drplan.engine.repository import Repository
    from drplan.engine.site import Site
    from drplan.platform.api import Trace
    from drplan.platform.progress import Progress
    from drplan.project.file import Project
    from drplan.records.specs import Address


def site(given: Globals, about: "frozenset[Address] | None" = None) -> "Site":
    """Return the project and the target, for the addresses `about` alone where there are any.

    With --verbose, each request is named on stderr, and each retry always is.
    """
    from drplan.engine.site import open_site

    return open_site(
        given.directory,
        given.environment,
        given.endpoint,
        variables=given.variables,
        about=about,
        now=given.now,
        trace=trace_of(given),
    )


def trace_of(given: Globals) -> "Trace | None":
    """Return what hears of requests: with --verbose each is named on stderr; each retry always is."""
    _report_retries()
    return _trace if given.verbose else None


def project(given: Globals) -> "Project":
    """Return the project alone, for what needs no target."""
    from drplan.project.file import load_project

    return load_project(given.directory, given.environment, variables=given.variables, now=given.now)


def repository(given: Globals, progress: "Progress", about: "frozenset[Address] | None" = None) -> "Repository":
    """Return that config repository; what is done with it is heard by `progress`."""
    from drplan.engine.repository import Repository

    return Repository(site(given, about), progress)


def _trace(method: str, path: str, status: int, seconds: float) -> None:
    note(f"{method} {path} {status or 'no answer'} {seconds * 1000:.0f} ms")


def _report_retries() -> None:
    import stamina.instrumentation

    def said(details: Any) -> None:
        note(f"retrying in {details.wait_for:.1f} s: {details.caused_by}")

    stamina.instrumentation.set_on_retry_hooks([said])
