"""What one action does on the platform: its request, what is made of the answer, and how its effect is awaited."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from drplan.apply.reasserts import Reasserts
from drplan.apply.unclear import SEARCH_PAUSES, search, unclear
from drplan.errors import ApiError, JobFailed, Rejected, Unreachable
from drplan.kinds import KINDS
from drplan.plan.body import completed_body, documents_needed
from drplan.plan.change_requests import DIGEST
from drplan.plan.diff import entries, entry_value, has_entries, identity, live_value
from drplan.plan.file import digest
from drplan.plan.targets import parent_of
from drplan.platform.api import Api, Response
from drplan.platform.match import belongs, seal_of, shows_seal
from drplan.platform.objects import live_objects, moving, read_object
from drplan.platform.observe import as_live, carried, follow_lookup, read_documents
from drplan.records.plans import Action, Outcome, Plan, Verb
from drplan.records.specs import Live
from drplan.records.values import bury, dig, equal, freeze, thaw
from drplan.registry.kinds import Kind
from drplan.registry.lookups import Found, Readiness
from drplan.registry.rows import Group, Setting

LEFT_OUT = "left out: "
"""How the remark of an action begins that the platform does not take, and that nothing else waits for: a warning."""


class Effects:
    """Carries out the actions of a plan, all but the requests for approval, which `file` makes.

    `outcomes` (action key -> outcome) are those of the run so far: the ids that were made are taken from them. `reveal`
    returns the secret that a template stands for.
    """

    def __init__(self, api: Api, plan: Plan, outcomes: Mapping[str, Outcome], reveal: Callable[[str], str]) -> None:
        self.api = api
        self.plan = plan
        self.outcomes = outcomes
        self.reveal = reveal
        self._seen = {seen.address: seen.id for seen in plan.observed}
        self._without_entries: set[tuple[str, str]] = set()
        self._without_identity: set[str] = set()
        self._reasserts = Reasserts(api, plan, self.filled, self._document)
        self._ready: set[str] = set()

    async def carry_out(self, action: Action) -> tuple[str | None, str]:
        """Carry out one action, to the end of its job; return the id that it made (None: nothing) and a remark.

        Raises an ApiError where it failed; `unclear` tells whether it may have had its effect all the same.
        """
        kind = KINDS[action.address.kind]
        around = parent_of(action.address)
        if around:
            parent = self._seen.get(around) or self._made(f"{around}/create")
            kind = kind.at(parent)
            action = replace(action, path=action.path.replace("{parent}", parent))
        for row in kind.settings:
            sent = action.sets.get(row.path)
            fresh = action.verb is Verb.CREATE or isinstance(sent, Mapping)  # else the validation has looked at it
            if sent is not None and fresh and row.reference and row.reference.readiness:
                await self._await_ready(row.reference.readiness, str(self.filled(sent)))
        if action.verb is Verb.CREATE:
            return await self._create(kind, action)
        for pause in SEARCH_PAUSES[1:] if action.id is None else ():
            try:
                return None, await self._remark(kind, action, early=True)
            except Rejected as error:
                if error.status != 404:
                    raise
            await self.api.sleep(pause)  # what this run has just made may not be known everywhere yet
        return None, await self._remark(kind, action)

    async def _remark(self, kind: Kind, action: Action, *, early: bool = False) -> str:
        """Carry out any action but a creation; `early`: a 404 may be about what is not known everywhere yet."""
        if action.verb is Verb.DELETE:
            return await self._delete(kind, action)
        if not action.group:  # what must be done before another request
            await self.api.follow(await self.api.send(action.method, self._path(action), self.filled(action.body)))
            return ""
        group = kind.group(action.group)
        if action.verb is Verb.REASSERT:
            return await self._reasserts.set_again(kind, group, action, self._path(action))
        if group.entries:
            return await self._entry(kind, group, action, early=early)
        if await self._reasserts.spare(kind, action):
            return "not needed: nothing was reset"
        before = await self._reasserts.before(kind, group, action)
        remark = await self._change(kind, group, action)
        return "; ".join(filter(None, (remark, await self._reasserts.beside(kind, group, action, before))))

    async def _await_ready(self, readiness: Readiness, object_id: str) -> None:
        """Wait until what an action refers to can be used; asked once a run. Raise JobFailed where it is not to be.

        What cannot be read, or does not say, is left to the platform to judge.
        """
        path = readiness.path.replace("{id}", object_id)
        if path in self._ready:
            return

        async def ready() -> bool:
            try:
                word = (await self.api.get(path)).get(readiness.field)
            except ApiError:
                return True
            if word == readiness.failed:
                raise JobFailed(f"{path} has the {readiness.field} '{word}'; nothing was sent")
            return word != readiness.waiting

        await self.api.until(f"the {readiness.field} of {path}", ready, sent=False)
        self._ready.add(path)

    async def _create(self, kind: Kind, action: Action) -> tuple[str, str]:
        """Send a creation once; return the id that it made and a remark.

        After an unclear answer the object is looked for, and not made again; Unreachable where it does not appear.
        """
        body = self.filled(action.body)
        try:
            answer = await self._post(kind, action, body)
        except (Rejected, Unreachable) as error:
            if not unclear(error):
                raise
            found = await search(self.api, lambda: self._look(kind, action))
            if found is None:
                raise Unreachable(
                    f"{error}; nothing with its identity has appeared yet. It is not sent again, as that could make a "
                    "second one: plan again in a while",
                    sent=True,
                ) from None
            if not action.makes:
                await self._settled(kind, found)
            return found, "found after an unclear answer, not sent again"
        made = str(dig(answer.body, "id") or "")
        await self.api.follow(answer, lambda: self._launched(kind, action, made))
        if not made:
            made = str(await search(self.api, lambda: self._look(kind, action)) or "")
        if not made:
            raise Unreachable("the platform did not say what it created", sent=True)
        return made, ""

    async def _launched(self, kind: Kind, action: Action, made: str) -> bool:
        """Tell whether what a creation made is there and through; raise JobFailed where it has come to nothing."""
        if action.makes:  # what needs it waits until it can be used
            return True
        object_id = made or await self._look(kind, action)
        document = await self._read(kind.item(object_id)) if object_id else None
        if not (isinstance(document, Mapping) and document.get("id")):
            return False
        live = as_live(kind, document)
        if kind.switch and live.status in kind.switch.broken:
            raise JobFailed(f"it was made, and is {live.status}")
        return not moving(kind, live)

    async def _post(self, kind: Kind, action: Action, body: Any) -> Response:
        """Send a creation; once more without the identity, where the platform refuses that field (API reference 1.6).

        A refusal had no effect, so that nothing is made twice. It may name the field, or say in any words that it does
        not take it; where that was not the reason, the second refusal is the answer.
        """
        identity_key = kind.identity.on_create if kind.identity else ""
        if identity_key in self._without_identity:
            body.pop(identity_key, None)
        try:
            return await self.api.send("POST", action.path, body, once=True)
        except Rejected as error:
            fields = error.body.get("errors")
            other = isinstance(fields, Mapping) and fields and identity_key not in fields
            if error.status not in (400, 422) or identity_key not in body or other:
                raise
        body.pop(identity_key)
        answer = await self.api.send("POST", action.path, body, once=True)
        self._without_identity.add(identity_key)
        return answer

    async def _look(self, kind: Kind, action: Action) -> str | None:
        """Return the id of what a creation made, found by its identity, its name or its lookup; None: not there."""
        if action.makes:  # something the resource refers to: its lookup finds it
            row = kind.setting(action.changes[0].setting)
            answer = (
                await follow_lookup(self.api, row.reference.lookup(action.changes[0].after)) if row.reference else None
            )
            return answer.id if isinstance(answer, Found) else None
        own = identity(self.plan.project, action.address)
        row = kind.setting(kind.named_by)
        name = self.filled(action.sets.get(row.path))
        for item in await live_objects(self.api, kind, self.plan.project, [name]):
            if str(item["id"]) == self._seen.get(action.address):
                continue  # this plan has deleted that one, and a list may lag
            if carried(kind, item) == own if kind.identity else equal(name, dig(item, str(row.on_create))):
                return str(item["id"])
        return None

    async def _delete(self, kind: Kind, action: Action) -> str:
        """Delete an object and wait until it is gone; return a remark where it was gone before.

        What a list has shown may be late: the object itself is asked once more whether it is ours to delete.
        """
        path = self._path(action)
        await self._require_ours(kind, action)
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

    async def _require_ours(self, kind: Kind, action: Action) -> None:
        """Raise ApiError where an object that is to be deleted shows by now that it is not ours, or protected."""
        if kind.identity is None:
            return
        try:
            item = await read_object(self.api, kind, self._id(action))
        except ApiError as error:
            raise ApiError(f"whether it is ours to delete cannot be read: {error}") from None
        if item is None or not shows_seal(kind, item):
            return
        if not belongs(seal_of(kind, item) or "", self.plan.project):
            raise ApiError(f"it does not bear this project's seal (tag '{kind.identity.entry}') any more; left alone")
        if kind.identity.guard in entries(as_live(kind, item), kind.group(kind.identity.group)):
            raise ApiError("it is protected by prevent_destroy by now; left alone")

    async def _change(self, kind: Kind, group: Group, action: Action) -> str:
        """Send a group's change and wait for its job; return a remark.

        Where the group is to `confirm`, the live value is awaited too. After an unclear answer, or a 409 to its
        repetition, the live value decides whether the change had its effect.
        """
        body = self.filled(action.body)
        row = kind.setting(action.changes[0].setting)
        wanted = self.filled(action.sets[row.path])
        needed = sorted(documents_needed(kind, group, action.sets))
        documents = {name: await self._document(kind, kind.group(name), action) for name in needed}
        body = completed_body(kind, group, action.sets, documents, body) if needed else body
        checked = group.confirm or bool(kind.switch and kind.switch.group == group.name)
        try:
            answer = await self._sent(kind, group, action, body)
            await self.api.follow(answer, lambda: self._shows(kind, group, action))
        except JobFailed as error:
            live = await self._reread(kind, action) if group.confirm else None
            if live is None:
                raise
            raise JobFailed(f"{error}; {row.path} is still {live_value(row, kind, live)}") from None
        except (Rejected, Unreachable) as error:
            # After an unclear answer the repeat is refused because the first one worked: the live object decides.
            if not checked or not (unclear(error) or getattr(error, "status", 0) == 409):
                raise
            if not await self._turned_out(kind, row, action, wanted):
                raise
            return "was so already"
        if group.confirm:

            async def shown() -> bool:
                return bool(live_value(row, kind, await self._live(kind, self._id(action)), wanted) == wanted)

            await self.api.until(f"{row.path} becoming {wanted}", shown)
        return ""

    async def _sent(self, kind: Kind, group: Group, action: Action, body: dict[str, Any]) -> Response:
        """Send a group's change; where null is refused, once more with what else clears a setting."""
        try:
            return await self.api.send(action.method, self._path(action), body)
        except Rejected as error:
            other = thaw(body)
            for row in kind.rows(group.name):
                if row.cleared_as is not None and row.path in action.sets and action.sets[row.path] is None:
                    bury(other, row.wire_in(group.name), row.cleared_as)
            if error.status not in (400, 422) or other == body:
                raise
        return await self.api.send(action.method, self._path(action), other)

    async def _shows(self, kind: Kind, group: Group, action: Action) -> bool:
        """Tell whether an object shows all that a change sets, and is in no transition."""
        item = await self._read(kind.item(self._id(action)))
        if not (isinstance(item, Mapping) and item.get("id")):
            return False
        live = await read_documents(self.api, kind, item, [group.name] if group.read else [])
        rows = [row for row in kind.rows(group.name) if not (row.write_only or row.in_request)]
        wanted = [(row, freeze(self.filled(action.sets[row.path]))) for row in rows if row.path in action.sets]
        return not moving(kind, live) and all(
            live_value(row, kind, live) == value
            if row.reference
            else row.compare(row.comparable(value, value), live_value(row, kind, live, value))
            for row, value in wanted
        )

    async def _turned_out(self, kind: Kind, row: Setting, action: Action, wanted: Any) -> bool:
        """Return whether a change had its effect: the live value is the wanted one, now or some seconds later."""
        try:
            for pause in SEARCH_PAUSES:
                await self.api.sleep(pause)
                if live_value(row, kind, await self._settled(kind, self._id(action)), wanted) == wanted:
                    return True
        except ApiError:  # the change's own error says more
            pass
        return False

    async def _entry(self, kind: Kind, group: Group, action: Action, *, early: bool) -> str:
        """Send the change of one entry; return a remark. The live entry decides after an error whether it was made.

        A platform that has no such entries, or lets nobody change them, costs the entries and nothing else.
        """
        body, path = self.filled(action.body), self._path(action)
        if (kind.name, group.name) in self._without_entries:
            return f"{LEFT_OUT}this platform has no {group.name}"
        try:
            await self.api.send(action.method, path, body, once=action.method == "POST")
        except (Rejected, Unreachable) as error:
            live = await self._reread(kind, action)
            if live is None:
                raise
            status = getattr(error, "status", 0)
            if status == 405 or (status == 404 and not has_entries(live, group)):
                self._without_entries.add((kind.name, group.name))
                return f"{LEFT_OUT}this platform has no {group.name}"
            if status == 404 and early:
                raise
            if status == 403 or (status == 404 and action.method == "POST"):
                return f"{LEFT_OUT}{error}"
            change = action.changes[0]
            if not equal(self.filled(change.after), entry_value(kind, live, change.setting)):
                raise
            return "was so already"
        return ""

    async def _document(self, kind: Kind, group: Group, action: Action) -> Mapping[str, Any]:
        """Return the document that a group changes, as it is now."""
        document: Mapping[str, Any] = await self.api.get(
            str(group.read or kind.item_path).replace("{id}", self._id(action))
        )
        return document

    async def _settled(self, kind: Kind, object_id: str) -> Live:
        """Wait until the object is in no transition between on and off, and return it."""
        seen: list[Live] = []

        async def settled() -> bool:
            seen[:] = [await self._live(kind, object_id)]
            return not moving(kind, seen[0])

        await self.api.until("its transition", settled)
        return seen[0]

    async def _live(self, kind: Kind, object_id: str) -> Live:
        """Return an object after a request that was accepted.

        Raises JobFailed where it is gone, Unreachable where it cannot be read: the request's effect is unknown then.
        """
        document = await self._read(kind.item(object_id))
        if document is None:
            raise JobFailed("it is not on the platform any more")
        if "id" not in document:
            raise Unreachable("it was sent, and the platform's answer shows no object", sent=True)
        return as_live(kind, document)

    async def _reread(self, kind: Kind, action: Action) -> Live | None:
        """Return an object after a request that failed; None where it cannot be read."""
        try:
            return await self._live(kind, self._id(action))
        except ApiError:
            return None

    async def _read(self, path: str) -> Any:
        """Return the JSON at a path; None on 404, and after any other error Unreachable: the effect is unknown."""
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

    def filled(self, body: Any) -> Any:
        """Return a body ready to be sent, with what only this run knows:
        {"$ref": KEY}         the id that the action KEY made
        {"$secret": TEXT}     the secret that the template stands for
        {"$digest": TEXT}     TEXT, and the plan's digest
        """
        if isinstance(body, Mapping):
            if set(body) == {"$ref"}:
                return self._made(body["$ref"])
            if set(body) == {"$secret"}:
                return self.reveal(body["$secret"])
            if set(body) == {DIGEST}:
                return f"{body[DIGEST]} (drplan plan {digest(self.plan)})"
            return {key: self.filled(value) for key, value in body.items()}
        if isinstance(body, tuple):
            return [self.filled(value) for value in body]
        return body
