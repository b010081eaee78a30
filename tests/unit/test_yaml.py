"""Plain words are read as YAML 1.2 reads them: against ruamel.yaml, a reader of 1.2 that is not ours."""

import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from drplan.spec.document import parse, yaml_text

WORDS = {
    "010": 10,
    "0o10": 8,
    "0x1f": 31,
    "+12": 12,
    "-0": 0,
    "1_000": "1_000",
    "0b11": "0b11",
    "1:30": "1:30",
    "1:30:00": "1:30:00",
    "190:20:30.15": "190:20:30.15",
    "2026-01-01": "2026-01-01",
    "2026-01-01 10:00:00": "2026-01-01 10:00:00",
    "no": "no",
    "Yes": "Yes",
    "on": "on",
    "OFF": "OFF",
    "y": "y",
    "true": True,
    "FALSE": False,
    "tRUE": "tRUE",
    "null": None,
    "~": None,
    "": None,
    "nULL": "nULL",
    "1e3": 1000.0,
    "1.e+3": 1000.0,
    ".5": 0.5,
    "-.5E-1": -0.05,
    "1.": 1.0,
    ".": ".",
    "-": "-",
    "+": "+",
    "=": "=",
    "e3": "e3",
    "0o8": "0o8",
    "١٢": "١٢",
}


@pytest.mark.parametrize(("word", "value"), WORDS.items())
def test_plain_words(word: str, value: Any) -> None:
    """Each word has the value, and the type, that YAML 1.2's core schema gives it."""
    document = parse(f"key: {word}\n" if word != "-" else "key: '-'\n", "f")
    assert document.problems == []
    assert repr(document.value) == repr({"key": value})


@given(st.text(alphabet="0123456789abefxonNOtrueFALSEysl~._+-:", min_size=1, max_size=6))
def test_as_another_reader_of_1_2_reads_them(word: str) -> None:
    """Words of the characters that numbers and booleans are made of mean what they mean to ruamel.yaml."""
    text = f"key: {word}\n"
    document = parse(text, "f")
    try:
        expected = YAML(typ="safe", pure=True).load(text)["key"]
    except Exception:  # noqa: BLE001  what one reader refuses, the other may refuse in its own words
        return
    if document.problems:
        assert isinstance(expected, int | float)
        assert not abs(expected) < 2**53 or math.isnan(expected)
    elif isinstance(expected, str | int | float | None):
        assert repr(document.value["key"]) == repr(expected)


@given(st.dictionaries(st.just("key"), st.text(alphabet="0123456789abefxonNOtrue~.+-:_= #'\n\u00e9", max_size=7)))
def test_what_is_written_reads_back(values: dict[str, str]) -> None:
    """A text that looks like a number or a boolean is quoted, whichever version of YAML reads it."""
    assert parse(yaml_text(values), "f").value == values
    assert (yaml.safe_load(yaml_text(values)) or {}) == values
