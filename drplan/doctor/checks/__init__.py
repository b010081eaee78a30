"""The checks, a module for each thing that they are about; adding one is a function and its name in `CHECKS`.

A check reads what it needs through `LivePlatform` and returns what it finds. Its name is the function's, and the
question that it asks is the docstring's first line. An ApiError that it raises becomes a trait of level `error`.
"""

from collections.abc import Awaitable, Callable

from drplan.doctor.checks import around, documents, governance, identity, installation, lists
from drplan.doctor.live_platform import LivePlatform
from drplan.records.checkups import Trait

Examiner = Callable[[LivePlatform], Awaitable[list[Trait]]]

CHECKS: tuple[Examiner, ...] = (
    *installation.CHECKS,
    *lists.CHECKS,
    *identity.CHECKS,
    *documents.CHECKS,
    *governance.CHECKS,
    *around.CHECKS,
)
"""Every check, in the order in which they are shown; what the first cannot read, no other one is asked for."""
