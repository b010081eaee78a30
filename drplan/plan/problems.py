"""What is wrong with a plan that is being made, and what there is to say of it."""

from collections.abc import Iterable, Iterator
from operator import attrgetter

from drplan.errors import DrplanError, Refused, SpecError
from drplan.records.plans import Change
from drplan.records.specs import Diagnostic, Resource, Severity

SHOWN = 5  # objects that one warning about many names


class Problems:
    """Gathers every problem and warning of one plan; `check` raises the problems.

    What a spec must be edited for is a SpecError; what is not possible or not allowed on the platform is Refused.
    """

    def __init__(self, not_allowed: Iterable[Diagnostic] = (), warnings: Iterable[Diagnostic] = ()) -> None:
        self._wrong_specs: list[Diagnostic] = []
        self._not_allowed = list(not_allowed)
        self._warnings = list(warnings)
        self._unkept: dict[tuple[str, str], list[str]] = {}

    def wrong_spec(self, resource: Resource, path: str, summary: str, detail: str) -> None:
        """Note what is wrong with the value at a path of a spec."""
        self._wrong_specs.append(_about(resource, path, summary, detail))

    def not_allowed(self, resource: Resource, path: str, summary: str, detail: str) -> None:
        """Note a change at a path of a spec that cannot be made."""
        self._not_allowed.append(_about(resource, path, summary, detail))

    def warn(self, summary: str, detail: str, resource: Resource | None = None, path: str = "") -> None:
        """Note what somebody would want to know, about a path of a spec, a spec, or the plan as a whole."""
        where = resource.place(path) if resource else None
        about = f"{resource.address}.{path}" if path and resource else str(resource.address) if resource else ""
        self._warnings.append(Diagnostic(Severity.WARNING, summary, detail, where, about))

    def unkept(self, resource: Resource, change: Change) -> None:
        """Note a change that is not planned, as the platform keeps no such value; many are one warning."""
        wanted = self._unkept.setdefault((resource.address.kind, change.setting), [])
        wanted.append(f"{resource.address} wants {change.after!r}")

    def note(self, found: Diagnostic | None) -> None:
        """Note an error or a warning that was found elsewhere; None is none."""
        if found:
            (self._not_allowed if found.severity is Severity.ERROR else self._warnings).append(found)

    def check(self) -> None:
        """Raise what was found: SpecError when a spec must be edited, else Refused."""
        problems = sorted((*self._wrong_specs, *self._not_allowed), key=attrgetter("place"))
        if problems:
            failure: type[DrplanError] = SpecError if self._wrong_specs else Refused
            raise failure.listing(problems, "nothing was changed")

    def warnings(self) -> Iterator[Diagnostic]:
        """Yield each warning; equal ones once."""
        for (kind, path), wanted in self._unkept.items():
            more = f" and {len(wanted) - SHOWN} more" if len(wanted) > SHOWN else ""
            self.warn(
                f"this platform keeps no {path}: it shows none on any {kind.replace('_', ' ')}",
                f"{', '.join(wanted[:SHOWN])}{more}; it is sent with a creation, and not again and again",
            )
        yield from dict.fromkeys(self._warnings)


def _about(resource: Resource, path: str, summary: str, detail: str) -> Diagnostic:
    return Diagnostic(Severity.ERROR, summary, detail, resource.place(path), f"{resource.address}.{path}")
