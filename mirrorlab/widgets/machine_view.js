// MachineView: maps of all zones, a window of pages as blocks, the lists, the counters, and a time line.

const SPEEDS = [0.5, 1, 2, 5, 10]; // operations a second

export default view((ui) => {
  const headline = h("div", { class: "ml-headline" });
  const mirror = h("div", { class: "ml-hint" });
  const timeline = timeLine(ui);
  const happened = lastOperation();
  const window_ = pageWindow(ui);
  const key = h("ul", { class: "ml-key", "aria-label": "What the colours and letters mean" });
  const maps = zoneMaps(ui);
  const facts = tables();
  ui.el.append(
    headline, mirror, timeline.el, h("div", { class: "ml-beside" }, window_.el, happened.el), key, maps.el, facts.el,
  );

  return (picture, cells) => {
    headline.textContent = picture.headline;
    mirror.textContent = `${picture.mirror} ${picture.scale}`;
    for (const part of [timeline, window_, happened, maps, facts]) part.draw(picture, cells);
    key.replaceChildren(
      ...keyTo(ui.looks, cells, picture.groups),
      h("li", {}, swatch("touched", ""), "touched by the last operation"),
    );
  };
});

// The time line: step, play, speed, and a slider over all operations.
function timeLine(ui) {
  let end = 0;
  let position = 0;
  let wanted = []; // messages to send when Python has done what it is at
  let going = null; // a promise: Python is on its way
  let timer = null;

  const goTo = (there) => { wanted = [{ do: "goto", position: there }]; return go(); };
  const step = (operations) => {
    const steps = wanted.at(-1)?.do === "step" ? wanted.pop().operations : 0; // quick presses are one message
    wanted.push({ do: "step", operations: steps + operations });
    return go();
  };
  const go = () => (going ??= sent());
  async function sent() {
    while (wanted.length) await ui.ask(wanted.shift());
    going = null;
  }
  const button = (key, hint, onclick) => h("button", { "data-key": key, title: hint, onclick }, key);

  const start = button("Start", "To the start", () => goTo(0));
  const back = button("Back", "One operation back", () => step(-1));
  const play = button("Play", "Go on by itself", () => (timer ? stop() : next()));
  const on = button("On", "One operation on", () => step(1));
  const last = button("End", "To the end", () => goTo(end));
  const slider = h("input", {
    type: "range", min: 0, "data-key": "time", "aria-label": "Time line: operations done",
    oninput: () => goTo(Number(slider.value)),
  });
  const speed = h("select", { "aria-label": "Speed of playing" },
    ...SPEEDS.map((each) => h("option", { value: each, selected: each === 1 }, `${each} a second`)));
  const where = h("span", { class: "ml-where" });

  // Playing is a click on "On" every now and then, but never before the one before has been answered.
  function next() {
    if (position >= end) { stop(); return; }
    play.textContent = "Pause";
    const pause = new Promise((over) => { timer = setTimeout(over, 1000 / Number(speed.value)); });
    const mine = timer;
    Promise.all([step(1), pause]).then(() => { if (timer === mine) next(); });
  }
  function stop() {
    clearTimeout(timer);
    timer = null;
    play.textContent = "Play";
  }
  ui.cleanup(stop);

  function draw(picture) {
    ({ position, end } = picture);
    slider.max = end;
    if (!going) slider.value = position;
    slider.setAttribute("aria-valuetext", picture.where);
    where.textContent = picture.where;
    for (const control of [start, back]) control.setAttribute("aria-disabled", String(position === 0));
    for (const control of [on, last]) control.setAttribute("aria-disabled", String(position >= end));
    if (timer && position >= end) stop();
  }
  const el = h("div", { role: "group", "aria-label": "Time line", class: "ml-bar" },
    start, back, play, on, last, slider, speed, where);
  return { el, draw };
}

function lastOperation() {
  const call = h("div", { class: "ml-call" });
  const events = h("ol", { class: "ml-events", tabindex: 0, "aria-label": "Events of the last operation" });
  function draw({ operation, events: [left, words] }) {
    const before = left ? ` (with ${left} more events before these)` : "";
    call.textContent = (operation || "Nothing was done yet.") + before;
    events.replaceChildren(...words.map((line) => {
      const at = line.indexOf(": ");
      return h("li", {}, h("code", {}, line.slice(0, at)), line.slice(at));
    }));
    events.hidden = !words.length;
    events.setAttribute("start", left + 1);
  }
  const title = h("div", { class: "ml-title" }, "What the last operation did");
  return { el: h("div", { class: "ml-happened" }, title, call, events), draw };
}

