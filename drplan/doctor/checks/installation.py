"""Checks of the installation: its API, whose token this is, its clock, and what the token may do."""

from drplan.doctor.live_platform import LivePlatform, shown_ids
from drplan.records.checkups import Trait, fine, noted, unreadable, warned

MAJOR = 2
CLOSE, FAR = 5, 60  # seconds that two clocks may differ: what an answer's way explains, and what does no harm
NEEDED = (  # the permission, and what drplan does with it
    ("CAN_EDIT_DEPLOYMENT", "update"),
    ("CAN_REPLACE_MODEL", "replace the model of"),
    ("CAN_DELETE_DEPLOYMENT", "delete"),
)


async def reachable(platform: LivePlatform) -> list[Trait]:
    """Does it speak the API v2, in a version that drplan knows, and does it take the token?"""
    version = await platform.ask("version/")
    page = await platform.first()
    if page.refusal and page.status not in (400, 422):
        return [unreadable(page.refusal, "drplan can do nothing here", "check the endpoint, and what the token may do")]
    text, major = version.document.get("versionString"), version.document.get("major")
    if version.refusal or text is None:
        return [noted("the token is taken; the platform does not say its version")]
    if major != MAJOR:
        return [
            warned(
                f"the token is taken; the API is version {text}",
                f"drplan was made for version {MAJOR} of the API",
                "look for a drplan that knows this version before you apply",
            )
        ]
    return [fine(f"the token is taken; the API is version {text}")]


async def account(platform: LivePlatform) -> list[Trait]:
    """Whose token is it?"""
    reply = await platform.ask("account/info/")
    user = reply.document.get("uid")
    if user is None:
        return [noted("the platform does not say whose token this is")]
    return [fine(f"the token is that of user {user}")]


async def clock_skew(platform: LivePlatform) -> list[Trait]:
    """Do the platform's clock and this machine's agree?"""
    reply = await platform.ask("version/")
    if reply.date is None:
        return [noted("the platform does not say what time it is")]
    ahead = round((reply.date - reply.heard).total_seconds())
    if abs(ahead) <= CLOSE:
        return [fine("the clocks agree")]
    seen = f"this machine's clock is {abs(ahead)} s {'behind' if ahead > 0 else 'ahead of'} the platform's"
    if abs(ahead) <= FAR:
        return [noted(seen)]
    means = "the age of a plan, the end of an approval and a change freeze go by this machine's clock"
    return [warned(seen, means, "set this machine's clock")]


async def permissions(platform: LivePlatform) -> list[Trait]:
    """May this token change what the project manages?"""
    listed = await platform.listed()
    shown = [item for item in listed if isinstance(item.get("permissions"), list)]
    if not shown:
        what = "no deployment says what this token may do with it" if listed else "there is no deployment yet"
        return [noted(what, "what the token may do shows at the first change")]
    found = []
    for permission, deed in NEEDED:
        lacking = [item for item in shown if permission not in item["permissions"]]
        ours = [item for item in lacking if platform.ours(item)]
        if ours:
            seen = f"the token may not {deed} {len(ours)} of this project's deployments: {shown_ids(ours)}"
            found.append(warned(seen, "the platform refuses such a change", "have it made an owner of them"))
        elif lacking:
            found.append(noted(f"the token may not {deed} {len(lacking)} of {len(shown)} deployments"))
    return found or [fine(f"the token may change all of {len(shown)} deployments")]


CHECKS = (reachable, account, clock_skew, permissions)
