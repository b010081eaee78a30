"""How reading, planning and applying tell of their progress without printing."""

from typing import Protocol

from drplan.records.plans import Action, Outcome, Plan, Report


class Progress(Protocol):
    """Hears what happens, in this order: a plan is read for and made; its writes begin; each runs; all is over.

    Reading alone only counts. Whoever wants to hear a part of it extends `Silent`.
    """

    def count(self, what: str, done: int, total: int) -> None:
        """`done` of `total` things of a phase (`listing`, `reading`, `validating replacements`) are through."""

    def planned(self, plan: Plan) -> None:
        """There is a plan to apply: made just now, or a saved one. Nothing has been refused or approved yet."""

    def note(self, text: str) -> None:
        """A sentence that whoever applies the plan ought to know; it stops nothing."""

    def began(self, plan: Plan) -> None:
        """Every check has let the plan pass, and its writes begin."""

    def started(self, action: Action) -> None:
        """The action's request is about to be sent."""

    def finished(self, action: Action, outcome: Outcome) -> None:
        """The action is done, pending, failed, skipped or unknown."""

    def ended(self, report: Report) -> None:
        """No write is under way any more; heard once after `began`, also after an interrupt."""


class Silent:
    """A progress that nobody hears."""

    def count(self, what: str, done: int, total: int) -> None:
        """Ignore it."""

    def planned(self, plan: Plan) -> None:
        """Ignore it."""

    def note(self, text: str) -> None:
        """Ignore it."""

    def began(self, plan: Plan) -> None:
        """Ignore it."""

    def started(self, action: Action) -> None:
        """Ignore it."""

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Ignore it."""

    def ended(self, report: Report) -> None:
        """Ignore it."""


SILENT = Silent()
