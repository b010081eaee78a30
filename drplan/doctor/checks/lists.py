"""Checks of the list of deployments: drplan sees no more of a fleet than its list shows."""

from drplan.doctor.live_platform import LivePlatform, shown_ids
from drplan.platform.lists import PAGE
from drplan.records.checkups import Trait, fine, noted, warned

ENVELOPE = ("count", "data", "next", "previous", "totalCount")
NOBODY = "drplan-doctor-3f1c9a70"  # a text that no name has
CREATED = "createdAt"


async def list_whole(platform: LivePlatform) -> list[Trait]:
    """Is the list of deployments whole, every id in it once, and the same when it is asked for again?"""
    listed = await platform.whole()
    page = await platform.page()
    lacking = [key for key in ENVELOPE if key not in page.document]
    found = [fine(f"the list is whole: {platform.count(listed)}")]
    before, after = ([str(item.get("id")) for item in items[:PAGE]] for items in (listed, page.items))
    if before[: len(after)] != after:
        moved = sum(one != other for one, other in zip(before, after, strict=False))
        found = [
            warned(
                f"the list is another one when it is asked for again: {moved} of {len(after)} places differ",
                "a deployment that moves while the list is read is lost or seen twice; drplan reads again, then stops",
                "run it again while nobody changes anything; if it stays, plan with little traffic",
            )
        ]
    if lacking:
        means = "without a total drplan follows the pages one after the other" if "totalCount" in lacking else ""
        found.append(noted(f"a page of the list lacks {', '.join(lacking)}", means))
    return found


async def list_order(platform: LivePlatform) -> list[Trait]:
    """Can the list be asked for in the order of creation, which traffic does not move?"""
    advice = "plan with little traffic"
    means = "with traffic, deployments move while the list is read; drplan reads it again, and then refuses it"
    first = await platform.first()
    (order,) = (value for _, value in platform.kind.list_order)
    if first.status in (400, 422):
        return [warned(f"the list does not take orderBy={order} ({first.status})", means, advice)]
    times = [str(item[CREATED]) for item in await platform.listed() if item.get(CREATED)]
    if len(times) < 2:
        return [noted(f"orderBy={order} is taken; there are too few deployments to see whether it is kept")]
    if times != sorted(times):
        return [warned(f"the list takes orderBy={order} and comes in another order", means, advice)]
    return [fine(f"the list comes in the order asked for (orderBy={order})")]


async def list_limit(platform: LivePlatform) -> list[Trait]:
    """Does the list give as many a page as it is asked for?"""
    first = await platform.first()
    if first.refusal:
        first = await platform.ask(platform.kind.list_path, ("limit", "1"))
    if first.refusal:
        return [noted(f"a limit is refused ({first.status})", "drplan follows the pages that the platform makes")]
    if len(first.items) > 1:
        return [noted(f"limit=1 is answered with {len(first.items)}", "drplan follows the pages as they come")]
    return [fine("limit is honoured")] if len(await platform.listed()) > 1 else [noted("too few deployments to see")]


async def list_search(platform: LivePlatform) -> list[Trait]:
    """Do lists honour `search`, with which drplan looks for models by name?"""
    found = []
    for path in (platform.kind.list_path, "registeredModels/"):
        reply = await platform.ask(path, ("search", NOBODY), ("limit", "1"))
        if reply.refusal:
            found.append(noted(f"{path} refuses search ({reply.status})"))
        elif reply.items:
            found.append(noted(f"{path} ignores search", "drplan compares names itself, and reads more pages"))
    return found or [fine("search is honoured")]


async def list_fresh(platform: LivePlatform) -> list[Trait]:
    """Does the list show deployments as they are, and none that are gone?"""
    pairs = await platform.sample()
    gone = [pair.item for pair in pairs if pair.own.status in (404, 410)]
    rows = [row for row in platform.kind.settings if row.live or row.wire]
    plain = [row for row in rows if not row.group or not platform.kind.group(row.group).read]
    late: dict[str, list[str]] = {}
    for item, own in ((pair.item, pair.own.document) for pair in pairs if not pair.own.refusal):
        for row in plain:
            key = str(row.live or row.wire).partition(".")[0]
            if key in item and key in own and row.read(item) != row.read(own):
                late.setdefault(row.path, []).append(str(item["id"]))
    found = []
    if gone:
        found.append(
            warned(
                f"the list shows what is not there: {shown_ids(gone)}",
                "the list lags behind; drplan reads what a run has changed at its own route",
                "run it again in a minute; if it stays, tell the platform's operators",
            )
        )
    if late:
        ids = sorted({id_ for each in late.values() for id_ in each})
        found.append(
            warned(
                f"list and object differ in {', '.join(sorted(late))} of {', '.join(ids)}",
                "the list lags behind; drplan reads what a run has changed at its own route",
                "run it again in a minute; if it stays, plan only when nobody else changes anything",
            )
        )
    if not pairs:
        return [noted("there is no deployment to compare")]
    return found or [fine(f"{platform.count(pairs)} read at their own routes are as the list shows them")]


async def list_keys(platform: LivePlatform) -> list[Trait]:
    """Does an item of the list hold what the object holds?"""
    pairs = [pair for pair in await platform.sample() if not pair.own.refusal]
    if not pairs:
        return [noted("there is no deployment to compare")]
    lacking = sorted({key for pair in pairs for key in pair.own.document if key not in pair.item})
    if not lacking:
        return [fine("items of the list have every key of the objects")]
    return [noted(f"items of the list lack {', '.join(lacking)}", "what only an object shows costs a request each")]


CHECKS = (list_whole, list_order, list_limit, list_search, list_fresh, list_keys)
