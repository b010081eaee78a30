"""What planning knows of the platform."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from drplan.kinds import KINDS
from drplan.plan.diff import Answers
from drplan.plan.targets import parent_of
from drplan.records.specs import Address, Diagnostic, Live
from drplan.registry.kinds import Kind


@dataclass(frozen=True, slots=True)
class Observation:
    """What was read from the platform.

    live      the objects that specs describe, by address
    orphans   the objects that bear this project's seal and are in no spec
    answers   the outcome of each lookup, by address and setting path; a settled reference has none
    unclaimed kind and name -> ids of objects without any project's seal, to warn of twins
    unseen    address -> id of an object that a run has just made, and that does not show whose it is
    fleet     kind -> how many live objects are this project's, chosen by the command or not; of kinds with an identity
    unkept    kind and setting path of what only some platforms keep and no object of this one shows
    blind     kinds of which there are objects, and none has a place to show whose it is
    unproven  kinds of which nothing that is sealed shows a birth mark too: it may be that this platform keeps none
    problems  what is wrong with the identities found
    warnings  what there is to say of them
    """

    live: Mapping[Address, Live] = field(default_factory=dict)
    orphans: Mapping[Address, Live] = field(default_factory=dict)
    answers: Answers = field(default_factory=dict)
    unclaimed: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    unseen: Mapping[Address, str] = field(default_factory=dict)
    fleet: Mapping[str, int] = field(default_factory=dict)
    unkept: frozenset[tuple[str, str]] = frozenset()
    blind: frozenset[str] = frozenset()
    unproven: frozenset[str] = frozenset()
    problems: tuple[Diagnostic, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()

    def kind(self, address: Address) -> Kind:
        """Return the kind of an address, its routes inside the object that it lives in, where that exists."""
        around = parent_of(address)
        live = self.live.get(around) if around else None
        return KINDS[address.kind].at(live.id if live else None)
