"""All checks, asked of one platform."""

import asyncio
import inspect

from drplan.clock import Clock
from drplan.doctor.checks import CHECKS, Examiner
from drplan.doctor.live_platform import LivePlatform
from drplan.errors import ApiError
from drplan.platform.api import Api
from drplan.platform.progress import SILENT, Progress
from drplan.records.checkups import Checkup, Level, Looked, unreadable


async def examine(api: Api, project: str, now: Clock, progress: Progress = SILENT) -> Checkup:
    """Return what all checks find of the platform; nothing is written.

    `project` is the one whose deployments are ours, empty where there is none. What cannot be read is a trait of its
    check; where the first check finds an error, the others are not asked.
    """
    platform = LivePlatform(api, project, now)
    first, *others = CHECKS
    looked = [await _looked(platform, first)]
    done = 1

    async def one(check: Examiner) -> Looked:
        nonlocal done
        found = await _looked(platform, check)
        done += 1
        progress.count("checking", done, len(CHECKS))
        return found

    if all(trait.level is not Level.ERROR for trait in looked[0].traits):
        looked += await asyncio.gather(*map(one, others))
    return Checkup(api.endpoint, project, tuple(looked))


def name_of(check: Examiner) -> str:
    """Return the name of a check, as it is shown."""
    return check.__name__.replace("_", "-")


def question_of(check: Examiner) -> str:
    """Return the question that a check asks."""
    return (inspect.getdoc(check) or "").partition("\n")[0]


async def _looked(platform: LivePlatform, check: Examiner) -> Looked:
    try:
        traits = await check(platform)
    except ApiError as error:
        advice = "look at the platform and the token; then run it again"
        traits = [unreadable(error.summary, "drplan cannot read this, and stops where it needs it", advice)]
    return Looked(name_of(check), question_of(check), tuple(traits))
