"""What leaves for a terminal, a log or a file: whatever values say, nothing acts on them and none makes a line."""

import csv
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import pytest
import samples
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drplan.plan.file import document
from drplan.readings.health import parse_health
from drplan.records.plans import Check, Demand, Finding, Outcome, Plan, Result, Validation, Verb
from drplan.records.specs import Address, Desired, Diagnostic, Resource, Severity, Where
from drplan.render import events
from drplan.render.explain import actions_text, values_text
from drplan.render.harmless import PLAINLY, harmless, harmless_json, one_line
from drplan.render.html import plan_html
from drplan.render.junit import junit_text, plan_cases
from drplan.render.markdown import plan_markdown, report_markdown
from drplan.render.mermaid import mermaid_text
from drplan.render.monitor.text import csv_text, view_text
from drplan.render.monitor.views import view
from drplan.render.report import report_document
from drplan.render.rows import objects
from drplan.render.sarif import plan_sarif
from drplan.render.terraform import terraform_text
from drplan.render.text import diagnostic_text, plan_text, report_text
from drplan.spec.document import yaml_text

AT = datetime(2026, 7, 1, tzinfo=UTC)
COMMAND = re.compile(r"^\s*::|##\w*(\.\w+)*\[")

PIECES = (
    *("\n", "\r\n", "\r", "\t", "\x0b", "\x0c", "\x85", "\u2028", "\x00", "\x07", "\x7f"),
    *("\x1b[31m", "\x1b]0;owned\x07", "\x1b[2J", "\x9b1m", "\u202e", "\u2066", "\u200b", "\ud800", "\udc80", "\ufeff"),
    *("::set-env name=x::y", "::error::", "##[error]", "##vso[task.setvariable]", "##teamcity[x]", "##", "::", "["),
    *("=1+1", "+", "-", "@cmd", "|", "`", "<b>", '"', "'", "\\", "a", " ", "é", "値", "😀", "x" * 60),
)
HOSTILE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join)


def soaked(text: str) -> Plan:
    """Return a plan that has a text wherever one can come from specs, a platform or a file.

    The client reads lone surrogates as their escapes, as no plan can hold them.
    """
    text = text.encode("utf-8", "backslashreplace").decode()
    plan = samples.hostile(text)
    ask, update = plan.actions
    address = Address("deployment", text)
    tag = samples.write(text, Verb.UPDATE, "tags", samples.Change(f"tags.{text}", text, text), id=text, why=text)
    gone = samples.write(text, Verb.DELETE, "delete", id=text, group="", needs=(text,))
    model = samples.write(
        "a", Verb.REPLACE, "model", samples.Change("model", text, text, text, text), id=text, sets={"model": text}
    )
    failing = Validation(ask.key, text, text, (Check(text, text, text), Check(text, "passing", text)), "block")
    return replace(
        plan,
        target=text,
        project=text,
        observed=(*plan.observed, replace(samples.observed(text, text), address=address)),
        actions=(ask, update, model, tag, gone),
        validations=(failing,),
        diagnostics=(Diagnostic(Severity.WARNING, text, text, Where(text, 1, 1), text),),
        findings=(*plan.findings, Finding(text, Demand.REQUIRE_APPROVAL, text, tag.key, 2, text)),
    )


def _outcomes(plan: Plan, text: str) -> list[Outcome]:
    return [Outcome(action.key, Result.FAILED, text, text) for action in plan.writes]


def _resource(text: str) -> Resource:
    wanted = Desired(text, Where(text, 1, 1), text)
    return Resource(Address("deployment", text), {f"tags.{text}": wanted, "label": wanted}, Where(text, 1, 1))


def _health(text: str) -> tuple[str | None, Mapping[str, object]]:
    areas = {"serviceHealth": {"status": text, "message": text}}
    return text, {"id": text, "label": text, "status": text, **areas}


LINES: Mapping[str, Callable[[str], str]] = {
    "plan": lambda text: plan_text(soaked(text), full=True),
    "report": lambda text: report_text(soaked(text), _outcomes(soaked(text), text)),
    "diagnostic": lambda text: diagnostic_text(Diagnostic(Severity.ERROR, text, text, Where(text, 1, 1), text)),
    "values": lambda text: values_text(_resource(text)),
    "why": lambda text: actions_text(soaked(text), _resource(soaked(text).project)),
    "monitor": lambda text: view_text(view(parse_health([_health(text)]), AT), subject=text),
    "narrow": lambda text: view_text(view(parse_health([_health(text)]), AT), subject=text, width=20),
    "csv": lambda text: csv_text(parse_health([_health(text)]), {"address": text}),
    "html": lambda text: plan_html(soaked(text)),
    "markdown": lambda text: plan_markdown(soaked(text)),
    "report markdown": lambda text: report_markdown(soaked(text), _outcomes(soaked(text), text), converged=False),
    "mermaid": lambda text: mermaid_text(soaked(text)),
    "junit": lambda text: junit_text(plan_cases(soaked(text))),
}
JSON: Mapping[str, Callable[[str], str]] = {
    "plan": lambda text: json.dumps(document(soaked(text)), ensure_ascii=False),
    "terraform": lambda text: terraform_text(soaked(text)),
    "sarif": lambda text: plan_sarif(soaked(text), {}, lambda file: file),
    "outcome": lambda text: events.outcome(soaked(text).writes[0], _outcomes(soaked(text), text)[0], AT),
    "change": lambda text: events.planned_change(objects(soaked(text))[0], AT),
    "problem": lambda text: events.diagnostic("error", text, text, AT, address=text),
    "end": lambda text: events.report(
        report_document(soaked(text), text, _outcomes(soaked(text), text), converged=None), AT
    ),
}


