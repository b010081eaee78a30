"""The plan's page as text: it needs nothing else, and nothing in a plan is markup."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import samples

from drplan.records.plans import Change, Demand, Finding, Plan, Validation, Verb
from drplan.render.html import plan_html
from drplan.render.page import page, tag


class Page(HTMLParser):
    """The elements of a page with their attributes, the ids, the labels of tables, and the text outside of code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note the end of an element."""
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Keep scripts and text apart."""
        inside = self._open[-1] if self._open else ""
        if inside == "script":
            self.scripts.append(data)
        elif inside != "style":
            self.text += data

    def every(self, name: str) -> list[dict[str, str]]:
        """Return the attributes of every element of a name."""
        return [attributes for tag, attributes in self.elements if tag == name]


@pytest.mark.parametrize("make", [samples.everything, samples.nothing, samples.hostile, lambda: samples.large(300)])
def test_the_page_needs_nothing_else(make: type[Plan]) -> None:
    """There is no address outside of the page, and its policy lets the browser load nothing and run only its script."""
    text = plan_html(make())
    found = Page(text)
    assert not {tag for tag, _ in found.elements} & {"img", "iframe", "object", "embed", "form", "base"}
    assert [each["href"] for each in found.every("link")] == ["data:,"]
    assert all(each["href"].startswith("#") for each in found.every("a"))
    assert not any(name.startswith("on") or name == "src" for _, each in found.elements for name in each)
    assert not re.search(r"@import|url\((?!#)", text)
    (script,) = found.scripts
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = (each["content"] for each in found.every("meta") if "http-equiv" in each)
    assert policy == f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:"


def test_texts_of_a_plan_stay_texts() -> None:
    """A hostile plan adds no element, and its texts can be read as they are."""
    found = Page(plan_html(samples.hostile()))
    assert len(found.scripts) == 1
    assert '</script><script>alert(1)</script>"' in found.text
    assert "\\u202eevil" in found.text
    assert "שלום" in found.text


def test_every_object_has_its_place() -> None:
    """Each object is one folded part with address and fate; every link of the graph leads to one of them."""
    found = Page(plan_html(samples.everything()))
    objects = [each for each in found.every("details") if each.get("class") == "object"]
    assert [(each["data-address"], each["data-fate"]) for each in objects] == [
        ("deployment.old", "delete"),
        ("deployment.churn-prod", "replace"),
        ("deployment.lifetime-value", "adopt"),
        ("prediction_environment.serverless", "create"),
        ("deployment.churn-canary", "create"),
    ]
    ids = [each["id"] for _, each in found.elements if "id" in each]
    assert len(ids) == len(set(ids))
    assert {each["href"].removeprefix("#") for each in found.every("a")} == {each["id"] for each in objects}


def test_what_people_need_who_cannot_see_it() -> None:
    """A language, one heading of the first rank, labels for controls and tables, heads for rows and columns."""
    found = Page(plan_html(samples.everything()))
    assert found.every("html") == [{"lang": "en"}]
    assert len(found.every("h1")) == 1
    assert all(each.get("aria-label") for each in found.every("table"))
    assert all(each.get("scope") in ("col", "row") for each in found.every("th"))
    (graph,) = found.every("svg")
    assert graph["aria-label"] == "The actions in their order"
    assert len(found.every("title")) == 1 + len(samples.everything().actions)
    (scroll,) = (each for each in found.every("div") if each.get("class") == "scroll")
    assert (scroll["tabindex"], scroll["role"]) == ("0", "region")


def test_equal_plans_give_equal_pages() -> None:
    """Nothing in the page depends on chance or the clock."""
    assert plan_html(samples.everything()) == plan_html(samples.everything())


def test_large_plans_are_folded() -> None:
    """A thousand deployments are there, closed, and the graph has a handful of nodes without links."""
    found = Page(plan_html(samples.large(1000)))
    objects = [each for each in found.every("details") if each.get("class") == "object"]
    assert (len(objects), sum("open" in each for each in objects)) == (1000, 0)
    assert (len(found.every("rect")), found.every("a")) == (4, [])
    assert "The 1100 actions on 1000 objects are shown by their kind." in found.text


def verdict(plan: Plan) -> tuple[str, str]:
    """Return the class and the text of the sentence on top."""
    text = plan_html(plan)
    found = re.search(r'<p class="(verdict \w+)" role="status">(.*?)</p>', text)
    assert found
    return found.group(1), found.group(2)


def test_the_sentence_on_top() -> None:
    """It says what is planned, whether it is refused, and whether it needs approval."""
    plan = samples.large(3)
    ask = Finding("risky", Demand.REQUIRE_APPROVAL, "a critical model", "", 1)
    line = "Plan: 0 to add, 2 to change, 1 to destroy. Among them: 1 model replacement."
    assert verdict(plan) == ("verdict good", line)
    assert verdict(replace(plan, findings=(ask,))) == ("verdict warning", f"{line} It needs approval.")
    refused = replace(plan, findings=(ask, Finding("never", Demand.DENY, "no", "")))
    assert verdict(refused) == ("verdict error", f"{line} It is refused: see below.")
    assert verdict(samples.nothing()) == ("verdict good", "No changes. The platform is as the specs say.")


def test_a_validation_without_checks() -> None:
    """A validation that says nothing is shown as one without an answer, and has no table."""
    plan = samples.hostile()
    text = plan_html(replace(plan, validations=(Validation(plan.validations[0].key, "", "", (), "block"),)))
    assert '<span class="error">no answer</span>' in text
    assert "Checks of the replacement" not in text


def test_an_action_without_words() -> None:
    """An action that changes no setting and has no reason is its name alone; a requested deletion leaves nothing."""
    bare = samples.write("quiet", Verb.UPDATE, "details", why="", id=samples.CHURN)
    label = Change("label", "Quiet", None)
    asked = samples.write("other", Verb.REQUEST, "request-delete", label, id=samples.OLD, asks=Verb.DELETE, group="")
    found = Page(plan_html(replace(samples.nothing(), actions=(bare, asked))))
    assert "update details" in found.text
    assert [each["aria-label"] for each in found.every("table")] == ["Changes of deployment.other: request delete"]
    assert (len(found.every("del")), len(found.every("ins"))) == (1, 0)


def test_a_page_without_a_script() -> None:
    """The skeleton alone lets no code run."""
    text = page("<t>", tag(None, "body"), style="p { }")
    assert "<title>&lt;t&gt;</title>" in text
    assert "script-src 'none'" in text
    assert not Page(text).scripts
