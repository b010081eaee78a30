"""Checks of the platform's own approvals."""

from drplan.doctor.live_platform import LivePlatform, Reply
from drplan.platform.change_requests import names_policy
from drplan.records.checkups import Trait, fine, noted, warned

OFF = (403, 404, 405, 501)  # a platform without approvals, or a token that may not see policies


async def approvals(platform: LivePlatform) -> list[Trait]:
    """Which changes does the platform have approved first, and can it be asked with a deployment's importance?"""
    routes, form = platform.kind.change_requests, platform.kind.criticality
    if routes is None or form is None:
        return []
    requests = [routes.delete, *(group.change_request for group in platform.kind.groups)]
    subjects = dict.fromkeys((each.entity, each.operation) for each in requests if each)
    highest = form.values[-1]
    always, sometimes = [], []
    for entity, operation in subjects:
        subject = (("entityType", entity), ("action", operation))
        reply = await platform.ask(routes.match_path, *subject)
        if reply.status in OFF:
            return [noted(f"approvals are off, or not for this token to see ({reply.status})", _AT_ONCE)]
        if reply.refusal:
            return [_refused("policies", reply)]
        if names_policy(reply.body):
            always.append(f"{entity} {operation}")
            continue
        reply = await platform.ask(routes.match_path, *subject, ("fieldName", form.setting), ("fieldValue", highest))
        if reply.refusal:
            return [_refused(f"policies that depend on {form.setting}", reply)]
        if names_policy(reply.body):
            sometimes.append(f"{entity} {operation}")
    found = [
        noted(f"approved first{where}: {', '.join(which)}", "drplan asks for such a change with a change request")
        for where, which in (("", always), (f" where {form.setting} is {highest}", sometimes))
        if which
    ]
    return found or [fine("no policy guards a change")]


_AT_ONCE = "changes are made at once; where one is refused, drplan says so"


def _refused(what: str, reply: Reply) -> Trait:
    means = "drplan learns of such a policy when a change is refused"
    return warned(f"{what} cannot be asked for ({reply.status})", means, "ask who approves changes before you apply")


CHECKS = (approvals,)
