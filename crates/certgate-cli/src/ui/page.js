"use strict";
const filter = document.querySelector("#filter");
const tables = [...document.querySelectorAll("table")];
// Kept in the address, so that a page that loads itself anew looks as before.
const state = new URLSearchParams(location.hash.slice(1));
const keep = () => history.replaceState(null, "", "#" + state);
const show = () => {
  const wanted = filter.value.toLowerCase();
  for (const table of tables) {
    const rows = [...table.tBodies[0].rows];
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    const shown = rows.filter((row) => !row.hidden).length;
    document.querySelector(`[data-count=${table.id}]`).textContent = wanted ? ` ${shown} of ${rows.length}` : ` ${rows.length}`;
  }
};
const sort = (table, column, down) => {
  const body = table.tBodies[0];
  const key = (row) => row.cells[column].dataset.key ?? row.cells[column].textContent;
  const number = (text) => (text === "" ? NaN : Number(text));
  const order = (a, b) => {
    const [x, y] = [key(a), key(b)];
    const [m, n] = [number(x), number(y)];
    return Number.isNaN(m) || Number.isNaN(n) ? x.localeCompare(y) : m - n;
  };
  const rows = [...body.rows].sort(order);
  body.append(...(down ? rows.reverse() : rows));
  [...table.tHead.rows[0].cells].forEach((cell, at) =>
    at === column ? cell.setAttribute("aria-sort", down ? "descending" : "ascending") : cell.removeAttribute("aria-sort"));
};
for (const table of tables) {
  [...table.tHead.rows[0].cells].forEach((cell, column) => {
    cell.querySelector("button").addEventListener("click", () => {
      const down = cell.getAttribute("aria-sort") === "ascending";
      sort(table, column, down);
      state.set(table.id, column + (down ? "d" : "a"));
      keep();
    });
  });
  const kept = /^(\d+)([ad])$/.exec(state.get(table.id) ?? "");
  if (kept && Number(kept[1]) < table.tHead.rows[0].cells.length) sort(table, Number(kept[1]), kept[2] === "d");
}
for (const details of document.querySelectorAll("details")) {
  details.open = state.getAll("open").includes(details.dataset.of);
  details.addEventListener("toggle", () => {
    const others = state.getAll("open").filter((id) => id !== details.dataset.of);
    state.delete("open");
    for (const id of details.open ? [...others, details.dataset.of] : others) state.append("open", id);
    keep();
  });
}
filter.value = state.get("filter") ?? "";
filter.addEventListener("input", () => { state.set("filter", filter.value); keep(); show(); });
show();
// The document would go back to the address that it was loaded from.
const seconds = Number(document.documentElement.dataset.refresh);
if (seconds) setTimeout(() => location.reload(), seconds * 1000);
