"""When each action of a plan is carried out, and what becomes of the actions that need it."""

import asyncio
import traceback
from collections.abc import Callable

from drplan.apply.effects import Effects
from drplan.apply.filing import file, overtaken
from drplan.apply.recheck import moves
from drplan.apply.unclear import unclear
from drplan.errors import ApiError
from drplan.platform.api import Api
from drplan.platform.observe import reobserve_one
from drplan.platform.progress import Progress
from drplan.records.plans import Action, Outcome, Plan, Result, Verb


class Run:
    """One execution of a plan's writes; call `execute` once.

    `outcomes` (action key -> outcome) grows while it runs, and has every write even after an interrupt. `bugs` are the
    exceptions that no action should raise; each made its own action's outcome `unknown`, and no other's. `reveal`
    returns the secret that a template (`by ${env.X}`) stands for. With `recheck`, each object is read once more just
    before its first write, and left alone where it has changed since the plan.
        create a          FAILED
        update a's tags   SKIPPED: it needs the creation
        update b          DONE: nothing in it needs `a`
        delete c          SKIPPED: deletions wait for all other writes, and need all to be done
    """

    def __init__(
        self,
        api: Api,
        plan: Plan,
        progress: Progress,
        reveal: Callable[[str], str] = lambda template: template,
        *,
        recheck: bool = False,
    ) -> None:
        self.api = api
        self._unchecked = {seen.address: seen for seen in plan.observed if seen.id} if recheck else {}
        self.plan = plan
        self.progress = progress
        self.outcomes: dict[str, Outcome] = {}
        self.bugs: list[Exception] = []
        self._tasks: dict[str, asyncio.Task[Outcome]] = {}
        self._running: set[str] = set()
        self._barrier: asyncio.Task[tuple[str, Result]] | None = None  # what every deletion waits for, once
        kept = [action for action in plan.writes if action.aim is not Verb.DELETE]
        self._made_again = {key for action in kept for key in action.needs}  # a deletion among them is not the last
        self._slots = asyncio.Semaphore(api.parallelism)
        self._effects = Effects(api, plan, self.outcomes, reveal)

    async def execute(self) -> tuple[Outcome, ...]:
        """Carry out every write and return their outcomes in the plan's order.

        Only an interrupt (or a bug of this module) is raised, when no write is under way any more: what had begun is
        `unknown` then, what had not is `skipped`.
        """
        writes = self.plan.writes
        try:
            for action in writes:
                self._tasks[action.key] = asyncio.create_task(self._one(action))
            await asyncio.gather(*self._tasks.values())
        except BaseException:  # an interrupt, or a bug: either way no task goes on and every outcome is known
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            for action in writes:
                sent = action.key in self._running
                result, text = (Result.UNKNOWN, "interrupted") if sent else (Result.SKIPPED, "")
                self.outcomes.setdefault(action.key, Outcome(action.key, result, text))
            raise
        return tuple(self.outcomes[action.key] for action in writes)

    async def _one(self, action: Action) -> Outcome:
        missing = await self._missing(action)
        if missing:
            outcome = Outcome(action.key, *missing)
        else:
            async with self._slots:
                self._running.add(action.key)
                self.progress.started(action)
                began = self.api.now()
                result, message, made = await self._judge(action)
                outcome = Outcome(action.key, result, message, made, self.api.now() - began)
        self.outcomes[action.key] = outcome
        self._running.discard(action.key)
        self.progress.finished(action, outcome)
        return outcome

    async def _missing(self, action: Action) -> tuple[Result, str] | None:
        """Wait for the actions that this one needs; return result and remark where it cannot be carried out.

        An action that needs one that awaits approval is PENDING itself; one that needs what was not done is SKIPPED.
        """
        for key in action.needs:
            outcome = await self._tasks[key]
            if outcome.result is Result.PENDING:
                return Result.PENDING, f"waits for {key}"
            if outcome.result is not Result.DONE:
                return Result.SKIPPED, f"{key} was not done"
        for key in action.after:
            await self._tasks[key]
        if action.aim is Verb.DELETE and action.key not in self._made_again:
            if self._barrier is None:
                self._barrier = asyncio.create_task(self._first_not_done())
            key, result = await self._barrier
            if result is Result.PENDING and action.verb is Verb.DELETE:
                return Result.PENDING, f"nothing is deleted while something else awaits approval ({key})"
            if result not in (Result.DONE, Result.PENDING):
                return Result.SKIPPED, f"nothing is deleted in a run where something else was not done ({key})"
        return None

    async def _first_not_done(self) -> tuple[str, Result]:
        """Wait for every write but the deletions; return key and result of the first that was not done, else DONE.

        One that awaits approval counts only where all others were done.
        """
        pending = "", Result.DONE
        for other in self.plan.writes:
            if other.aim is not Verb.DELETE:
                result = (await self._tasks[other.key]).result
                if result not in (Result.DONE, Result.PENDING):
                    return other.key, result
                if result is Result.PENDING and not pending[0]:
                    pending = other.key, result
        return pending

    async def _judge(self, action: Action) -> tuple[Result, str, str | None]:
        """Carry out an action; return its result, a remark or the error's text, and the id that it made."""
        try:
            moved = await self._moved(action)
            if moved:
                return Result.FAILED, moved, None
            if action.verb is Verb.REQUEST:
                return *await file(self.api, action, self._effects.filled(action.body)), None
            made, message = await self._effects.carry_out(action)
        except ApiError as error:
            result = Result.UNKNOWN if unclear(error) else Result.FAILED
            return result, f"{error}{overtaken(action, error)}", None
        except Exception as error:  # noqa: BLE001  a bug, and this action's alone
            self.bugs.append(error)
            return Result.UNKNOWN, f"a bug in drplan: {_place(error)}; look whether it took effect", None
        return Result.DONE, message, made

    async def _moved(self, action: Action) -> str:
        """Return how an object has changed since the plan, asked before its first write; an empty text: it has not."""
        seen = self._unchecked.pop(action.address, None)
        if seen is None:
            return ""
        what = "; ".join(map(str, moves(seen, await reobserve_one(self.api, self.plan, seen))))
        return f"it has changed since this plan was made, and was left alone: {what}" if what else ""


def _place(error: Exception) -> str:
    """Return an exception's type and where it was raised, without its text, which may hold a secret."""
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    return f"{type(error).__name__} in {frame.f_globals.get('__name__')}:{line}"
