"""Carrying out a plan: every validation first, then each write once what it needs is done, deletions last.

A failed action skips what depends on it; independent addresses go on. A creation is never repeated blindly.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from drplan.api import RETRIED, Answer, Api
from drplan.diff import entries, identity, live_value
from drplan.errors import ApiError, JobFailed, Refused, Rejected, Unreachable
from drplan.filing import file, overtaken
from drplan.kinds import KINDS
from drplan.model import (
    Action,
    Diagnostic,
    Live,
    Observed,
    Outcome,
    Plan,
    Result,
    Severity,
    Verb,
    dig,
    freeze,
    thaw,
)
from drplan.observe import Reporter as Counter
from drplan.observe import as_live, carried, follow_lookup, reobserve, reobserve_one, validate
from drplan.petition import DIGEST
from drplan.plan import judged, refusal
from drplan.planfile import digest
from drplan.registry import Found, Group, Kind, Setting
from drplan.request import body_of

SEARCH_PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0)  # seconds before each look for what an unclear creation may have made


class Reporter(Counter, Protocol):
    """Hears of each action's beginning and end."""

    def started(self, action: Action) -> None:
        """The action's request is about to be sent."""

    def finished(self, action: Action, outcome: Outcome) -> None:
        """The action is done, pending, failed, skipped or unknown."""


async def refuse_if_moved(api: Api, plan: Plan) -> None:
    """Read again what the plan has read; raise Refused, naming every field, when the platform has moved since."""
    now = await reobserve(api, plan)
    moved = [
        diagnostic
        for before, after in zip(plan.observed, now, strict=True)
        if before != after
        for diagnostic in _moves(before, after)
    ]
    if moved:
        raise Refused("the platform has changed since this plan was made; plan again", moved)


async def validate_again(api: Api, plan: Plan, reporter: Counter) -> Plan:
    """Ask the platform about every replacement once more; raise Refused when one is not let through.

    Returns the plan with the new answers, for rules to judge.
    """
    again = judged(plan, await validate(api, plan, reporter))
    refused = refusal(again)
    if refused:
        raise refused
    return again


