"""Checks of the documents: what deployments show of their settings, how it is spelled, and what is kept."""

from collections.abc import Mapping

from drplan.doctor.live_platform import LivePlatform
from drplan.records.checkups import Trait, fine, noted, warned
from drplan.records.values import dig, trimmed
from drplan.registry.shapes import Shape

MAIN = "settings"  # the group whose document every deployment has (API reference 2.7); the others may be missing
NONE_YET = "there is no deployment to look at"


async def settings_read(platform: LivePlatform) -> list[Trait]:
    """Can the documents be read that hold a deployment's settings?"""
    pairs = await platform.sample()
    if not pairs:
        return [noted(NONE_YET)]
    found = []
    reading = [group for group in platform.kind.groups if group.read]
    for group in reading:
        reply = await platform.document(pairs[0].item, group.name)
        if reply.status == 404 and group.name != MAIN:
            found.append(noted(f"{group.name} is not there (404)", "where a spec says something of it, it is sent"))
        elif reply.refusal:
            found.append(
                warned(
                    f"{group.name} cannot be read ({reply.status})",
                    "what specs say of it cannot be compared",
                    "look at what the token may do; leave it out of the specs if the platform does not have it",
                )
            )
    return found or [fine(f"all {len(reading)} documents of settings can be read")]


async def setting_keys(platform: LivePlatform) -> list[Trait]:
    """Are there settings on the platform that drplan does not know?"""
    pairs = await platform.sample()
    route = platform.kind.group(MAIN).read
    groups = {group.name for group in platform.kind.groups if group.read == route}
    paths = {str(row.live or row.wire) for row in platform.kind.settings if row.group in groups}
    unknown = set()
    for pair in pairs:
        document = (await platform.document(pair.item, MAIN)).document
        unknown |= {key for key in _keys(document, paths) if not any(_touches(path, key) for path in paths)}
    if not pairs:
        return [noted(NONE_YET)]
    if unknown:
        told = ", ".join(sorted(unknown))
        return [noted(f"drplan does not know {told}", "no spec can say it, and it stays as it is")]
    return [fine("drplan knows every key of the settings")]


def _keys(document: Mapping[str, object], paths: set[str]) -> set[str]:
    """Return the keys of a document, and below those of which rows know parts, the keys there.
    {"drift": {"enabled": true, "new": 1}, "odd": {"on": true}}       drift.enabled, drift.new, odd
    """
    keys = set()
    for key, value in document.items():
        parts = isinstance(value, Mapping) and key not in paths and any(path.startswith(f"{key}.") for path in paths)
        keys |= {f"{key}.{inner}" for inner in value} if parts and isinstance(value, Mapping) else {key}
    return keys


def _touches(path: str, key: str) -> bool:
    return path == key or path.startswith(f"{key}.")


async def spellings(platform: LivePlatform) -> list[Trait]:
    """How does the platform spell the keys that servers spell in two ways?"""
    found = []
    for row in platform.kind.settings:
        fields = row.form.fields if isinstance(row.form, Shape) else ()
        double = {each.key: each.reads for each in fields if each.reads}
        if not double or row.group is None:
            continue
        shown: set[str] = set()
        for pair in await platform.sample():
            value = dig((await platform.document(pair.item, row.group)).document, str(row.live or row.wire))
            shown |= set(value) if isinstance(value, Mapping) else set()
        other = sorted(word for words in double.values() for word in words if word in shown)
        if other:
            means = f"drplan reads both, and sends {', '.join(double)}"
            found.append(noted(f"{row.wire} has {', '.join(other)}", means))
        elif shown & set(double):
            found.append(fine(f"{row.wire} has {', '.join(double)}, as it is sent"))
        else:
            found.append(noted(f"no deployment looked at has {row.wire}"))
    return found


async def importance_kept(platform: LivePlatform) -> list[Trait]:
    """Does the platform keep the importance that it is given?"""
    form = platform.kind.criticality
    listed = await platform.listed()
    if form is None or not listed:
        return [noted(NONE_YET)]
    row = platform.kind.setting(form.setting)
    documents = [*listed, *(pair.own.document for pair in await platform.sample())]
    kept = [item for item in listed if row.read(item) is not None]
    if kept or any(row.read(document) is not None for document in documents):
        return [fine(f"{form.setting} is kept: {len(kept)} of {platform.count(listed)} have one in the list")]
    return [
        warned(
            f"no deployment has an {form.setting}",
            "it is kept only where the platform has an approval workflow; what a spec says of it has no effect, and a "
            "policy that asks for it sees what the spec says",
            "leave it out of the specs, or expect one warning at each apply",
        )
    ]


async def texts_kept(platform: LivePlatform) -> list[Trait]:
    """Are texts kept as they are sent, with blanks at their ends?"""
    rows = [row for row in platform.kind.settings if row.wire and not row.reference]
    texts = [row.read(item) for item in await platform.listed() for row in rows if str(row.wire) in item]
    kept = [text for text in texts if isinstance(text, str) and trimmed(text) != text]
    if kept:
        return [fine("texts are kept as they are sent")]
    return [noted("no text has blanks at its ends to tell by", "texts that differ in them alone count as equal")]


async def capabilities(platform: LivePlatform) -> list[Trait]:
    """What are the capabilities of a deployment called?"""
    pairs = await platform.sample()
    if not pairs:
        return [noted(NONE_YET)]
    reply = await platform.ask(f"{platform.kind.item_path.replace('{id}', str(pairs[0].item['id']))}capabilities/")
    names = [str(each.get("name")) for each in reply.items]
    if not names:
        why = f" ({reply.status})" if reply.refusal else ""
        return [noted(f"the platform does not say what a deployment can do{why}", "a refusal says it")]
    spelled = "snake_case" if any("_" in name for name in names) else "camelCase"
    return [fine(f"{len(names)} capabilities, spelled in {spelled}")]


CHECKS = (settings_read, setting_keys, spellings, importance_kept, texts_kept, capabilities)
