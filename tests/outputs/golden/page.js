
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
