"""A checkup as text and as JSON."""

from collections import Counter
from typing import Any

from drplan.records.checkups import Checkup, Level, Trait
from drplan.render.oneline import printable
from drplan.render.text import Painter, plain
from drplan.version import __version__

CHECKUP_FORMAT = "1.0"
_STYLES = {Level.OK: "good", Level.NOTE: "dim", Level.WARNING: "warning", Level.ERROR: "error"}


def checkup_text(checkup: Checkup, paint: Painter = plain) -> str:
    """Return what was found, a check a line, with what it means and what to do below; a summary at the end."""
    where = f"{f'Project {checkup.project} on ' if checkup.project else ''}{checkup.endpoint}"
    width = max(len(each.check) for each in checkup.looked)
    lines = [paint(where, "bold"), ""]
    for each in checkup.looked:
        for trait in each.traits:
            level = paint(f"{trait.level.value:7}", _STYLES[trait.level])
            lines.append(f"{level}  {each.check:{width}}  {printable(trait.seen)}")
            indent = " " * (width + 11)
            lines += [f"{indent}{printable(text)}" for text in _told(trait)]
    counts = Counter(trait.level for trait in checkup)
    told = ", ".join(f"{counts[level]} {level.value}" for level in reversed(Level) if counts[level])
    sent = f"{checkup.sent} request{'' if checkup.sent == 1 else 's'}"
    lines += ["", paint(f"Checkup: {told}. {sent}, none of which changes anything.", "bold")]
    return "\n".join(lines) + "\n"


def _told(trait: Trait) -> list[str]:
    lead = (("means", trait.means), ("to do", trait.advice))
    return [f"{name}: {text}" for name, text in lead if text]


def checkup_document(checkup: Checkup) -> dict[str, Any]:
    """Return `{format_version, checkup}`: the result, the requests by route, and each check with its traits."""
    return {
        "format_version": CHECKUP_FORMAT,
        "checkup": {
            "drplan": __version__,
            "target": checkup.endpoint,
            "project": checkup.project,
            "result": checkup.result.value,
            "requests": {"total": checkup.sent, "routes": dict(checkup.requests)},
            "checks": [
                {
                    "check": each.check,
                    "question": each.question,
                    "traits": [
                        {"level": trait.level.value, "seen": trait.seen, "means": trait.means, "advice": trait.advice}
                        for trait in each.traits
                    ],
                }
                for each in checkup.looked
            ],
        },
    }
