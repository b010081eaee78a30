"""What is wrong with a seed file, and where."""

from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, order=True)
class SeedDiagnostic:
    """One thing that is wrong: a position (from 1), the path of the value, what is wrong with it."""

    line: int
    column: int
    path: str
    message: str


class SeedError(Exception):
    """A seed file that cannot be loaded; `diagnostics` has everything that is wrong with it."""

    def __init__(self, file: str, diagnostics: list[SeedDiagnostic]) -> None:
        self.file = file
        self.diagnostics = sorted(diagnostics)
        super().__init__(file, self.diagnostics)

    def __str__(self) -> str:
        """Give one `file:line:column: path: message` a line."""
        return "\n".join(
            f"{self.file}:{each.line}:{each.column}: {each.path + ': ' if each.path else ''}{each.message}"
            for each in self.diagnostics
        )


def suggestion(word: object, known: list[str]) -> str:
    """Give `; did you mean X?` for a near miss, else nothing."""
    close = get_close_matches(str(word), known, 1, 0.6)
    return f"; did you mean {close[0]}?" if close else ""
