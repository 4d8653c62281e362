"use strict";
const filter = document.querySelector("#filter");
const state = new URLSearchParams(location.hash.slice(1));
const keep = () => history.replaceState(null, "", "#" + state);
const show = () => {
  const wanted = filter.value.toLowerCase();
  for (const row of document.querySelectorAll("tbody tr")) row.hidden = !row.textContent.toLowerCase().includes(wanted);
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
for (const table of document.querySelectorAll("table")) {
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
filter.value = state.get("filter") ?? "";
filter.addEventListener("input", () => { state.set("filter", filter.value); keep(); show(); });
show();