// The window: a list of blocks to move in with the arrow keys.
function pageWindow(ui) {
  const name = newName();
  let shown = null; // picture.window
  let selected = null; // as asked for last; the next picture says what it is
  let drawn = null; // what the last picture had selected
  let current = null; // first page of the piece the arrow keys are at
  const title = h("div", { id: name, class: "ml-title" });
  const chosen = h("div", { class: "ml-chosen" });
  const list = listbox(name, "window", keys, { class: "ml-window" });
  const hint = h("div", { class: "ml-hint" },
    "Click a block to select it; click it again to free it. ",
    "By keyboard: arrow keys, Enter, Delete, Page Up, Page Down.");

  const indexOf = (pfn) => shown.pieces.findIndex(([first, pages]) => first <= pfn && pfn < first + pages);
  const isAllocated = ([, , code]) => lookName(code)[0] === "a";

  function choose(piece) {
    current = piece[0];
    const again = piece[0] === selected && isAllocated(piece);
    selected = again ? null : piece[0];
    ui.ask({ do: again ? "free" : "select", pfn: piece[0] });
    mark();
  }
  function keys() {
    const at = Math.max(0, indexOf(current));
    const piece = shown.pieces[at];
    const go = (next) => { current = next?.[0] ?? current; mark(); };
    const goTo = (pfn) => go(shown.pieces[indexOf(pfn)]);
    return {
      ArrowRight: () => go(shown.pieces[at + 1]),
      ArrowLeft: () => go(shown.pieces[at - 1]),
      ArrowDown: () => goTo(Math.max(piece[0], shown.first) + Math.max(shown.width, piece[1])),
      ArrowUp: () => goTo(piece[0] - shown.width),
      Home: () => go(shown.pieces[0]),
      End: () => go(shown.pieces.at(-1)),
      Enter: () => choose(piece),
      Delete: () => ui.ask({ do: "free", pfn: piece[0] }),
      ...pageKeys(ui),
    };
  }
  const mark = () => markCurrent(list, indexOf(current));
  function block(piece, index) {
    const [first, pages, code, words, touched] = piece;
    const from = Math.max(first, shown.first) - shown.first;
    const to = Math.min(first + pages, shown.first + shown.pages) - shown.first;
    const rows = shown.pages / shown.width;
    const percent = (part, whole) => `${100 * part / whole}%`;
    const style = [
      `left:${percent(from % shown.width, shown.width)}`,
      `width:${percent(Math.min(to - from, shown.width), shown.width)}`,
      `top:${percent(Math.floor(from / shown.width), rows)}`,
      `height:${percent(Math.max(1, Math.floor((to - from) / shown.width)), rows)}`,
    ].join(";");
    const letter = to - from >= 2 * shown.width || shown.width <= 64 ? ui.looks[lookName(code)]?.[1] ?? " " : "";
    const look = isHole(code) ? "ml-hole" : `ml-${lookName(code)}`;
    const css = `ml-piece ${look}${touched ? " ml-touched" : ""}`;
    return option(list, index, first === selected, words, () => choose(piece), { style, "data-pfn": first, class: css },
      letter, band(code));
  }
  function draw(picture) {
    if (drawn !== picture.selected && picture.selected !== null) current = picture.selected;
    shown = picture.window;
    selected = drawn = picture.selected;
    if (indexOf(current) < 0) current = shown.pieces[0][0];
    title.textContent = shown.title;
    chosen.textContent = picture.chosen;
    list.style.height = `${(shown.pages / shown.width) * (shown.width > 64 ? 9 : 26)}px`;
    list.classList.toggle("ml-fine", shown.width > 32);
    list.replaceChildren(...shown.pieces.map(block));
    mark();
  }
  return { el: h("div", { class: "ml-pages" }, title, list, chosen, hint), draw };
}

function tables() {
  const el = h("div", { class: "ml-facts" });
  const scrolled = new Map(); // name of a long list => how far it is scrolled

  // The pages of a list, with those marked that the last operation put there. One of more than six is scrolled.
  function list(name, pages, fresh) {
    const words = pages.split(" ");
    const parts = marked(words, fresh);
    if (words.length <= 6) return parts;
    return [h("div", {
      class: "ml-list", tabindex: 0, role: "group", "aria-label": name, "data-key": name,
      onscroll: (event) => scrolled.set(name, event.target.scrollTop),
    }, ...parts)];
  }
  function draw(picture) {
    const zone = picture.zones[picture.zone].split(":")[0];
    const free = ([order, lists]) => {
      const fresh = new Set(picture.fresh[order]);
      return [order, ...lists.map((pages, type) => list(`Order ${order}, ${picture.types[type]}`, pages, fresh))];
    };
    const inCpus = new Set(picture.fresh_in_cpus);
    const ofCpu = ([cpu, type, pages]) => [cpu, type, list(`${cpu.split(":")[0]}, ${type}`, pages, inCpus)];
    const { types, cpus, counters } = picture;
    el.replaceChildren(...[
      table(`Free lists of ${zone}, each from its head`, ["order", ...types], picture.free.map(free)),
      cpus && table(`Lists of the CPUs in ${zone}, each from its head`, ["CPU", "type", "pages"], cpus.map(ofCpu)),
      counters && table(`Counters of ${zone}`, ["counter", "of the zone", "not yet added by CPUs", "true"], counters),
    ].filter(Boolean));
    for (const [name, top] of scrolled) {
      const there = top && el.querySelector(`[data-key="${name}"]`);
      if (there) there.scrollTop = top;
    }
  }
  return { el, draw };
}

// Words with the fresh ones marked, as few parts.
function marked(words, fresh) {
  const parts = [];
  let plain = "";
  words.forEach((word, index) => {
    if (index) plain += " ";
    const page = words[index - 1] !== "and"; // of "and 344 more" no word is one
    if (page && fresh.has(word)) { parts.push(plain, h("mark", {}, word)); plain = ""; }
    else plain += word;
  });
  return [...parts, plain];
}
