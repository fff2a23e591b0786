// ErrorLab: maps to break pages in, what came of it, the table of outcomes; and the chances to survive.

export default view((ui) => {
  const one = breaking(ui);
  const many = chances();
  const headline = h("div", { class: "ml-err-headline" });
  const mirror = h("div");
  ui.el.append(headline, mirror, one.el, many.el);
  keepKeys(ui);

  return (picture, cells) => {
    if (!picture.window) return; // nothing was sent yet
    headline.textContent = picture.headline;
    one.el.hidden = picture.part !== "one";
    many.el.hidden = picture.part !== "many";
    mirror.textContent = picture.part === "one" ? `${picture.mirror} ${picture.scale}` : picture.mirror;
    if (one.el.hidden) many.draw(picture.odds);
    else one.draw(picture, cells);
  };
});

// JupyterLab takes plain keys for its own commands (an arrow goes to another cell), also from a focused list or
// select, unless the element itself says not to. Keys with Ctrl, Alt or Cmd stay JupyterLab's: Ctrl+S saves.
function keepKeys(ui) {
  const say = (event) => {
    const { target, ctrlKey, metaKey, altKey } = event;
    if (!ui.el.closest(".mirrorlab")?.contains(target)) return;
    target.toggleAttribute("data-lm-suppress-shortcuts", !(ctrlKey || metaKey || altKey));
  };
  window.addEventListener("keydown", say, true); // before JupyterLab, which listens at the document
  ui.cleanup(() => window.removeEventListener("keydown", say, true));
}

const errorLook = (code) => (kindOf(code) === 14 ? "k14" : `e${kindOf(code)}`);

function breaking(ui) {
  const state = h("div", { class: "ml-err-state" });
  const maps = errorMaps(ui);
  const pages = errorPages(ui);
  const key = h("ul", { class: "ml-key", "aria-label": "What the colours and letters mean" });
  const last = h("div", { class: "ml-err-last" });
  const outcomes = h("div");
  const el = h("div", {}, state, maps.el, pages.el, key, last, outcomes);

  function draw(picture, cells) {
    state.classList.toggle("ml-err-stopped", picture.panicked);
    state.replaceChildren(h("strong", {}, picture.panicked ? "PANIC " : "RUNNING "), `${picture.state} ${picture.corrupted}.`);
    maps.draw(picture, cells);
    pages.draw(picture);
    key.replaceChildren(...errorKey(ui.looks, [...cells, ...picture.window.cells]));
    last.replaceChildren(lastError(picture.hit), ...soFar(picture));
    outcomes.replaceChildren(outcomeTable(picture.table));
  }
  return { el, draw };
}

function errorKey(looks, cells) {
  const there = [...new Set(cells)].filter((code) => !isHole(code)).sort((a, b) => kindOf(a) - kindOf(b));
  const names = new Set([...there.map(errorLook), ...there.map(className).sort()]);
  return [...names].map((name) => h("li", {},
    h("span", { class: `ml-swatch ml-${name}`, "aria-hidden": "true" }, looks[name][1]),
    (name[0] === "c" ? "band: " : "") + looks[name][0]));
}

// -- What came of it --------------------------------------------------------------------------------------------------

const known = (evidence) => h("span", { class: `ml-err-known ml-err-${evidence}` }, evidence);

function lastError(hit) {
  if (!hit) return h("div", {}, h("h4", {}, "The last error"), "No error yet: break a page.");
  const log = hit.log.length
    ? h("pre", { tabindex: 0, role: "region", "aria-label": "Lines of the kernel" }, hit.log.join("\n"))
    : h("div", {}, "No lines of the kernel were recorded for this.");
  return h("div", { class: `ml-err-card ml-err-is-${hit.outcome}` },
    h("h4", {}, "The last error"),
    h("div", { class: "ml-err-outcome" }, hit.headline),
    h("div", {}, hit.text),
    log,
    h("div", {}, known(hit.evidence), ` ${hit.known}`));
}

function soFar(picture) {
  if (!picture.tally.length) return [];
  const list = (name, words) => h("div", { class: "ml-err-list" }, h("h4", {}, name), h("ul", {}, ...words.map((each) => h("li", {}, each))));
  return [
    list("So far", picture.tally.map(([words, number]) => `${words}: ${number}`)),
    list("Errors, newest first", picture.history),
  ];
}

