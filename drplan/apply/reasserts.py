"""What a request has reset beside what it was sent for: seen, said, and set again by the reasserts of the plan."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from drplan.errors import ApiError
from drplan.plan.body import body_of, completed_body, sets_of
from drplan.plan.diff import HIDDEN
from drplan.plan.resets import held, resets
from drplan.platform.api import Api
from drplan.records.plans import Action, Change, Plan, Verb
from drplan.records.values import freeze, thaw
from drplan.registry.kinds import Kind
from drplan.registry.rows import Group, Setting, covers

Documents = Mapping[str, Mapping[str, Any]]
"""Documents by the groups that read them."""


class Reasserts:
    """Sees what a plan's requests reset, and sets it again.

    `filled` fills in what only the run knows; `read` returns the document of a group of an action's object as it is. A
    replacement resets `a`, which the spec says, `b`, which it ignores, and `c`, which it does not mention:
        before, beside   the replacement's remark: it reset c (true → false), which no spec mentions
        set_again        sends a and b; its remark: set again after the reset: a; put back: b (false → true)
    """

    def __init__(
        self,
        api: Api,
        plan: Plan,
        filled: Callable[[Any], Any],
        read: Callable[[Kind, Group, Action], Awaitable[Mapping[str, Any]]],
    ) -> None:
        self.api = api
        self.plan = plan
        self.filled = filled
        self.read = read
        self._before: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._spared: set[str] = set()

    async def before(self, kind: Kind, group: Group, action: Action) -> Documents:
        """Return the documents that a group's request may reset; without those that cannot be read."""

        async def one(name: str) -> Mapping[str, Any] | None:
            try:
                return await self.read(kind, kind.group(name), action)
            except ApiError:  # nobody has asked for it
                return None

        names = [each.name for each in kind.groups if group.name in each.reset_by]
        found = zip(names, await asyncio.gather(*map(one, names)), strict=True)
        return {name: document for name, document in found if document is not None}

    async def beside(self, kind: Kind, group: Group, action: Action, before: Documents) -> str:
        """Return in words what a request has reset that no reassert sets again; keep in mind what stood there."""
        if not before:
            return ""
        self._before |= {(str(action.address), name): document for name, document in before.items()}
        after = await self.before(kind, group, action)
        again = {
            change.setting
            for each in self.plan
            if each.verb is Verb.REASSERT and each.address == action.address
            for change in each.changes
        }
        reset = [
            _said(change)
            for name in sorted(before.keys() & after.keys())
            for change in resets(kind, kind.group(name), before[name], after[name])
            if not any(covers(path, change.setting) for path in again)
        ]
        return self.api.clean(f"it reset {', '.join(reset)}, which no spec mentions") if reset else ""

    async def spare(self, kind: Kind, action: Action) -> bool:
        """Tell whether a turn is not made, as the reassert that it is there for has nothing to send."""
        if action.only_for:
            reassert = next(each for each in self.plan if each.key == action.only_for)
            group = kind.group(reassert.group)
            reset, _ = self._reset(kind, reassert, await self.read(kind, group, reassert))
            if not reset:
                self._spared.add(action.key)
        return bool({action.key, action.undoes} & self._spared)

    async def set_again(self, kind: Kind, group: Group, action: Action, path: str) -> str:
        """Read a group's document and send again the settings that are not as wanted; return which as a remark."""
        back = self._back(kind, action)
        if not (back or action.sets):
            return "nothing was reset"
        document = await self.read(kind, group, action)
        reset, wanted = self._reset(kind, action, document)
        if not reset:
            return "nothing was reset"
        sets = sets_of(kind, group, reset, wanted.get, lambda row: row.read(document))
        body = completed_body(kind, group, sets, {group.name: document}, body_of(kind, group.name, sets))

        async def shown() -> bool:
            return not self._reset(kind, action, await self.read(kind, group, action))[0]

        await self.api.follow(await self.api.send(action.method, path, thaw(body)), shown)
        asked = ", ".join(row.path for row, _ in reset if row.path not in back)
        changes = (Change(row.path, freeze(row.read(document)), value) for row, value in reset if row.path in back)
        kept = self.api.clean(", ".join(map(_said, changes)))
        parts = (f"set again after the reset: {asked}" if asked else "", f"put back: {kept}" if kept else "")
        return "; ".join(filter(None, parts))

    def _reset(
        self, kind: Kind, action: Action, document: Mapping[str, Any]
    ) -> tuple[list[tuple[Setting, Any]], Mapping[str, Any]]:
        """Return the rows that a reassert has to set again, with their values, and all values that it may send."""
        wanted = {path: freeze(self.filled(value)) for path, value in action.sets.items()} | self._back(kind, action)
        rows = [kind.setting(path) for path in wanted]
        reset = [
            (row, wanted[row.path])
            for row in rows
            if not (row.write_only or row.as_wanted(wanted[row.path], row.read(document)))
        ]
        return reset, wanted

    def _back(self, kind: Kind, action: Action) -> dict[str, Any]:
        """Return what a reassert puts back as it was, as far as it was seen, and can be sent."""
        before = self._before.get((str(action.address), action.group))
        if before is None:
            return {}
        rows = [kind.setting(change.setting) for change in action.changes if change.setting not in action.sets]
        values = {row.path: held(row.read(before)) for row in rows}
        return {row.path: values[row.path] for row in rows if values[row.path] is not None or row.clears}


def _said(change: Change) -> str:
    return f"{change.setting} ({_value(change.before)} → {_value(change.after)})"


def _value(value: Any) -> str:
    if value == HIDDEN:
        return "a secret"
    return "not set" if value is None else json.dumps(thaw(value), ensure_ascii=False)
