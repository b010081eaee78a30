"""What the monitoring commands print: text, plots, JSON, CSV, or a page in a file."""

import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from drplan.cli.files import write_public
from drplan.cli.globals import Globals
from drplan.cli.terminal import coloured, note, painter, say_document, say_json, say_lines
from drplan.errors import UsageError

if TYPE_CHECKING:
    from drplan.monitor.subject import Subject
    from drplan.readings.base import Reading
    from drplan.render.monitor.page import Section
    from drplan.render.monitor.view import View


@dataclass(frozen=True, slots=True)
class Output:
    """Where a reading goes: `form` is text, json or csv; with `html`, a page instead of text."""

    given: Globals
    form: str
    plot: bool
    html: Path | None

    def check(self) -> None:
        """Raise UsageError for options that exclude each other, before anything is read."""
        if self.form != "text" and (self.plot or self.html):
            raise UsageError(f"--format {self.form} goes with neither --plot nor --html; they are for people")
        if self.plot and self.html:
            raise UsageError("--plot draws in the terminal and --html writes a page; take one of them")

    def show(self, reading: "Reading", subject: "Subject | None", now: datetime, *, target: str) -> None:
        """Print one reading (of `subject`, or of several deployments)."""
        from drplan.render.monitor.page import Part, Section
        from drplan.render.monitor.views import view

        if self.form == "json":
            say_json(reading.document(subject.about() if subject else {}))
        elif self.form == "csv":
            from drplan.render.monitor.text import csv_text

            about = {"address": subject.about()["address"], "id": subject.id} if subject else {}
            say_document(csv_text(reading, about))
        elif self.html:
            name = subject.name if subject else ""
            found = view(reading, now)
            section = Section(
                name, str(subject.item.get("label") or "") if subject else "", (Part(found.title, found),)
            )
            self.write_page(f"{found.title} of {name}", None, [section], now, target)
        else:
            self.text(view(reading, now), subject.name if subject else "")

    def text(self, found: "View", name: str) -> None:
        """Print a view as text, and its charts when they are wanted."""
        from drplan.render.monitor.text import view_text

        columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        paint = painter(sys.stdout, no_color=self.given.no_color)
        say_lines(view_text(found, paint, **({"width": columns} if columns else {}), subject=name))
        if self.plot:
            from drplan.render.monitor.plot import plots

            if not found.charts:
                note("There is nothing to plot here; the over-time commands have charts.")
            colour = coloured(sys.stdout, no_color=self.given.no_color)
            drawn = plots(found.charts, width=min(columns or 80, 120), colour=colour)
            if drawn:
                say_lines(f"\n{drawn}")

    def write_page(
        self, title: str, overview: "View | None", sections: "Iterable[Section]", now: datetime, target: str
    ) -> None:
        """Write the page and say where it is."""
        from drplan.readings.times import iso
        from drplan.render.monitor.page import monitor_page

        if self.html is None:
            return
        write_public(self.html, monitor_page(title, [("Platform", target), ("Read at", iso(now))], overview, sections))
        note(f"Wrote {self.html}.")
