// ErrorLab: all memory, some pages of it to break, what that did; and in a second part the chance to survive.

export default view((ui) => {
  let card = null;
  return (picture) => {
    card ??= makeCard(ui, picture);
    card.draw(picture);
  };
});

const errorLook = (code) => (isHole(code) ? "hole" : kindOf(code) === 14 ? "k14" : `e${kindOf(code)}`);

function makeCard(ui, made) {
  let waiting = "", shown = made;
  const part = (name) => h("button", {
    "aria-pressed": "false", "data-part": name, onclick: () => act({ do: "show", part: name }),
  }, name);
  const state = h("span", { class: "state" });
  const say = h("p", { role: "status" });
  const more = disclosure("more");
  const parts = made.parts.map(part);
  const one = breaking(ui, act, made), many = chances(act);
  const root = h("section", { class: "card errors", "aria-label": `Memory errors in ${made.machine}` },
    h("header", {}, h("span", { class: "seg", role: "group", "aria-label": "part" }, ...parts), state, one.again,
      more.button),
    one.controls, many.controls, say, one.el, many.el, more.el);
  ui.el.append(h("div", { class: "box" }, root));
  ui.cleanup(keysStayHere(root));

  // Ask Python; if it does not answer at once, say why.
  function act(message) {
    const late = setTimeout(() => { waiting = "Waiting for the running cell."; drawSay(); }, 400);
    ui.ask(message).then(() => { clearTimeout(late); waiting = ""; drawSay(); });
  }
  function drawSay() { say.textContent = waiting || shown.says; }
  function draw(picture) {
    shown = picture;
    const breaks = picture.part === picture.parts[0];
    for (const each of parts) each.setAttribute("aria-pressed", String(each.dataset.part === picture.part));
    for (const each of [state, one.again, one.el, one.controls]) each.hidden = !breaks;
    many.el.hidden = many.controls.hidden = breaks;
    state.textContent = picture.panicked ? "Panic: it has stopped." : "The machine runs.";
    state.classList.toggle("panic", picture.panicked);
    say.hidden = !picture.says && !waiting && !breaks;
    drawSay();
    if (breaks) one.draw(picture);
    else many.draw(picture.odds);
    more.draw(...(breaks ? detailsOf(picture) : oddsTable(picture.odds)));
  }
  return { draw };
}

// -- Breaking pages ---------------------------------------------------------------------------------------------------

