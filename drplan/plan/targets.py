"""Which addresses a command is about: `--target` and `--exclude`, and what they pull along."""

from collections.abc import Callable, Iterable

from drplan.errors import UsageError
from drplan.kinds import KINDS
from drplan.plan.diff import Answers
from drplan.records.specs import Address, Resource
from drplan.registry.lookups import Absent
from drplan.suggest import did_you_mean


def address(text: str) -> Address:
    """Return the address that a person wrote; raise UsageError when it cannot be one.

    It is `kind.name`, or `kind.parent/name` of a kind that lives inside another.
    """
    found = Address.of(text)
    kind = KINDS.get(found.kind)
    if kind is None or not found.name:
        hint = did_you_mean(found.kind, list(KINDS)) or f"addresses look like {next(iter(KINDS))}.NAME"
        raise UsageError(f"'{text}' is no address; {hint}")
    if bool(found.parent) is not bool(kind.parent):
        form = f"{kind.name}.{kind.parent.kind.upper()}/NAME" if kind.parent else f"{kind.name}.NAME"
        raise UsageError(f"'{text}' is no address; addresses of this kind look like {form}")
    return found


def parent_of(child: Address) -> Address | None:
    """Return the address of the object that `child` lives inside, or None."""
    within = KINDS[child.kind].parent
    return Address(within.kind, child.parent) if within else None


def about(texts: Iterable[str]) -> frozenset[Address] | None:
    """Return the addresses that somebody named with the objects that they live inside; None where nobody named one."""
    named = {address(text) for text in texts}
    return frozenset(named | {around for each in named if (around := parent_of(each))}) or None


def chosen(resources: Iterable[Resource], targets: Iterable[str], excludes: Iterable[str]) -> Callable[[Address], bool]:
    """Return a test that tells of an address whether the command is about it.

    A target brings along what lives inside it, the object that it lives inside, and what the specs of these refer to by
    name. An excluded address is left out with what lives inside it, whoever refers to it. Without targets all are
    chosen. With deployments `a` (which names the environment `e` and has the challenger `x`) and `b`:
        --target deployment.a                        a, x, e
        --target challenger.a/x                      x, a, e
        --target prediction_environment.e            e
        --exclude deployment.a                       b, e
    """
    by_address = {resource.address: resource for resource in resources}
    wanted = {address(text) for text in targets}
    inside = {each for each in by_address if parent_of(each) in wanted}
    wanted |= inside | {around for target in wanted if (around := parent_of(target))}
    for target in list(wanted):
        wanted |= {sibling for sibling in _siblings(by_address.get(target)) if sibling in by_address}
    unwanted = {address(text) for text in excludes}

    def test(candidate: Address) -> bool:
        return (not wanted or candidate in wanted) and unwanted.isdisjoint((candidate, parent_of(candidate)))

    return test


def without_excluded(answers: Answers, resources: Iterable[Resource], test: Callable[[Address], bool]) -> Answers:
    """Return the answers to lookups, where what is not there has a spec that the command leaves out, saying that."""
    everything = {resource.address for resource in resources}
    said = dict(answers)
    for resource in resources:
        for target, path in _named(resource):
            answer = said.get((resource.address, path))
            if isinstance(answer, Absent) and target in everything and not test(target):
                summary = f"{target} is excluded, and {resource.address} needs it"
                said[resource.address, path] = Absent(summary, "exclude both or neither")
    return said


def check_known(texts: Iterable[str], known: Iterable[Address]) -> None:
    """Raise UsageError for the first of `texts` that is the address of nothing in `known`."""
    names = {str(item) for item in known}
    for text in texts:
        if text not in names:
            hint = did_you_mean(text, sorted(names)) or "`drplan list --managed` shows what there is"
            raise UsageError(f"nothing has the address '{text}', neither in the specs nor on the platform; {hint}")


def _siblings(resource: Resource | None) -> Iterable[Address]:
    """Yield the addresses of other specs that a resource refers to by name."""
    return (target for target, _ in _named(resource)) if resource else ()


def _named(resource: Resource) -> Iterable[tuple[Address, str]]:
    """Yield each address that a resource may refer to by name, and the path of that setting."""
    for row in KINDS[resource.address.kind].settings:
        value = resource.value(row.path)
        if row.reference and row.reference.kind and value is not None:
            yield Address(row.reference.kind, str(value)), row.path
