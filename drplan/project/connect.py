"""Opening a client of the target: the network, or the embedded emulator."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from concurrent.futures import Future, wait
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from drplan.errors import ApiError, SpecError
from drplan.platform.api import JOB_TIMEOUT, PARALLELISM, Api, Trace
from drplan.records.specs import Diagnostic, Severity, Where

if TYPE_CHECKING:
    from drplan.emulator import SeedError
from drplan.project.file import Project
from drplan.project.target import Target, resolve_token
from drplan.project.workspace import state_directory

T = TypeVar("T")


@asynccontextmanager
async def connected(
    project: Project | None,
    target: Target,
    *,
    job_timeout: float = JOB_TIMEOUT,
    trace: Trace | None = None,
    environment: Mapping[str, str] = os.environ,
) -> AsyncIterator[Api]:
    """Open a client of the target: the embedded emulator, with its state in `.drplan/`, or the network.

    Without a project, the embedded emulator is a default world in memory.
    """
    secrets = project.overlays.scope.revealed if project else ()
    parallelism = project.parallelism if project else PARALLELISM
    if not target.embedded:
        token = resolve_token(target, environment)
        api = Api(
            target.endpoint,
            token,
            secrets=secrets,
            parallelism=parallelism,
            job_timeout=job_timeout,
            trace=trace,
        )
        async with api:
            yield api
        return
    import httpx

    from drplan.emulator import Clock, Emulator, SeedError, StateError

    options: dict[str, Any] = {}
    if project:
        options = {"seed": project.seed, "state": emulator_state(project)}
        options |= {} if project.job_seconds is None else {"job_seconds": project.job_seconds}
        options["clock"] = Clock(lambda: project.now().timestamp())
    try:
        emulator = Emulator.open(**options)
    except SeedError as error:
        raise wrong_seed("the emulator's seed file is wrong", error) from None
    except StateError as error:
        raise ApiError(str(error)) from None
    try:
        api = Api(
            "http://emulator/api/v2",
            emulator.token,
            secrets=secrets,
            transport=httpx.ASGITransport(emulator.app),
            parallelism=parallelism,
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


def wrong_seed(summary: str, error: "SeedError") -> SpecError:
    """Return an emulator's complaints about its seed file as drplan's own error."""
    return SpecError(
        summary,
        [
            Diagnostic(Severity.ERROR, item.message, "", Where(error.file, item.line, item.column), item.path)
            for item in error.diagnostics
        ],
    )


def wait_for(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run something asynchronous to its end, also where an event loop runs already, as in a notebook.

    There it runs in a thread of its own; an interrupt is handed on to it, and raised once it has ended.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[T] | None]] = Future()
    ended: Future[T] = Future()

    async def noted() -> T:
        begun.set_result((asyncio.get_running_loop(), asyncio.current_task()))
        return await work()

    def run() -> None:
        try:
            ended.set_result(asyncio.run(noted()))
        except BaseException as error:  # noqa: BLE001  whatever it is, it is raised where it is waited for
            ended.set_exception(error)

    try:
        Thread(target=run).start()
        while not wait([ended], timeout=0.1).done:  # in a wait without an end, an interrupt can go unseen
            pass
        return ended.result()
    except KeyboardInterrupt:
        loop, task = begun.result()
        with suppress(RuntimeError):  # it was about to end by itself, and its loop is closed
            if task:
                loop.call_soon_threadsafe(task.cancel)
        wait([ended])
        raise
