// ErrorLab: maps to break pages in, what came of it, the table of outcomes; and the chances to survive.

export default view((ui) => {
  const one = breaking(ui);
  const many = chances();
  const headline = h("div", { class: "ml-headline" });
  const mirror = h("div");
  ui.el.append(headline, mirror, one.el, many.el);

  return (picture, cells) => {
    headline.textContent = picture.headline;
    one.el.hidden = picture.part !== "one";
    many.el.hidden = picture.part !== "many";
    mirror.textContent = picture.part === "one" ? `${picture.mirror} ${picture.scale}` : picture.mirror;
    if (one.el.hidden) many.draw(picture.odds);
    else one.draw(picture, cells);
  };
});

const errorLook = (code) => (kindOf(code) === 14 ? "k14" : `e${kindOf(code)}`);

function breaking(ui) {
  const state = h("div", { class: "ml-err-state" });
  const maps = zoneMaps(ui, errorLook);
  const pages = errorPages(ui);
  const key = h("ul", { class: "ml-key", "aria-label": "What the colours and letters mean" });
  const last = h("div", { class: "ml-err-last" });
  const outcomes = h("div");
  const el = h("div", {}, state, maps.el, pages.el, key, last, outcomes);

  function draw(picture, cells) {
    state.classList.toggle("ml-err-stopped", picture.panicked);
    const word = h("strong", {}, picture.panicked ? "PANIC " : "RUNNING ");
    state.replaceChildren(word, `${picture.state} ${picture.corrupted}.`);
    maps.draw(picture, cells);
    pages.draw(picture);
    key.replaceChildren(...keyTo(ui.looks, [...new Set(cells), ...picture.window.cells], [], errorLook));
    last.replaceChildren(lastError(picture.hit), ...soFar(picture));
    outcomes.replaceChildren(outcomeTable(picture.table));
  }
  return { el, draw };
}

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
  const list = (name, words) =>
    h("div", { class: "ml-err-list" }, h("h4", {}, name), h("ul", {}, ...words.map((each) => h("li", {}, each))));
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
  const key = h("ul", { class: "ml-key", "aria-label": "How each is known" },
    ...ways.map(([evidence, words]) => h("li", {}, known(evidence), ` ${words}`)));
  return h("div", {}, scrolledTable(caption, caption, ["", ...head], rows.map(([kind, cells], row) =>
    h("tr", {}, h("th", { scope: "row" }, kind), ...cells.map((each, column) => cell(each, row, column))))), key);
}

// The window: page by page, to click or to move in with the arrow keys.
function errorPages(ui) {
  const name = newName();
  let shown = null; // picture.window
  let current = null; // the page the arrow keys are at
  let hit = null;
  const title = h("h4", { id: name });
  const list = listbox(name, "pages", () => keys(), { class: "ml-err-pages" });
  const where = h("div", { class: "ml-hint", "aria-hidden": "true" });
  const hint = h("div", { class: "ml-hint" },
    "Click a page to break it. By keyboard: arrow keys, Enter breaks, Page Up and Page Down show other pages.");

  const goTo = (pfn) => {
    if (shown.cells[pfn - shown.first] !== undefined) current = pfn;
    mark();
  };
  const keys = () => ({
    ArrowRight: () => goTo(current + 1), ArrowDown: () => goTo(current + shown.width),
    ArrowLeft: () => goTo(current - 1), ArrowUp: () => goTo(current - shown.width),
    Home: () => goTo(shown.first), End: () => goTo(shown.first + shown.cells.length - 1),
    Enter: () => ui.ask({ do: "break", pfn: current }), ...pageKeys(ui),
  });
  function mark() {
    markCurrent(list, current - shown.first);
    where.textContent = shown.words[current - shown.first];
  }
  function page(code, at) {
    const pfn = shown.first + at;
    const look = isHole(code) ? "hole" : errorLook(code);
    const choose = () => { current = pfn; ui.ask({ do: "break", pfn }); mark(); };
    return option(list, at, pfn === hit, shown.words[at], choose, { "data-pfn": pfn, class: `ml-err-page ml-${look}` },
      ui.looks[look]?.[1] ?? " ", band(code));
  }
  function draw(picture) {
    if (picture.hit && picture.hit.pfn !== hit) current = picture.hit.pfn;
    hit = picture.hit?.pfn ?? null;
    shown = picture.window;
    if (current === null || shown.cells[current - shown.first] === undefined) current = shown.first;
    title.textContent = shown.title;
    list.style.gridTemplateColumns = `repeat(${shown.width}, 1fr)`;
    list.replaceChildren(...shown.cells.map(page));
    mark();
  }
  return { el: h("div", {}, title, list, where, hint), draw };
}

function chances() {
  const sentences = h("div");
  const lines = h("div");
  const note = h("div", { class: "ml-hint" },
    "The stroke is the formula; the box is where the true chance lies, with 99% confidence. The formula takes every " +
    "page to fail for itself: even then, one simulation in a hundred misses it by chance. A broken row or device " +
    "takes many pages at once, and for as many bad pages there are fewer faults.");
  const percent = (share) => `${100 * share}%`;

  function bar([cells, formula, found]) {
    const parts = [h("span", { class: "ml-err-formula", style: `left:${percent(formula)}` })];
    if (found) {
      const style = `left:${percent(found[1])};width:max(3px, ${percent(found[2] - found[1])})`;
      parts.unshift(h("span", { class: "ml-err-interval", style }));
    }
    const simulated = found ? `, simulated ${cells[4]}` : "";
    const words = `${cells[0]}, ${cells[1]} the mirror: formula ${cells[2]}${simulated}`;
    return h("div", { class: "ml-err-bar", role: "img", "aria-label": words }, ...parts);
  }
  function row(line) {
    const [fault, mirror, formula, simulated, interval, verdict] = line[0];
    const holds = { agrees: "ml-err-agrees", "formula does not hold": "ml-err-fails" }[verdict] ?? "";
    const cells = [mirror, formula, simulated, bar(line)].map((each) => h("td", {}, each));
    return h("tr", {}, h("th", { scope: "row" }, fault), ...cells,
      h("td", { class: holds }, verdict), h("td", {}, interval));
  }
  function draw(odds) {
    const [fault, mirror, formula, simulated, interval, verdict] = odds.head;
    const head = [fault, mirror, formula, simulated, "0% to 100%", verdict, interval];
    sentences.replaceChildren(...odds.sentences.map((words) => h("div", {}, words)));
    const caption = "Chance that the machine survives";
    lines.replaceChildren(scrolledTable("Chances to survive", caption, head, odds.lines.map(row)));
  }
  return { el: h("div", {}, sentences, lines, note), draw };
}
