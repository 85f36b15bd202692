// The table that is pasted on the page of uploads, as a grid in which it can be mended before it is sent. What is sent is the
// text all the same: without scripts it is sent as it was pasted.
(() => {
  "use strict";
  const most = 300; // rows; a longer text stays a text
  const form = document.querySelector("[data-grid]");
  if (!form) { return; }
  const text = form.querySelector("textarea"), kind = form.querySelector("select"), place = form.querySelector("[data-grid-place]");
  const add = form.querySelector("[data-grid-add]"), back = form.querySelector("[data-grid-back]"), whole = form.querySelector("[data-grid-text]");
  let above = [], heads = null, own = false; // rows over the headings, the headings, whether they were pasted

  // A cell that holds tabs or line ends stands in quotation marks, and marks in it are doubled.
  function parse(from) {
    const quoted = /"((?:[^"]|"")*)"(?=[\t\n]|$)/y, plain = /[^\t\n]*/y, rows = [[]];
    from = from.replace(/\r\n?/g, "\n");
    for (let at = 0; ;) {
      quoted.lastIndex = plain.lastIndex = at;
      const marked = quoted.exec(from), found = marked || plain.exec(from);
      rows[rows.length - 1].push(marked ? marked[1].replaceAll('""', '"') : found[0]);
      at += found[0].length;
      if (at >= from.length) { break; }
      if (from[at] === "\n") { rows.push([]); }
      at++;
    }
    return rows.filter((row) => row.some((cell) => cell.trim() !== ""));
  }

  const cell = (value) => /[\t\n"]/.test(value) ? '"' + value.replaceAll('"', '""') + '"' : value;
  const write = (rows) => rows.map((row) => row.map(cell).join("\t")).join("\n");
  const chosen = (what) => kind.selectedOptions[0].dataset[what].split("\t");
  const cells = (row) => [...row.querySelectorAll("textarea")];
  const lines = () => [...place.querySelectorAll("tbody tr")];
  const words = (name, n) => form.dataset[name].replace("#", n);

  // headed finds the headings among the first rows: two that the kind knows.
  function headed(rows) {
    const known = new Set(chosen("known"));
    return rows.slice(0, 15).findIndex((row) => row.filter((h) => known.has(h.trim())).length > 1);
  }

  function show(rows) {
    const at = headed(rows);
    own = at >= 0;
    above = own ? rows.slice(0, at) : [];
    heads = own ? rows[at] : chosen("headings");
    draw(own ? rows.slice(at + 1) : rows);
  }

  function draw(rows) {
    const table = document.createElement("table"), body = document.createElement("tbody"), head = table.createTHead().insertRow();
    const width = Math.max(heads.length, ...rows.map((row) => row.length));
    table.className = "zx-table zx-grid";
    for (let i = 0; i <= width; i++) {
      const th = document.createElement(i < width ? "th" : "td");
      if (i < width) { th.scope = "col"; th.textContent = heads[i] || words("column", i + 1); }
      head.append(th);
    }
    table.append(body);
    for (const row of rows) { body.append(line(row, width)); }
    place.replaceChildren(table);
    number();
    place.hidden = back.hidden = false;
    whole.hidden = true;
    text.required = false;
  }

  function line(row, width) {
    const tr = document.createElement("tr");
    for (let i = 0; i < width; i++) {
      const field = document.createElement("textarea");
      field.rows = 1;
      field.value = row[i] || "";
      tr.insertCell().append(field);
    }
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm";
    button.textContent = form.dataset.remove;
    button.addEventListener("click", () => { tr.remove(); number(); });
    tr.insertCell().append(button);
    return tr;
  }

  // number names every field and button for who cannot see where it stands.
  function number() {
    lines().forEach((row, i) => {
      cells(row).forEach((field, j) => field.setAttribute("aria-label", words("row", i + 1) + " " + (heads[j] || words("column", j + 1))));
      row.querySelector("button").setAttribute("aria-label", form.dataset.remove + " " + words("row", i + 1));
    });
  }

  function read() {
    const rows = lines().map((row) => cells(row).map((field) => field.value)).filter((row) => row.some((value) => value.trim() !== ""));
    return rows.length ? write([...above, heads, ...rows]) : "";
  }

  function take() {
    if (!text.value.includes("\t")) { return; }
    const rows = parse(text.value);
    if (rows.length <= most) { show(rows); }
  }

  function leave() {
    text.value = read();
    place.replaceChildren();
    place.hidden = back.hidden = true;
    whole.hidden = false;
    text.required = true;
    heads = null;
  }

  add.hidden = false;
  add.addEventListener("click", () => {
    if (heads === null) { show(parse(text.value)); }
    const row = line([], place.querySelector("thead tr").cells.length - 1);
    place.querySelector("tbody").append(row);
    number();
    cells(row)[0].focus();
  });
  back.addEventListener("click", leave);
  text.addEventListener("paste", () => setTimeout(take));
  text.addEventListener("change", take);
  kind.addEventListener("change", () => {
    if (heads === null) { return; }
    const rows = lines().map((row) => cells(row).map((field) => field.value));
    show(own ? [...above, heads, ...rows] : rows);
  });

  // Several cells that are pasted into one fill those right of it and below it.
  place.addEventListener("paste", (e) => {
    const rows = parse(e.clipboardData.getData("text/plain")), at = cells(e.target.closest("tr")).indexOf(e.target);
    if (rows.length < 2 && (rows[0] || []).length < 2) { return; }
    e.preventDefault();
    let row = e.target.closest("tr");
    for (const values of rows) {
      if (!row) {
        row = line([], place.querySelector("thead tr").cells.length - 1);
        place.querySelector("tbody").append(row);
      }
      values.forEach((value, i) => { const field = cells(row)[at + i]; if (field) { field.value = value; } });
      row = row.nextElementSibling;
    }
    number();
  });

  form.addEventListener("submit", () => { if (heads !== null) { text.value = read(); } });
})();
