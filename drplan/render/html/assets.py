"""What the plan's page wears on top of every page's style, and its only script."""

STYLE = """
.verdict { border-left: 4px solid var(--good); background: var(--shade); padding: .6rem .9rem; font-weight: 600; }
.verdict.warning { border-color: var(--warning); } .verdict.error { border-color: var(--bad); }
.tools { position: sticky; top: 0; z-index: 1; background: var(--paper); padding: .6rem 0; display: flex;
  flex-wrap: wrap; gap: .5rem 1rem; align-items: center; border-bottom: 1px solid var(--line); }
.tools[hidden] { display: none; }
.tools input[type=search] { font: inherit; padding: .3rem .5rem; width: min(20rem, 100%); color: inherit;
  background: var(--paper); border: 1px solid var(--soft); border-radius: 6px; }
.tools button { font: inherit; padding: .3rem .75rem; color: inherit; background: var(--shade);
  border: 1px solid var(--soft); border-radius: 6px; cursor: pointer; }
.tools label { display: inline-flex; gap: .4rem; align-items: center; max-width: 100%;
  white-space: nowrap; }
.object { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; scroll-margin-top: 8rem; }
.object[hidden] { display: none; }
.object > summary { padding: .5rem .75rem; background: var(--shade); border-radius: 6px; }
.object > .inside { padding: 0 .75rem .75rem; }
.object h3 { font-size: .95rem; margin: 1rem 0 0; }
@media (min-width: 40.01rem) {
  th[scope=col], td[data-title=Status] { white-space: nowrap; }
  .object th[scope=row] { width: 45%; }
}
.object p { margin: .15rem 0; font-size: .875rem; }
.sign { display: inline-block; min-width: 1.2em; font-weight: 700; text-align: center; }
.create, .activate { color: var(--good); } .update, .deactivate, .request { color: var(--warning); }
.replace, .reassert { color: var(--other); } .delete { color: var(--bad); } .adopt, .validate { color: var(--link); }
del { color: var(--bad); } ins { color: var(--good); text-decoration: none; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
.graph { display: block; font: 12px system-ui, sans-serif; }
.graph rect { fill: var(--shade); stroke: currentColor; stroke-width: 1.5; }
.graph text { fill: var(--ink); stroke: none; } .graph .what { fill: currentColor; font-weight: 600; }
.graph .arrow { fill: none; stroke: var(--soft); stroke-width: 1.2; } .graph marker path { fill: var(--soft); }
.graph .faint { opacity: .2; }
@media print { .tools { display: none; } }
"""

SCRIPT = """
"use strict";
(() => {
  const all = (query) => [...document.querySelectorAll(query)];
  const rows = all(".object"), nodes = all(".graph [data-address]"), boxes = all(".tools input[type=checkbox]");
  const text = document.getElementById("filter"), count = document.getElementById("count");
  const tools = document.querySelector(".tools");
  if (!tools) return;
  tools.hidden = false;
  const show = () => {
    const wanted = text.value.trim().toLowerCase();
    const fates = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const fits = (each) => each.dataset.address.toLowerCase().includes(wanted) && fates.has(each.dataset.fate);
    let shown = 0;
    for (const row of rows) { row.hidden = !fits(row); shown += row.hidden ? 0 : 1; }
    for (const node of nodes) node.classList.toggle("faint", !fits(node));
    count.textContent = shown + " of " + rows.length + " objects";
  };
  const jump = () => {
    const found = document.getElementById(location.hash.slice(1));
    if (!found || !found.matches(".object")) return;
    found.hidden = false;
    found.open = true;
    found.scrollIntoView();
  };
  text.addEventListener("input", show);
  boxes.forEach((box) => box.addEventListener("change", show));
  document.getElementById("all").addEventListener("click", () => {
    const shut = rows.some((row) => !row.hidden && !row.open);
    for (const row of rows) if (!row.hidden) row.open = shut;
  });
  addEventListener("hashchange", jump);
  show();
  jump();
})();
"""
