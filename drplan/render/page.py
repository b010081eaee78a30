"""The skeleton of a self-contained HTML page: one file, no network, dark and light, readable on a phone and on paper.

Pages are built as elements, never as text, so that whatever stands in a label is text on the page and nothing else. The
page's policy lets the browser run the page's own script and load nothing at all.
"""

import base64
import hashlib
from xml.etree.ElementTree import Element, SubElement, tostring

from drplan.render.oneline import printable

STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --shade: #f6f8fa;
  --link: #0969da; --good: #116329; --warning: #7a4d00; --bad: #b3161e; --other: #6639ba; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #0d1117; --ink: #e6edf3; --soft: #9da7b1; --line: #30363d; --shade: #161b22;
    --link: #58a6ff; --good: #56d364; --warning: #e3b341; --bad: #ff7b72; --other: #bc8cff; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 76rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
a { color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
code, .code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .9em; }
table { border-collapse: collapse; font-size: .875rem; width: 100%; }
th, td { text-align: left; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
.dim { color: var(--soft); }
.good { color: var(--good); }
.warning { color: var(--warning); }
.error { color: var(--bad); }
.facts { margin: .25rem 0 .75rem; color: var(--soft); font-size: .875rem; display: flex;
  flex-wrap: wrap; gap: 0 1.5rem; }
.facts div { display: flex; gap: .4rem; min-width: 0; }
.facts dt::after { content: ":"; }
.facts dd { margin: 0; min-width: 0; }
summary { cursor: pointer; }
@media (max-width: 40rem) {
  .cards thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .cards, .cards tbody, .cards tr, .cards td, .cards th { display: block; border: 0; padding: 0; }
  .cards tr { border-bottom: 1px solid var(--line); padding: .4rem 0; }
  .cards td::before { content: attr(data-title) ": "; color: var(--soft); font-family: system-ui, sans-serif; }
  .cards td:empty { display: none; }
}
@media print { body { max-width: none; } }
"""


def tag(parent: Element | None, name: str, text: str = "", /, **attributes: str) -> Element:
    """Add an element with text to a parent (None: to nothing) and return it; `class_` and `data_x` are written as HTML.

    Hidden characters of the text and the attributes are spelled out, line feeds too.
    """
    named = {key.strip("_").replace("_", "-"): printable(value) for key, value in attributes.items()}
    element = Element(name, named) if parent is None else SubElement(parent, name, named)
    element.text = printable(text)
    return element


def page(title: str, body: Element, *, style: str = "", script: str = "") -> str:
    """Return the whole page around a `body` element; `style` follows the shared one, `script` is the only code."""
    html = Element("html", {"lang": "en"})
    head = SubElement(html, "head")
    SubElement(head, "meta", {"charset": "utf-8"})
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": _policy(script)})
    SubElement(head, "meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"})
    SubElement(head, "link", {"rel": "icon", "href": "data:,"})  # else browsers ask the server for one
    tag(head, "title", title)
    SubElement(head, "style").text = f"{STYLE}{style}"
    html.append(body)
    if script:
        SubElement(body, "script").text = script
    return "<!DOCTYPE html>\n" + tostring(html, encoding="unicode", method="html") + "\n"


def _policy(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    code = f"'sha256-{digest}'" if script else "'none'"
    return f"default-src 'none'; script-src {code}; style-src 'unsafe-inline'; img-src data:"