class Run:
    """One execution of a plan's writes. `outcomes` grows while it runs, and is whole even after an interrupt.

    `reveal` returns the secret that a template (`${env.X}`) stands for. With `recheck`, each object is read once more
    just before its first write, and left alone when it has moved since the plan.
    """

    def __init__(
        self,
        api: Api,
        plan: Plan,
        reporter: Reporter,
        reveal: Callable[[str], str] = lambda template: template,
        *,
        recheck: bool = False,
    ) -> None:
        self.api = api
        self._unchecked = {seen.address: seen for seen in plan.observed if seen.id} if recheck else {}
        self.reveal = reveal
        self.plan = plan
        self.reporter = reporter
        self.outcomes: dict[str, Outcome] = {}
        self._tasks: dict[str, asyncio.Task[Outcome]] = {}
        self._running: set[str] = set()
        self._barrier: asyncio.Task[tuple[str, Result]] | None = None  # what every deletion waits for, once
        self._slots = asyncio.Semaphore(api.parallelism)
        self._tags_missing = False
        self._without_identity: set[str] = set()

    async def execute(self) -> tuple[Outcome, ...]:
        """Carry out every write and return their outcomes in the plan's order; it raises only when interrupted."""
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

    # ------------------------------------------------------------------------------------------------- scheduling

    async def _one(self, action: Action) -> Outcome:
        missing = await self._missing(action)
        if missing:
            outcome = Outcome(action.key, *missing)
        else:
            async with self._slots:
                self._running.add(action.key)
                self.reporter.started(action)
                began = self.api.now()
                result, message, made = await self._judge(action)
                outcome = Outcome(action.key, result, message, made, self.api.now() - began)
        self.outcomes[action.key] = outcome
        self._running.discard(action.key)
        self.reporter.finished(action, outcome)
        return outcome

    async def _missing(self, action: Action) -> tuple[Result, str] | None:
        """Wait for what the action needs and return why it cannot go ahead, or None; what only awaits is no failure."""
        for key in action.needs:
            outcome = await self._tasks[key]
            if outcome.result is Result.PENDING:
                return Result.PENDING, f"waits for {key}"
            if outcome.result is not Result.DONE:
                return Result.SKIPPED, f"{key} was not done"
        for key in action.after:
            await self._tasks[key]
        if action.aim is Verb.DELETE:
            if self._barrier is None:
                self._barrier = asyncio.create_task(self._first_not_done())
            key, result = await self._barrier
            if result is Result.PENDING and action.verb is Verb.DELETE:
                return Result.PENDING, f"nothing is deleted while something else awaits approval ({key})"
            if result not in (Result.DONE, Result.PENDING):
                return Result.SKIPPED, f"nothing is deleted in a run where something else was not done ({key})"
        return None

    async def _first_not_done(self) -> tuple[str, Result]:
        """Wait for every write that is no deletion; return the first that was not done, what awaits approval last."""
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
        try:
            moved = await self._moved(action)
            if moved:
                return Result.FAILED, moved, None
            if action.verb is Verb.REQUEST:
                return *await file(self.api, action, self._filled(action.body)), None
            made, message = await self._effect(action)
        except ApiError as error:
            result = Result.UNKNOWN if _unclear(error) else Result.FAILED
            return result, f"{error}{overtaken(action, error)}", None
        return Result.DONE, message, made

    async def _moved(self, action: Action) -> str:
        """Say, before an object's first write, what has moved since the plan; what follows waits for this action."""
        seen = self._unchecked.pop(action.address, None)
        if seen is None:
            return ""
        now = await reobserve_one(self.api, self.plan, seen)
        moves = "; ".join(str(move) for move in _moves(seen, now)) if now != seen else ""
        return f"it has changed since this plan was made, and was left alone: {moves}" if moves else ""

    # ---------------------------------------------------------------------------------------------------- effects

    async def _effect(self, action: Action) -> tuple[str | None, str]:
        """Carry out one action; return the id it made and a remark."""
        kind = KINDS[action.address.kind]
        if action.verb is Verb.CREATE:
            return await self._create(kind, action)
        if action.verb is Verb.DELETE:
            return None, await self._delete(kind, action)
        group = kind.group(action.group)
        if action.verb is Verb.REASSERT:
            return None, await self._reassert(kind, group, action)
        if group.entries:
            return None, await self._entry(kind, group, action)
        return None, await self._change(kind, group, action)

    async def _create(self, kind: Kind, action: Action) -> tuple[str, str]:
        body = self._filled(action.body)
        try:
            answer = await self._post(kind, action, body)
        except (Rejected, Unreachable) as error:
            if not _unclear(error):
                raise
            found = await self._search(kind, action, body)
            if found is None:
                raise Unreachable(
                    f"{error}; nothing with its identity has appeared yet. It is not sent again, as that could make a "
                    "second one: plan again in a while",
                    sent=True,
                ) from None
            if action.path == kind.create_path:
                await self._settled(kind, found)
            return found, "found after an unclear answer, not sent again"
        made = str(dig(answer.body, "id") or "")
        await self.api.follow(answer)
        if not made:
            made = str(await self._search(kind, action, body) or "")
        if not made:
            raise Unreachable("the platform did not say what it created", sent=True)
        return made, ""

    async def _post(self, kind: Kind, action: Action, body: Any) -> Answer:
        identity_key = kind.identity.on_create if kind.identity else ""
        if identity_key in self._without_identity:
            body.pop(identity_key, None)
        try:
            return await self.api.send("POST", action.path, body, once=True)
        except Rejected as error:
            # A platform that does not take the identity at creation says so by the field (API reference 1.6).
            if error.status != 422 or identity_key not in body or identity_key not in (error.body.get("errors") or {}):
                raise
            self._without_identity.add(identity_key)
            body.pop(identity_key)
            return await self.api.send("POST", action.path, body, once=True)

    async def _search(self, kind: Kind, action: Action, body: Mapping[str, Any]) -> str | None:
        """Look for what a creation may have made: by identity, by name, or by its own lookup."""
        for pause in SEARCH_PAUSES:
            if pause:
                await self.api.sleep(pause)
            try:
                found = await self._look(kind, action, body)
            except ApiError:  # what cannot be read now may be readable after the next pause
                continue
            if found:
                return found
        return None

    async def _look(self, kind: Kind, action: Action, body: Mapping[str, Any]) -> str | None:
        if action.path != kind.create_path:  # something the resource refers to: its lookup finds it
            row = kind.setting(action.changes[0].setting)
            answer = (
                await follow_lookup(self.api, row.reference.lookup(action.changes[0].after)) if row.reference else None
            )
            return answer.id if isinstance(answer, Found) else None
        own = identity(self.plan.project, action.address)
        name = str(kind.setting(kind.named_by).on_create)
        for item in await self.api.pages(kind.list_path):
            if carried(kind, item) == own if kind.identity else dig(item, name) == body.get(name):
                return str(item["id"])
        return None

    async def _delete(self, kind: Kind, action: Action) -> str:
        path = self._path(action)
        remark = ""
        try:
            await self.api.send("DELETE", path)
        except Rejected as error:
            if error.status != 404:
                raise
            remark = "was gone already"  # or this repeats a request whose answer was lost, and it lingers still
        if kind.delete_lingers:

            async def gone() -> bool:
                return await self._read(path) is None

            await self.api.until("the deletion", gone)
        return remark

    async def _change(self, kind: Kind, group: Group, action: Action) -> str:
        body = self._filled(action.body)
        row = kind.setting(action.changes[0].setting)
        wanted = dig(body, str(row.wire))
        checked = group.confirm or bool(kind.switch and kind.switch.group == group.name)
        try:
            await self.api.follow(await self.api.send(action.method, self._path(action), body))
        except JobFailed as error:
            live = await self._reread(kind, action) if group.confirm else None
            if live is None:
                raise
            raise JobFailed(f"{error}; {row.path} is still {live_value(row, kind, live)}") from None
        except (Rejected, Unreachable) as error:
            # After an unclear answer the repeat is refused because the first one worked: the live object decides.
            if not checked or not (_unclear(error) or getattr(error, "status", 0) == 409):
                raise
            if not await self._turned_out(kind, row, action, wanted):
                raise
            return "was so already"
        if group.confirm:

            async def shown() -> bool:
                return bool(live_value(row, kind, await self._live(kind, self._id(action))) == wanted)

            await self.api.until(f"{row.path} becoming {wanted}", shown)
        return ""

    async def _turned_out(self, kind: Kind, row: Setting, action: Action, wanted: Any) -> bool:
        """Tell whether an unclear change had its effect: nothing is under way any more, and the value may lag."""
        try:
            for pause in SEARCH_PAUSES:
                await self.api.sleep(pause)
                if live_value(row, kind, await self._settled(kind, self._id(action))) == wanted:
                    return True
        except ApiError:  # the change's own error says more
            pass
        return False

    async def _entry(self, kind: Kind, group: Group, action: Action) -> str:
        body, path = self._filled(action.body), self._path(action)
        if self._tags_missing:
            return f"left out: this platform has no {group.name}"
        try:
            await self.api.send(action.method, path, body, once=action.method == "POST")
        except (Rejected, Unreachable) as error:
            live = await self._reread(kind, action)
            if live is None:
                raise
            status = getattr(error, "status", 0)
            if status == 404 and group.entries and group.entries.live not in live.item:
                self._tags_missing = True
                return f"left out: this platform has no {group.name}"
            change = action.changes[0]
            name = change.setting.partition(".")[2]
            found = entries(live, group).get(name)
            value = found.get(group.entries.value) if found and group.entries else None
            if value != self._filled(change.after):
                raise
            return "was so already"
        return ""

    async def _reassert(self, kind: Kind, group: Group, action: Action) -> str:
        path = self._path(action)
        document = await self.api.get(str(group.read or kind.item_path).replace("{id}", self._id(action)))
        wanted = {change.setting: freeze(self._filled(change.after)) for change in action.changes}
        reset = [
            (row, wanted[row.path])
            for row in kind.rows(group.name)
            if row.path in wanted and freeze(row.compare(row.read(document))) != freeze(row.compare(wanted[row.path]))
        ]
        if not reset:
            return "nothing was reset"
        body = body_of(kind, group, reset, wanted.get, lambda row: row.read(document))
        await self.api.follow(await self.api.send(action.method, path, thaw(body)))
        return f"set again after the reset: {', '.join(row.path for row, _ in reset)}"

    # ---------------------------------------------------------------------------------------------------- filling

    async def _settled(self, kind: Kind, object_id: str) -> Live:
        """Wait until no transition of an object is under way, and return it."""
        seen: list[Live] = []

        async def settled() -> bool:
            seen[:] = [await self._live(kind, object_id)]
            return kind.switch is None or seen[0].status not in kind.switch.between

        await self.api.until("its transition", settled)
        return seen[0]

    async def _live(self, kind: Kind, object_id: str) -> Live:
        """Return an object as it is after a request that was accepted; where that cannot be read, all is unknown."""
        document = await self._read(kind.item_path.replace("{id}", object_id))
        if document is None:
            raise JobFailed("it is not on the platform any more")
        if "id" not in document:
            raise Unreachable("it was sent, and the platform's answer shows no object", sent=True)
        return as_live(kind, document)

    async def _reread(self, kind: Kind, action: Action) -> Live | None:
        """Return an object after a request that went wrong; None where it cannot be read, as that error says more."""
        try:
            return await self._live(kind, self._id(action))
        except ApiError:
            return None

    async def _read(self, path: str) -> Any:
        """Return what stands at a path after something was sent: None on 404, Unreachable when nobody can tell."""
        try:
            return await self.api.get(path)
        except ApiError as error:
            if isinstance(error, Rejected) and error.status == 404:
                return None
            raise Unreachable(f"it was sent, and what became of it cannot be read: {error}", sent=True) from None

    def _id(self, action: Action) -> str:
        return action.id or self._made(f"{action.address}/create")

    def _made(self, key: str) -> str:
        return str(self.outcomes[key].id)

    def _path(self, action: Action) -> str:
        return action.path.replace("{id}", self._id(action)) if "{id}" in action.path else action.path

    def _filled(self, body: Any) -> Any:
        """Return a body with every reference replaced by the id that its action made."""
        if isinstance(body, Mapping):
            if set(body) == {"$ref"}:
                return self._made(body["$ref"])
            if set(body) == {"$secret"}:
                return self.reveal(body["$secret"])
            if set(body) == {DIGEST}:
                return f"{body[DIGEST]} (drplan plan {digest(self.plan)})"
            return {key: self._filled(value) for key, value in body.items()}
        if isinstance(body, tuple):
            return [self._filled(value) for value in body]
        return body


def _unclear(error: Exception) -> bool:
    """Tell whether a request that failed so may have had its effect all the same."""
    if isinstance(error, Rejected):
        return error.status in RETRIED and error.status != 429
    return isinstance(error, Unreachable) and error.sent


def _moves(before: Observed, after: Observed) -> list[Diagnostic]:
    address = str(before.address)
    if before.id != after.id:
        was = "did not exist" if before.id is None else f"was {before.id}"
        now = "is gone" if after.id is None else f"is {after.id}"
        return [Diagnostic(Severity.ERROR, f"it {was} and {now}", path=address)]
    return [
        Diagnostic(
            Severity.ERROR, f"it was {_said(value)} and is {_said(after.fields.get(path))}", path=f"{address}.{path}"
        )
        for path, value in before.fields.items()
        if after.fields.get(path) != value
    ]


def _said(value: Any) -> str:
    return "not set" if value is None else repr(thaw(value))
