"""Checks of what stands around deployments: where they serve, model packages, names, jobs, limits."""

from collections import Counter

from drplan.doctor.live_platform import LivePlatform, shown_ids
from drplan.kinds import KINDS
from drplan.platform.lists import PAGE, Item
from drplan.records.checkups import Trait, fine, noted

SERVERS, MODELS, JOBS = "predictionServers/", "registeredModels/", "status/"
FEW = 3  # jobs whose own records are read
LIMIT = ("limit", str(PAGE))


async def servers(platform: LivePlatform) -> list[Trait]:
    """Does a new deployment need a prediction server or environment, or must it name none?"""
    rows = [row for row in platform.kind.settings if row.on_create and row.reference and not row.group]
    listed = await platform.listed()
    reply = await platform.ask(SERVERS, LIMIT)
    used = {row.path: sum(row.read(item) is not None for item in listed) for row in rows}
    counts = ", ".join(f"{path} {count}" for path, count in used.items())
    seen = f"prediction servers listed: {len(reply.items)}; deployments with {counts}"
    if listed and not any(used.values()):
        means = "a self-managed installation forbids to name a server; in the cloud one of the two is required"
        return [noted(seen, means, "leave them out of the specs, as the deployments do that are there")]
    if not reply.items:
        return [noted(seen, "`default` names none here", "name an environment, or, where self-managed, nothing")]
    return [fine(seen)]


async def packages(platform: LivePlatform) -> list[Trait]:
    """Does a model package say whether it is built?"""
    found = []
    for row in platform.kind.settings:
        if row.reference is None or row.reference.readiness is None:
            continue
        ready = row.reference.readiness
        reply = await platform.ask(ready.path.partition("{")[0], LIMIT)
        states = Counter(str(item.get(ready.field) or "not said") for item in reply.items)
        told = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        means = f"drplan awaits {ready.waiting} and refuses {ready.failed}; the rest the platform judges"
        if reply.refusal:
            found.append(noted(f"model packages cannot be listed ({reply.status})", _UNSEEN))
        elif states["not said"] or states[ready.failed] or states[ready.waiting]:
            found.append(noted(f"{ready.field} of model packages: {told}", means))
        else:
            found.append(fine(f"{ready.field} of model packages: {told or 'there are none'}"))
    return found


_UNSEEN = "drplan may not see the model that a spec names"


async def names(platform: LivePlatform) -> list[Trait]:
    """Does each name that specs may use stand for one object?"""
    plain = [kind for kind in KINDS.values() if not kind.identity and not kind.parent]
    found = []
    for path, key in ((MODELS, "name"), *((kind.list_path, str(kind.setting(kind.named_by).wire)) for kind in plain)):
        reply = await platform.ask(path, LIMIT)
        if reply.refusal:
            found.append(noted(f"{path} cannot be listed ({reply.status})", "specs cannot name one"))
        holders: dict[str, list[Item]] = {}
        for item in reply.items:
            if not item.get("isArchived") and not item.get("isDeleted"):
                holders.setdefault(str(item.get(key)), []).append(item)
        for same in (items for items in holders.values() if len(items) > 1):
            seen = f"{path}: {len(same)} have one name: {shown_ids(same)}"
            found.append(noted(seen, "drplan does not choose among them", "name the one that you mean by its id"))
    return found or [fine(f"names of models and environments stand for one object each (of the first {PAGE})")]


async def jobs(platform: LivePlatform) -> list[Trait]:
    """Do the records of jobs say how the jobs go?"""
    reply = await platform.ask(JOBS, ("limit", str(FEW)))
    if reply.refusal:
        return [noted(f"jobs cannot be listed ({reply.status})", "drplan looks at the object where a record is lost")]
    found = []
    for item in reply.items[:FEW]:
        id_, told = str(item.get("statusId") or item.get("id")), str(item.get("status"))
        record = await platform.ask(f"{JOBS}{id_}/")
        said = str(record.document.get("status"))
        if record.refusal:
            found.append(noted(f"the record of job {id_} is listed and cannot be read ({record.status})", _OBJECT))
        elif said == "INITIALIZED" and told not in (said, "None"):
            found.append(noted(f"job {id_} is {told} in the list and {said} in its record", _OBJECT))
    if found:
        return found
    if reply.items:
        return [fine("the records of jobs that are under way can be read")]
    return [noted("no job is under way to look at", "what its record says at the end shows at the first change")]


_OBJECT = "drplan looks at the object itself where a record does not tell"


async def deployment_limits(platform: LivePlatform) -> list[Trait]:
    """How many deployments may there be?"""
    reply = await platform.ask(f"{platform.kind.list_path}limits/")
    told = {key: value for key, value in reply.document.items() if isinstance(value, int | float)}
    if not told:
        return [noted("the platform does not say how many there may be", "a creation too many is refused, and said")]
    return [noted(", ".join(f"{key}: {value}" for key, value in sorted(told.items())))]


CHECKS = (servers, packages, names, jobs, deployment_limits)
