"""Checks of what identifies a deployment: tags, birth marks, and who else uses them."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import cast

from drplan.doctor.live_platform import LivePlatform, shown_ids
from drplan.errors import counted
from drplan.platform.lists import Item
from drplan.platform.match import belongs, birth_mark, seal_of, shows_seal
from drplan.records.checkups import Trait, fine, noted, warned
from drplan.registry.rows import Entries

PATTERN = re.compile(r"[^/\s]+/[^/\s]+")  # project/name, as drplan's own identities
SHAPE = {"id", "name", "value"}
NONE_YET = "there is no deployment to look at"


async def tag_places(platform: LivePlatform) -> list[Trait]:
    """Where are a deployment's tags shown, on which drplan keeps its seal?"""
    key = _tags(platform).live
    place = await _place(platform, key)
    if place == "none":
        return [noted(NONE_YET, "where tags are shown is not known")]
    if place == "lists":
        return [fine("tags are shown in the list")]
    if place == "objects":
        seen = "tags are shown at a deployment's own route, not in the list"
        means = f"each plan reads every deployment at its own route: {len(await platform.listed())} more requests"
        return [warned(seen, means, "raise `parallelism` if it takes long")]
    means = (
        f"drplan knows what it has made by its {platform.identity.on_create}; where none is shown either, not at all"
    )
    return [warned("no deployment shows tags", means, "write `id:` in each spec once its deployment is there")]


async def tag_shape(platform: LivePlatform) -> list[Trait]:
    """Do tags have the form that drplan reads: a list of objects with id, name and value?"""
    key = _tags(platform).live
    documents = [*await platform.listed(), *(pair.own.document for pair in await platform.sample())]
    shown = [document[key] for document in documents if document.get(key) not in (None, [], {})]
    odd = sorted({_form(value) for value in shown} - {_form([dict.fromkeys(SHAPE, "")])})
    if odd:
        means = "drplan cannot read its seal there"
        return [warned(f"tags have another form: {'; '.join(odd)}", means, "report it with this checkup")]
    return [fine("tags are objects with id, name and value")] if shown else [noted("there is no tag to look at")]


async def tag_routes(platform: LivePlatform) -> list[Trait]:
    """Is there a route for a deployment's tags?"""
    pairs = await platform.sample()
    if not pairs:
        return [noted(NONE_YET)]
    path = platform.kind.group(platform.identity.group).path.replace("{id}", str(pairs[0].item["id"]))
    reply = await platform.ask(path)
    if not reply.refusal:
        return [fine("the route of tags answers")]
    return [
        warned(
            f"the route of tags refuses to be read ({reply.status})",
            "drplan may not be able to seal what it makes; whether it can shows at the first creation",
            "apply one spec alone first, and see that the plan after it is empty",
        )
    ]


async def birth_marks(platform: LivePlatform) -> list[Trait]:
    """Is what a creation gives a deployment to be recognised by shown?"""
    key = platform.identity.on_create
    place = await _place(platform, key)
    taken = "whether a creation may send one shows when one does; a refusal costs one more request"
    if place == "none":
        return [noted(NONE_YET, taken)]
    if place == "lists":
        return [fine(f"{key} is shown in the list")]
    if place == "objects":
        return [noted(f"{key} is shown at a deployment's own route, not in the list", taken)]
    means = "a creation whose answer is lost before the tag is there cannot be recognised afterwards"
    return [noted(f"no deployment shows {key}", f"{means}; {taken}")]


async def seals(platform: LivePlatform) -> list[Trait]:
    """Whose seals are there, and who uses names like drplan's without one?"""
    listed = await platform.listed()
    if listed and not any(shows_seal(platform.kind, item) for item in listed):
        return [noted("the list does not show seals; whose deployments are was not looked for")]
    sealed = [(item, seal) for item in listed if (seal := seal_of(platform.kind, item)) is not None]
    owners = Counter(seal.partition("/")[0] for _, seal in sealed)
    odd = [item for item, seal in sealed if not PATTERN.fullmatch(seal)]
    marked = [
        (item, mark) for item in listed if seal_of(platform.kind, item) is None and (mark := _mark(platform, item))
    ]
    near = [item for item, mark in marked if belongs(mark, platform.project)]
    found = []
    if odd:
        seen = f"the tag '{platform.identity.entry}' is no identity: {shown_ids(odd)}"
        found.append(warned(seen, "drplan takes them for nobody's", "change it to PROJECT/NAME, or take it off"))
    if near:
        seen = f"without a seal, with this project's birth mark: {shown_ids(near)}"
        means = "a creation that was interrupted, or another tool's that names as drplan does; drplan leaves them alone"
        found.append(warned(seen, means, "look at them; `id:` in a spec adopts one"))
    if len(marked) > len(near):
        many = platform.count(len(marked) - len(near))
        found.append(noted(f"not ours, with a birth mark of the form a/b and without a seal: {many}"))
    if platform.project:
        whose = f"{owners[platform.project]} by this project, {owners.total() - owners[platform.project]} by others"
    else:
        whose = f"{owners.total()}, by {counted(len(owners), 'project')}"
    return [*found, fine(f"deployments with a seal: {whose}; without one: {len(listed) - owners.total()}")]


async def duplicates(platform: LivePlatform) -> list[Trait]:
    """Does each identity stand for one deployment?"""
    sealed: dict[str, list[Item]] = {}
    marked: dict[str, list[Item]] = {}
    for item in await platform.listed():
        if (seal := seal_of(platform.kind, item)) is not None:
            sealed.setdefault(seal, []).append(item)
        elif mark := _mark(platform, item):
            marked.setdefault(mark, []).append(item)
    found = [
        warned(
            f"{len(items)} deployments bear the {what} {owner}: {shown_ids(items)}",
            "drplan does not choose among them: it refuses to plan for them",
            advice,
        )
        for what, holders, advice in (
            ("seal", sealed, f"delete all but one, or change the tag '{platform.identity.entry}' of the others"),
            ("birth mark", marked, "give the spec the `id:` of the one that it describes"),
        )
        for owner, items in sorted(holders.items())
        if len(items) > 1
    ]
    return found or [fine("no identity stands for two deployments")]


def _mark(platform: LivePlatform, item: Item) -> str | None:
    """Return a birth mark that looks like an identity of drplan's; None where there is none."""
    mark = birth_mark(platform.kind, item)
    return mark if mark and PATTERN.fullmatch(mark) else None


def _tags(platform: LivePlatform) -> Entries:
    """Return how tags stand in a deployment's document."""
    return cast(Entries, platform.kind.group(platform.identity.group).entries)


async def _place(platform: LivePlatform, key: str) -> str:
    """Return where deployments show a key: `lists`, `objects`, `nowhere`, or `none` where there is no deployment."""
    listed = await platform.listed()
    if not listed:
        return "none"
    if any(key in item for item in listed):
        return "lists"
    return "objects" if any(key in pair.own.document for pair in await platform.sample()) else "nowhere"


def _form(value: object) -> str:
    """Return the form of tags in words, without any name or value in them."""
    if isinstance(value, Mapping):
        return "an object"
    if not isinstance(value, list):
        return "no list"
    keys = sorted(
        {key if SHAPE & {key} else "another key" for each in value if isinstance(each, Mapping) for key in each}
    )
    lacking = sorted(SHAPE - set(keys))
    return f"a list of objects without {', '.join(lacking)}" if lacking else "a list of objects"


CHECKS = (tag_places, tag_shape, tag_routes, birth_marks, seals, duplicates)
