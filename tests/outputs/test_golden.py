"""Every form of every sample plan, byte for byte."""

import re
from xml.etree import ElementTree as ET

import pytest
import samples
from golden import DIRECTORY, FORMS, PLANS, SHARED, golden_files, rendered

from drplan.render.text import plan_text

FILES = golden_files()


@pytest.mark.parametrize("name", FILES)
def test_a_form_is_as_its_golden_file(name: str) -> None:
    """A sample plan is rendered exactly as its golden file (`python tests/outputs/golden.py` writes them anew)."""
    assert (DIRECTORY / name).read_text(encoding="utf-8") == FILES[name]


def test_every_golden_file_is_tested() -> None:
    """No golden file lies there unread."""
    assert sorted(path.name for path in DIRECTORY.iterdir()) == sorted(FILES)


def test_what_pages_share_stands_once() -> None:
    """Every page has the one style and the one script; the goldens hold each of them once."""
    for plan, make in PLANS.items():
        text = FORMS["html"](make())
        assert [text.count(shared) for shared in SHARED.values()] == [1, 1]
        assert not any(shared in rendered(plan, "html") for shared in SHARED.values())


@pytest.mark.parametrize("form", FORMS)
def test_a_plan_without_changes_says_so(form: str) -> None:
    """Whatever reads a plan, no changes are said in words: nothing is silently empty."""
    assert "No changes." in rendered("nothing", form)


@pytest.mark.parametrize("form", FORMS)
def test_no_form_shows_the_value_of_a_secret(form: str) -> None:
    """Only the marker and the name of the variable stand for a secret; ids that look like it are whole."""
    text = rendered("everything", form)
    assert "(secret)" in text or form in ("mmd", "sarif", "junit.xml")
    assert "$secret" not in text
    assert samples.V4 in text or form in ("mmd", "sarif", "junit.xml")


@pytest.mark.parametrize("form", ["txt", "md", "html", "mmd", "sarif", "junit.xml"])
def test_nothing_hidden_gets_through(form: str) -> None:
    """Control characters and marks that turn text around are spelled out wherever a person may look."""
    text = rendered("hostile", form)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert form == "mmd" or re.search(r"\\+u202e", text)


def test_the_xml_is_well_formed() -> None:
    """Whatever stands in a label, an XML parser takes the JUnit file."""
    assert ET.fromstring(rendered("hostile", "junit.xml")).get("tests") == "5"


def test_the_words_that_tools_look_for_in_the_text() -> None:
    """The text has the phrases that commenters of Terraform plans read, each at its place."""
    text = plan_text(samples.everything())
    lines = text.splitlines()
    for phrase in (
        "  # deployment.churn-canary will be created",
        "  # deployment.churn-prod will be updated in-place",
        "  # deployment.old will be destroyed",
        "  # deployment.lifetime-value will be imported",
    ):
        assert phrase in lines
    assert any(re.match(r"Plan: \d+ to add, \d+ to change, \d+ to destroy\.", line) for line in lines)
    assert any(line.startswith("No changes.") for line in plan_text(samples.nothing()).splitlines())