function breaking(ui, act, made) {
  const kindName = ([kind, pages]) => [kind, `${kind} (${thousands(pages)})`];
  const found = pick("how the error is found", made.found, made.chosen.found);
  const kind = pick("kind of page", made.kinds.map(kindName), made.chosen.kind);
  const errors = numeric("", made.chosen.count, { min: 1, max: 10000, "aria-label": "errors" });
  const seed = numeric("seed", made.chosen.seed);
  const chosen = () => ({ found: found.value });
  const button = (name, does) => h("button", { class: "btn", onclick: does }, name);
  const again = button("Start again", () => act({ do: "start_again", seed: seed.value() }));
  const controls = h("div", { class: "ask" }, h("label", {}, "The error is ", found), kind,
    button("Break one", () => act({ do: "break_some", kind: kind.value, ...chosen() })),
    h("span", { class: "rule" }), errors.el,
    button("Storm", () => act({ do: "storm", count: errors.value(), seed: seed.value(), ...chosen() })), seed.el);

  const text = h("p", { class: "muted" });
  const memory = h("div", { class: "memory", tabindex: 0, role: "group", "aria-label": "All memory" });
  const title = h("h3", { id: newName() });
  const list = listbox(title.id, "pages", () => keys(), { class: "pages" });
  const where = h("div", { class: "where", "aria-hidden": "true" });
  const zone = pick("zone", made.zones.map((name, at) => [String(at), name]), String(made.zone));
  const page = numeric("page", 0);
  const go = button("Go there", () => act({ do: "go", zone: +zone.value, page: page.value() }));
  const key = h("ul", { class: "legend", "aria-label": "What the colours and letters mean" });
  const el = h("div", { class: "picture" }, text, memory,
    h("div", { class: "over" }, title, where, h("span", { class: "goto" }, page.el, zone, go)), list, key);
  let shown = made.window, current = null, hit = null, stopped = false;

  const breakPage = (pfn) => act({ do: "break", pfn, ...chosen() });
  const goTo = (pfn) => {
    if (shown.cells[pfn - shown.first] !== undefined) current = pfn;
    mark();
  };
  const keys = () => ({
    ArrowRight: () => goTo(current + 1), ArrowDown: () => goTo(current + shown.width),
    ArrowLeft: () => goTo(current - 1), ArrowUp: () => goTo(current - shown.width),
    Home: () => goTo(shown.first), End: () => goTo(shown.first + shown.cells.length - 1),
    Enter: () => breakPage(current),
    PageUp: () => act({ do: "move", windows: -1 }), PageDown: () => act({ do: "move", windows: 1 }),
  });
  function mark() {
    markCurrent(list, current - shown.first);
    where.textContent = shown.words[current - shown.first];
  }
  function onePage(code, at) {
    const pfn = shown.first + at, look = pfn === hit && stopped ? "k14" : errorLook(code);
    const choose = () => { current = pfn; mark(); breakPage(pfn); };
    return option(list, at, pfn === hit, shown.words[at], choose, { "data-pfn": pfn, class: `pg ml-${look}` },
      ui.looks[look]?.[1] ?? " ", band(code));
  }
  function stretch(picture, { zone: at, start, pages, runs }, most) {
    const inside = (pfn) => pfn >= start && pfn < start + pages;
    const x = (pfn) => percent((pfn - start) / pages);
    const { first, cells } = picture.window;
    const bar = h("div", { class: "line", style: `width:${percent(Math.max(pages / most, 0.004))}`,
      onclick: ({ clientX }) => {
        const { left, width } = bar.getBoundingClientRect();
        act({ do: "look", zone: at, pfn: start + Math.min(pages - 1, Math.floor((clientX - left) / width * pages)) });
      } },
    ...runs.map(([, length, code]) => h("span", { class: `ml-${errorLook(code)}`, style: `flex-grow:${length}` },
      band(code))),
    first < start + pages && first + cells.length > start ? h("i", { class: "window",
      style: `left:${x(Math.max(first, start))};width:${percent(cells.length / pages)}` }) : null,
    ...picture.marks.filter(([pfn]) => inside(pfn)).map(([pfn, name]) => h("i", {
      class: pfn === hit ? "pin last" : "pin", style: `left:${x(pfn)}`, title: name })));
    return h("div", { class: "stretch" }, h("span", { class: "name" }, picture.zones[at]), bar);
  }
  function draw(picture) {
    hit = picture.hit?.pfn ?? null;
    stopped = picture.panicked;
    if (hit !== null && picture.window.first <= hit && hit !== draw.hit) current = hit;
    draw.hit = hit;
    shown = picture.window;
    if (current === null || shown.cells[current - shown.first] === undefined) current = shown.first;
    again.classList.toggle("primary", picture.panicked);
    [...kind.options].forEach((each, at) => { each.textContent = kindName(picture.kinds[at])[1]; });
    const headline = picture.hit?.headline;
    text.textContent = !headline ? "By keyboard: arrow keys, Enter breaks, Page Up and Page Down."
      : (headline === picture.says ? "" : `The last: ${headline} `) + picture.hit.text;
    const most = Math.max(...picture.memory.map(({ pages }) => pages));
    memory.replaceChildren(...picture.memory.map((each) => stretch(picture, each, most)));
    memory.scrollTop = memory.querySelector(".window")?.closest(".stretch").offsetTop - memory.offsetTop - 30;
    title.textContent = shown.title;
    list.style.gridTemplateColumns = `repeat(${shown.width}, 1fr)`;
    list.replaceChildren(...shown.cells.map(onePage));
    const codes = [...picture.memory.flatMap(({ runs }) => runs.map(([, , code]) => code)), ...shown.cells];
    key.replaceChildren(...keyTo(ui.looks, codes, [], errorLook));
    mark();
  }
  return { controls, again, el, draw };
}

const known = (evidence) => h("span", { class: "known" }, evidence);

function detailsOf({ hit, tally, corrupted, history, table: all }) {
  const list = (name, words) => h("div", {}, h("h3", {}, name), h("ul", {}, ...words.map((each) => h("li", {}, each))));
  const log = hit?.log.length
    ? h("pre", { tabindex: 0, role: "region", "aria-label": "Lines of the kernel" }, hit.log.join("\n"))
    : h("p", {}, "No lines of the kernel were recorded for this.");
  return [
    ...(hit ? [h("div", {}, h("h3", {}, "What the kernel printed"), log, known(hit.evidence), ` ${hit.known}`)] : []),
    ...(tally.length ? [h("div", { class: "two" },
      list("So far", [...tally.map(([words, number]) => `${words}: ${number}`), corrupted]),
      list("Errors, newest first", history))] : []),
    outcomeTable(all),
  ];
}

