// All that a page says is there without this script. It adds a switch for the theme, sorting, a filter and tooltips.
(() => {
  "use strict";
  const page = document.documentElement;
  const element = (name, text = "", className = "") => {
    const made = document.createElement(name);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  };

  // Pages opened from a directory may have no storage: then the choice is for this page only.
  const remembered = () => {
    try { return localStorage.getItem("leverage-theme"); } catch { return null; }
  };
  const remember = (theme) => {
    try { localStorage.setItem("leverage-theme", theme); } catch { /* this page only */ }
  };
  const themes = ["light", "dark"];
  if (themes.includes(remembered())) page.dataset.theme = remembered();

  const addSwitch = () => {
    const current = () => page.dataset.theme
      ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    const other = () => (current() === "dark" ? "light" : "dark");
    const button = element("button", "", "theme");
    button.type = "button";
    const label = () => { button.textContent = other() === "dark" ? "Dark" : "Light"; };
    button.addEventListener("click", () => {
      page.dataset.theme = other();
      remember(page.dataset.theme);
      label();
    });
    label();
    document.querySelector(".mast .wrap").append(button);
  };

  // A number without `data-v` is unknown, as is a cell without text, and last in either order.
  const sortKey = (cell) => {
    if (cell === undefined) return null;
    if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
    const text = cell.textContent.trim();
    return cell.classList.contains("n") || text === "" || text === "–" ? null : text;
  };
  const compare = (a, b, sign) => {
    if (a === null || b === null) return (a === null) - (b === null);
    return sign * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
  };
  const makeSortable = (table, status) => {
    for (const head of table.querySelectorAll("thead tr:last-child th:not(.chart)")) {
      const word = head.textContent.trim();
      if (!word) continue;
      const button = element("button", word);
      button.type = "button";
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const orders = ["ascending", "descending"];
        if (head.classList.contains("n")) orders.reverse();
        const order = head.getAttribute("aria-sort") === orders[0] ? orders[1] : orders[0];
        for (const sorted of table.querySelectorAll("th[aria-sort]")) sorted.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", order);
        const at = [...head.parentNode.cells].indexOf(head);
        const sign = order === "ascending" ? 1 : -1;
        const body = table.tBodies[0];
        const rows = [...body.rows].map((row) => ({ row, key: sortKey(row.cells[at]) }));
        rows.sort((a, b) => compare(a.key, b.key, sign));
        body.append(...rows.map(({ row }) => row));
        status.textContent = `Sorted by ${word}, ${order}`;
      });
    }
  };
  const makeFilterable = (table, status, tools) => {
    const label = element("label", table.dataset.filter);
    const input = element("input");
    input.type = "search";
    label.append(input);
    tools.prepend(label);
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      const rows = [...table.tBodies[0].rows];
      for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
      const shown = rows.filter((row) => !row.hidden).length;
      status.textContent = wanted ? `${shown} of ${rows.length} rows; totals are of all` : "";
    });
  };
  const addTools = () => {
    for (const table of document.querySelectorAll("table[data-sort]")) {
      const tools = element("div", "", "tools");
      const status = element("span", "", "faint");
      status.setAttribute("role", "status");
      tools.append(status);
      table.closest(".scroll").before(tools);
      makeSortable(table, status);
      if (table.dataset.filter) makeFilterable(table, status, tools);
    }
  };

  const addTips = () => {
    const tip = element("div");
    tip.id = "tip";
    tip.hidden = true;
    document.body.append(tip);
    document.addEventListener("pointerover", ({ target }) => {
      const mark = target.closest?.("[data-tip]");
      tip.hidden = !mark;
      if (!mark) return;
      tip.textContent = mark.dataset.tip;
      const box = mark.getBoundingClientRect();
      const right = page.clientWidth - tip.offsetWidth - 8;
      const above = box.top - tip.offsetHeight - 8;
      tip.style.left = `${Math.max(8, Math.min(box.left + box.width / 2 + 10, right)) + scrollX}px`;
      tip.style.top = `${(above > 4 ? above : box.bottom + 8) + scrollY}px`;
    });
    document.addEventListener("keydown", ({ key }) => { if (key === "Escape") tip.hidden = true; });
  };

  document.addEventListener("DOMContentLoaded", () => { addSwitch(); addTools(); addTips(); });
})();
