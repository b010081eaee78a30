"""What GitHub Actions reads of a plan: the outputs of a step."""

from collections.abc import Mapping

from drplan.render.tally import Tally


def outputs(digest: str, tally: Tally) -> Mapping[str, str]:
    """Return the step's outputs: digest, has_changes, and how many objects are added, changed, destroyed, replaced."""
    return {
        "digest": digest,
        "has_changes": "true" if tally else "false",
        "add": str(tally.add),
        "change": str(tally.change),
        "destroy": str(tally.destroy),
        "replace": str(tally.replace),
    }


def outputs_text(values: Mapping[str, str], delimiter: str) -> str:
    """Return the lines for `$GITHUB_OUTPUT`; `delimiter` is random, so that no value can end itself and begin another.

    Raises ValueError when a value holds the delimiter.
    """
    if any(delimiter in value for value in values.values()):
        raise ValueError("the delimiter stands in a value")
    return "".join(f"{name}<<{delimiter}\n{value}\n{delimiter}\n" for name, value in values.items())