function outcomeTable({ head, rows, used, known: ways }) {
  const cell = ([words, evidence], row, column) => {
    const here = used && used[0] === row && used[1] === column;
    return h("td", { class: here ? "used" : "", "aria-current": here ? "true" : null },
      (here ? "▶ " : "") + words, " ", known(evidence));
  };
  const caption = "What an error does: kind of page by how it is found";
  return h("div", {}, scrolledTable(caption, caption, ["", ...head], rows.map(([kind, cells], row) =>
    h("tr", {}, h("th", { scope: "row" }, kind), ...cells.map((each, column) => cell(each, row, column))))),
  h("ul", { class: "legend", "aria-label": "How each is known" },
    ...ways.map(([evidence, words]) => h("li", {}, known(evidence), ` ${words}`))));
}

// -- The chance to survive --------------------------------------------------------------------------------------------

function chances(act) {
  const onchange = () => act({ do: "ask", ...asked() });
  const bad = numeric("bad pages expected", 10, { max: 100, onchange });
  const read = numeric("the kernel reads, in %", 100, { max: 100, onchange });
  const seed = numeric("seed", 0, { onchange });
  const asked = () => ({ bad: bad.value(), read: read.value() / 100, seed: seed.value() });
  const live = () => act({ do: "simulate", ...asked() });
  const simulate = h("button", { class: "btn primary", onclick: live }, "Simulate");
  const controls = h("div", { class: "ask" }, bad.el, read.el, seed.el, simulate);
  const cases = h("div", { class: "cases" });
  const words = h("p", {});
  const el = h("div", { class: "picture" }, cases, words, h("ul", { class: "legend" },
    h("li", {}, h("span", { class: "swatch fatal" }, "!"), "lost: the machine stops"),
    h("li", {}, h("span", { class: "swatch ml-e3" }, "K"), h("span", { class: "twin-line" }),
      "the kernel's, kept twice"),
    h("li", {}, h("span", { class: "swatch rest" }), "all else")));

  function row([name, pages, fatal, saved, chance]) {
    const piece = (css, number, letter, double) => number > 0 && h("span", { class: css, style: `flex-grow:${number}` },
      h("b", {}, letter), double ? h("i", {}) : null);
    const words = `${name}: ${thousands(fatal)} of ${thousands(pages)} pages stop the machine`;
    const rest = pages - fatal - saved;
    const bars = [piece("fatal", fatal, "!"), piece("ml-e3", saved, "K", true), piece("rest", rest, "")];
    return h("div", { class: "case" },
      h("h3", {}, name), h("div", { class: "bar", role: "img", "aria-label": words }, ...bars.filter(Boolean)),
      h("div", { class: "meter" }, h("b", {}, `${(100 * chance).toFixed(0)}%`), " survive"),
      h("small", {}, `${thousands(fatal)} pages it cannot lose`),
      h("div", { class: "share", "aria-hidden": "true" }, h("span", { style: `width:${percent(chance)}` })));
  }
  function draw(odds) {
    for (const [each, value] of [[bad, odds.asked.bad], [read, 100 * odds.asked.read], [seed, odds.asked.seed]]) {
      if (document.activeElement !== each.input) each.input.value = value;
    }
    cases.replaceChildren(...odds.cases.map(row));
    words.textContent = odds.sentences[1];
  }
  return { controls, el, draw };
}

function oddsTable({ head, lines }) {
  const caption = "Chance that the machine survives";
  const verdict = (words) => ({ agrees: "good", "formula does not hold": "bad" })[words] ?? "";
  return [
    scrolledTable("Chances to survive", caption, head, lines.map(([first, ...rest]) => h("tr", {},
      h("th", { scope: "row" }, first), ...rest.map((each) => h("td", { class: verdict(each) }, each))))),
    h("p", { class: "muted" }, "The formula takes every page to fail for itself: even then, one simulation in a " +
      "hundred misses it by chance. A broken row or device takes many pages at once, and for as many bad pages there " +
      "are fewer faults."),
  ];
}
