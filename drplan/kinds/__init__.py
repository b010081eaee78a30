"""The kinds of object drplan provisions. Adding one is one module here and one entry in `KINDS`."""

from collections.abc import Mapping
from types import MappingProxyType

from drplan.kinds.challenger import CHALLENGER
from drplan.kinds.deployment import DEPLOYMENT
from drplan.kinds.prediction_environment import PREDICTION_ENVIRONMENT
from drplan.registry.kinds import Kind

KINDS: Mapping[str, Kind] = MappingProxyType(
    {kind.name: kind for kind in (DEPLOYMENT, PREDICTION_ENVIRONMENT, CHALLENGER)}
)
"""Every kind by its name; the first is the one that commands such as `list` are about."""

PRIMARY = DEPLOYMENT


def inside(kind: Kind) -> tuple[Kind, ...]:
    """Return the kinds that live inside objects of a kind."""
    return tuple(each for each in KINDS.values() if each.parent and each.parent.kind == kind.name)