function outcomeTable({ head, rows, used, known: ways }) {
  const cell = ([words, evidence], row, column) => {
    const here = used && used[0] === row && used[1] === column;
    return h("td", { class: here ? "ml-err-used" : "", "aria-current": here ? "true" : null },
      (here ? "▶ " : "") + words, " ", known(evidence));
  };
  const caption = "What an error does: kind of page by how it is found";
  const key = h("ul", { class: "ml-key", "aria-label": "How each is known" }, ...ways.map(([evidence, words]) => h("li", {}, known(evidence), ` ${words}`)));
  return h("div", {}, h("div", { class: "ml-scroll", tabindex: 0, role: "region", "aria-label": caption },
    h("table", {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, h("td"), ...head.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, ...rows.map(([kind, cells], row) =>
        h("tr", {}, h("th", { scope: "row" }, kind), ...cells.map((each, column) => cell(each, row, column))))))), key);
}

// -- One map for each stretch of memory; a click, or the slider under it, brings its pages into the window ----------

function errorMaps(ui) {
  const el = h("div", { class: "ml-err-maps" });
  let made = "";
  let maps = [];
  let early = null; // what was drawn before the view stood on the page, where its colours are
  const placed = new ResizeObserver(() => early && draw(...early));
  placed.observe(el);
  ui.cleanup(() => placed.disconnect());

  function draw(picture, cells) {
    early = el.isConnected ? null : [picture, cells];
    const shape = JSON.stringify([picture.sections, picture.shift]);
    if (shape !== made) {
      made = shape;
      maps = picture.sections.map((section, index) => errorMap(ui, section, picture.shift, index));
      el.replaceChildren(...maps.map((map) => map.el));
    }
    for (const map of maps) map.draw(picture, cells);
  }
  return { el, draw };
}

function errorMap(ui, [zone, start, at, count], shift, index) {
  const columns = 256;
  const [wide, high, band] = [4, 4, 2];
  const rows = Math.ceil(count / columns);
  const step = 256 / 2 ** shift; // cells of a window
  const look = (cell) => ui.ask({ do: "look", zone, pfn: start + Math.floor(cell * 2 ** shift) });
  const title = h("div");
  const canvas = h("canvas", { role: "img", width: columns * wide, height: rows * (high + band), onclick: (event) => {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / box.width * columns);
    const row = Math.floor((event.clientY - box.top) / box.height * rows);
    look(Math.min(row * columns + column, count - 1));
  } });
  const slider = h("input", { type: "range", min: 0, max: Math.max(0, Math.ceil(count / step) - 1), oninput: () => look(slider.value * step) });

  function draw(picture, cells) {
    const name = picture.zones[zone];
    const context = canvas.getContext("2d");
    const paint = painter(context, ui.looks, canvas);
    context.clearRect(0, 0, canvas.width, canvas.height);
    for (let cell = 0; cell < count; cell++) {
      const code = cells[at + cell];
      if (isHole(code)) continue;
      const [left, top] = [cell % columns * wide, Math.floor(cell / columns) * (high + band)];
      context.fillStyle = paint(errorLook(code));
      context.fillRect(left, top, wide, high);
      context.fillStyle = paint(className(code));
      context.fillRect(left, top + high, wide, band);
    }
    const first = (picture.window.first - start) / 2 ** shift;
    const here = picture.zone === zone && first + step > 0 && first < count;
    if (here) mark(context, Math.max(0, first), Math.min(count, first + step));
    title.textContent = name;
    canvas.setAttribute("aria-label", `Map of ${name}`);
    slider.value = here ? Math.round(first / step) : 0;
    slider.setAttribute("aria-label", `Pages shown, of ${name}`);
    slider.setAttribute("aria-valuetext", here ? picture.window.title : "not shown");
  }
  function mark(context, first, end) {
    context.strokeStyle = getComputedStyle(canvas).getPropertyValue("--err-mark");
    context.lineWidth = 2;
    for (let row = Math.floor(first / columns); row * columns < end; row++) {
      const left = Math.max(first - row * columns, 0);
      const right = Math.min(end - row * columns, columns);
      context.strokeRect(left * wide, row * (high + band), Math.max((right - left) * wide, 3), high + band);
    }
  }
  return { el: h("div", {}, title, canvas, slider), draw };
}

// -- The window: page by page, to click or to move in with the arrow keys -------------------------------------------