def acted_on(text: str) -> list[str]:
    """Return the lines of a text in which there is something that a terminal or a CI system would act on."""
    return [
        line
        for line in text.split("\n")
        if COMMAND.search(line) or not line.replace("\u2060", "").replace("\t", "").isprintable()
    ]


@pytest.mark.parametrize("sink", LINES)
@settings(max_examples=15)
@given(HOSTILE)
@example(samples.HOSTILE)
@example("\n::set-env name=x::y\n##[error]\r\u202e\ud800\x1b[31m")
def test_a_value_in_text_is_text(sink: str, text: str) -> None:
    """In no text does a value make a line of its own, hide, move the cursor or command a CI system."""
    written = LINES[sink](text)
    assert acted_on(harmless(written)) == []
    if sink in ("plan", "report", "diagnostic", "values", "why", "csv", "mermaid"):
        assert "".join(filter(lambda char: char != "\n", written)).isprintable()
    if sink in ("report", "diagnostic", "values", "why", "monitor", "csv", "report markdown"):
        assert written.count("\n") == LINES[sink]("plain").count("\n")


@pytest.mark.parametrize("sink", JSON)
@settings(max_examples=15)
@given(HOSTILE, st.booleans())
@example("\n::set-env name=x::y\n##[error]\r\u202e\ud800😀\x1b[31m", True)
def test_a_value_in_json_is_the_same_value(sink: str, text: str, ascii_only: bool) -> None:
    """JSON has nothing hidden in it either, and is read as the same: its own escapes say what was spelled out."""
    written = JSON[sink](text)
    left = harmless_json(written, ascii_only=ascii_only)
    assert acted_on(left) == []
    assert json.loads(left) == json.loads(written)
    assert left.isascii() or not ascii_only


@settings(max_examples=60)
@given(HOSTILE)
@example("## a")
@example("é\u202e")
def test_a_value_in_yaml_is_the_same_value(text: str) -> None:
    """What `show` prints is harmless, and reads back as what is live."""
    left = harmless(yaml_text({"a": {"label": text, "list": [text]}}))
    assert acted_on(left) == []
    if "\ud800" not in text and "\udc80" not in text:  # which YAML's reader refuses, rightly
        assert yaml.safe_load(left) == {"a": {"label": text, "list": [text]}}


@settings(max_examples=60)
@given(HOSTILE)
def test_a_cell_is_no_formula(text: str) -> None:
    """No text in CSV begins what a spreadsheet computes; numbers stay numbers."""
    (row,) = csv.DictReader(StringIO(csv_text(parse_health([_health(text)]), {"address": text})))
    assert not {row[key][:1] for key in ("address", "id", "label", "status")} & set("=+-@\t\r")
    assert row["open_change_requests"] == ""


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("plain é 値 😀\n", "plain é 値 😀\n"),
        ("\x1b[31mred\x1b[0m \x1b[2J\x07", "\\x1b[31mred\\x1b[0m \\x1b[2J\\x07"),
        ("a\u202eb\ud800\u2028", "a\\u202eb\\ud800\\u2028"),
        ("::add-mask::x\n  ::error::\na ::b::", "\\x3a:add-mask::x\n  \\x3a:error::\na ::b::"),
        ("x ##[error] ##vso[a] ##teamcity[b] ## [c]", "x \\x23#[error] \\x23#vso[a] \\x23#teamcity[b] ## [c]"),
    ],
)
def test_what_is_left_of_a_text(text: str, left: str) -> None:
    """Hidden characters are spelled out, commands of CI systems are broken, all else stays."""
    assert harmless(text) == left


def test_colours() -> None:
    """Colours pass where they are wanted, other escapes never; a command behind a colour is one still."""
    assert harmless("\x1b[31mred\x1b[0m\x1b[2J", coloured=True) == "\x1b[31mred\x1b[0m\\x1b[2J"
    assert harmless("\x1b[1m::error::", coloured=True) == "\x1b[1m\\x3a:error::"
    assert one_line("a\nb") == "a\\nb"


@pytest.mark.parametrize(
    ("encoding", "left"),
    [
        ("ascii", b"a -> b... +/-*o \\xe9 \\u5024 \\U0001f600 -|+ # *  \\ud800"),
        ("latin-1", b"a -> b... \xb1*o \xe9 \\u5024 \\U0001f600 -|+ # *  \\ud800"),
        ("cp1252", b"a -> b\x85 \xb1*o \xe9 \\u5024 \\U0001f600 -|+ # *  \\ud800"),
    ],
)
def test_encodings_that_lack_something(encoding: str, left: bytes) -> None:
    """What an encoding lacks is written as what looks alike in ASCII, or as an escape: nothing is lost."""
    assert "a → b… ±●○ é 値 😀 ─│├ █ ⠤⠀ \ud800".encode(encoding, PLAINLY) == left


def test_only_encoding_is_made_plain() -> None:
    """Bytes that cannot be read are not the handler's to mend."""
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("ascii", PLAINLY)
