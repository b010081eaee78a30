"""The word that somebody may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `did you mean 'x'?` for the nearest of the known words, whatever its case, or nothing."""
    by_fold = {each.casefold(): each for each in known}
    hits = get_close_matches(word.casefold(), sorted(by_fold), n=1, cutoff=0.6)
    return f"did you mean '{by_fold[hits[0]]}'?" if hits else ""
