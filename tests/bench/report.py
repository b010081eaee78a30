"""The results of a benchmark as rows and verdicts, and their text."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Row = Mapping[str, Any]
_COLUMNS = (("wall", "wall s", 3), ("cpu", "CPU s", 3), ("memory", "peak MB", 0))


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target, what was measured, and whether that meets it."""

    target: str
    measured: str
    met: bool


@dataclass(slots=True)
class Result:
    """One benchmark's outcome: rows of costs, remarks, verdicts, and figures that are not costs."""

    name: str
    title: str
    rows: list[Row] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def at_most(self, limit: float, target: str, value: float, unit: str = "") -> None:
        """Add the verdict on a value that must not be above a limit."""
        self.verdicts.append(Verdict(target, f"{value:.3g}{unit}", value <= limit))

    def at_least(self, limit: float, target: str, value: float, unit: str = "") -> None:
        """Add the verdict on a value that must not be below a limit."""
        self.verdicts.append(Verdict(target, f"{value:.4g}{unit}", value >= limit))

    def exactly(self, wanted: object, target: str, found: object) -> None:
        """Add the verdict on something that must be as wanted; a miss shows both."""
        self.verdicts.append(
            Verdict(target, f"{found}" if found == wanted else f"{found}, not {wanted}", found == wanted)
        )

    def document(self) -> dict[str, Any]:
        """Return the result as JSON."""
        return asdict(self)

    def text(self) -> str:
        """Return the result as a table with its remarks and verdicts below."""
        lines = [f"{self.name}: {self.title}"]
        lines += _table(self.rows) if self.rows else []
        lines += [f"  {remark}" for remark in self.remarks]
        lines += [
            f"  {'met   ' if verdict.met else 'MISSED'}  {verdict.target}: {verdict.measured}"
            for verdict in self.verdicts
        ]
        return "\n".join(lines) + "\n"


def _table(rows: Iterable[Row]) -> list[str]:
    rows = list(rows)
    width = max(len(str(row["who"])) for row in rows)
    lines = [f"  {'':{width}}" + "".join(f"{title:>10}" for _, title, _ in _COLUMNS) + "  requests  runs"]
    for row in rows:
        figures = "".join(f"{row[key]:>10.{digits}f}" for key, _, digits in _COLUMNS)
        total = sum(row["requests"].values()) or "-"
        lines.append(f"  {row['who']:{width}}{figures}{total:>10}{row['runs']:>6}")
    return lines


def routes(requests: Mapping[str, int]) -> str:
    """Return requests by route on one line, the most frequent first."""
    return ", ".join(f"{count} x {route}" for route, count in sorted(requests.items(), key=lambda item: -item[1]))