function errorPages(ui) {
  const unique = `ml-${Math.random().toString(36).slice(2)}`;
  let shown = null; // picture.window
  let current = null; // the page the arrow keys are at
  let hit = null;
  const title = h("h4", { id: unique });
  const list = h("div", {
    class: "ml-err-pages", role: "listbox", tabindex: 0, "aria-labelledby": unique, "data-key": "pages",
    onkeydown: (event) => { if (press(event)) event.preventDefault(); },
  });
  const where = h("div", { class: "ml-err-hint", "aria-hidden": "true" });
  const hint = h("div", { class: "ml-err-hint" },
    "Click a page to break it. By keyboard: arrow keys, Enter breaks, Page Up and Page Down show other pages.");

  function press({ key }) {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: shown.width, ArrowUp: -shown.width }[key];
    const last = shown.cells.length - 1;
    const at = current - shown.first;
    if (step) current = shown.first + (shown.cells[at + step] === undefined ? at : at + step);
    else if (key === "Home") current = shown.first;
    else if (key === "End") current = shown.first + last;
    else if (key === "Enter" || key === " ") ui.ask({ do: "break", pfn: current });
    else if (key === "PageUp") ui.ask({ do: "move", windows: -1 });
    else if (key === "PageDown") ui.ask({ do: "move", windows: 1 });
    else return false;
    mark();
    return true;
  }
  function mark() {
    const at = current - shown.first;
    [...list.children].forEach((option, index) => option.classList.toggle("ml-current", index === at));
    list.setAttribute("aria-activedescendant", `${unique}-${at}`);
    where.textContent = shown.words[at];
  }
  function option(code, at) {
    const pfn = shown.first + at;
    const words = shown.words[at];
    const hole = isHole(code);
    return h("div", {
      role: "option", id: `${unique}-${at}`, title: words, "aria-label": words, "data-pfn": pfn,
      "aria-selected": String(pfn === hit), class: `ml-err-page ${hole ? "ml-hole" : `ml-${errorLook(code)}`}`,
      onclick: () => { current = pfn; list.focus({ preventScroll: true }); ui.ask({ do: "break", pfn }); mark(); },
    }, hole ? " " : ui.looks[errorLook(code)][1], hole ? null : h("span", { class: `ml-err-band ml-${className(code)}` }));
  }
  function draw(picture) {
    if (picture.hit && picture.hit.pfn !== hit) current = picture.hit.pfn;
    hit = picture.hit?.pfn ?? null;
    shown = picture.window;
    if (current === null || shown.cells[current - shown.first] === undefined) current = shown.first;
    title.textContent = shown.title;
    list.style.gridTemplateColumns = `repeat(${shown.width}, 1fr)`;
    list.replaceChildren(...shown.cells.map(option));
    mark();
  }
  return { el: h("div", {}, title, list, where, hint), draw };
}

// -- The chances to survive -------------------------------------------------------------------------------------------

function chances() {
  const sentences = h("div");
  const table = h("div", { class: "ml-scroll", tabindex: 0, role: "region", "aria-label": "Chances to survive" });
  const note = h("div", { class: "ml-err-hint" },
    "The stroke is the formula; the box is where the true chance lies, with 99% confidence. The formula takes every page to fail for itself: even then, one simulation in a hundred misses it by chance. A broken row or device takes many pages at once, and for as many bad pages there are fewer faults.");
  const percent = (share) => `${100 * share}%`;

  function bar([cells, formula, found]) {
    const parts = [h("span", { class: "ml-err-formula", style: `left:${percent(formula)}` })];
    if (found) parts.unshift(h("span", { class: "ml-err-interval", style: `left:${percent(found[1])};width:max(3px, ${percent(found[2] - found[1])})` }));
    return h("div", { class: "ml-err-bar", role: "img", "aria-label": `${cells[0]}, ${cells[1]} the mirror: formula ${cells[2]}${found ? `, simulated ${cells[4]}` : ""}` }, ...parts);
  }
  function row(line) {
    const [fault, mirror, formula, simulated, interval, verdict] = line[0];
    const holds = { agrees: "ml-err-agrees", "formula does not hold": "ml-err-fails" }[verdict] ?? "";
    return h("tr", {}, h("th", { scope: "row" }, fault), h("td", {}, mirror), h("td", {}, formula), h("td", {}, simulated),
      h("td", {}, bar(line)), h("td", { class: holds }, verdict), h("td", {}, interval));
  }
  function draw(odds) {
    const [fault, mirror, formula, simulated, interval, verdict] = odds.head;
    const head = [fault, mirror, formula, simulated, "0% to 100%", verdict, interval];
    sentences.replaceChildren(...odds.sentences.map((words) => h("div", {}, words)));
    table.replaceChildren(h("table", {},
      h("caption", {}, "Chance that the machine survives"),
      h("thead", {}, h("tr", {}, ...head.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, ...odds.lines.map(row))));
  }
  return { el: h("div", {}, sentences, table, note), draw };
}
