// MachineView: maps of all zones, a window of pages as blocks, the lists, the counters, and a time line.

const SPEEDS = [0.5, 1, 2, 5, 10]; // operations a second

export default view((ui) => {
  const headline = h("div", { class: "ml-headline" });
  const mirror = h("div");
  const timeline = timeLine(ui);
  const maps = zoneMaps(ui);
  const window_ = pageWindow(ui);
  const key = h("ul", { class: "ml-key", "aria-label": "What the colours and letters mean" });
  const facts = h("div", { class: "ml-facts" });
  ui.el.append(headline, mirror, timeline.el, maps.el, window_.el, key, facts);

  return (picture, cells) => {
    if (!picture.window) return; // nothing was sent yet
    headline.textContent = picture.headline;
    mirror.textContent = `${picture.mirror} ${picture.scale}`;
    timeline.draw(picture);
    maps.draw(picture, cells);
    window_.draw(picture);
    key.replaceChildren(...keyTo(ui.looks, cells, picture.groups));
    facts.replaceChildren(...tables(picture));
  };
});

// -- The time line: step, play, speed, and a slider over all operations ---------------------------------------------

function timeLine(ui) {
  let picture = { position: 0, end: 0 };
  let wanted = null; // where the slider was dragged while an answer was still awaited
  let awaited = null;
  let timer = null;

  function goTo(position) {
    if (awaited !== null) { wanted = position; return; }
    if (position === picture.position) return;
    awaited = position;
    ui.ask({ do: "goto", position });
  }
  const step = (operations) => ui.ask({ do: "step", operations });
  const button = (key, label, text, onclick) => h("button", { "data-key": key, "aria-label": label, title: label, onclick }, text);

  const start = button("start", "To the start", "⏮", () => goTo(0));
  const back = button("back", "One operation back", "◀", () => step(-1));
  const play = button("play", "Play", "Play", () => (timer ? stop() : next()));
  const on = button("on", "One operation on", "▶", () => step(1));
  const end = button("end", "To the end", "⏭", () => goTo(picture.end));
  const slider = h("input", {
    type: "range", min: 0, "data-key": "time", "aria-label": "Time line: operations done",
    oninput: () => goTo(Number(slider.value)),
  });
  const speed = h("select", { "aria-label": "Speed of playing" },
    ...SPEEDS.map((each) => h("option", { value: each, selected: each === 1 }, `${each} a second`)));
  const where = h("div", { class: "ml-where" });
  const events = h("ol", { class: "ml-events", "aria-label": "Events of the last operation" });

  function next() {
    if (picture.position >= picture.end) { stop(); return; }
    play.textContent = "Pause";
    play.setAttribute("aria-label", "Pause");
    step(1);
    timer = setTimeout(next, 1000 / Number(speed.value));
  }
  function stop() {
    clearTimeout(timer);
    timer = null;
    play.textContent = "Play";
    play.setAttribute("aria-label", "Play");
  }
  ui.cleanup(stop);

  function draw(now) {
    picture = now;
    if (awaited === now.position) awaited = null;
    slider.max = now.end;
    if (awaited === null && wanted !== null) {
      const position = wanted;
      wanted = null;
      goTo(position);
    } else if (awaited === null) {
      slider.value = now.position;
    }
    slider.setAttribute("aria-valuetext", now.where);
    for (const [control, stuck] of [[start, !now.position], [back, !now.position], [on, now.position >= now.end], [end, now.position >= now.end]]) {
      control.setAttribute("aria-disabled", String(stuck));
    }
    where.textContent = `${now.where} ${now.operation}`;
    events.replaceChildren(...now.events.map((words) => h("li", {}, words)));
  }
  const el = h("div", { role: "group", "aria-label": "Time line", class: "ml-timeline" },
    h("div", { class: "ml-bar" }, start, back, play, on, end, slider, speed), where, events);
  return { el, draw };
}

// -- One map for each stretch of memory; a click, or the slider under it, brings its pages into the window ----------

function zoneMaps(ui) {
  const el = h("div", { class: "ml-maps" });
  let made = "";
  let maps = [];

  function draw(picture, cells) {
    const shape = JSON.stringify([picture.sections, picture.shift]);
    if (shape !== made) {
      made = shape;
      maps = picture.sections.map((section, index) => zoneMap(ui, section, picture.shift, index));
      el.replaceChildren(...maps.map((map) => map.el));
    }
    for (const map of maps) map.draw(picture, cells);
  }
  return { el, draw };
}

function zoneMap(ui, [zone, start, at, count], shift, index) {
  const rows = 32;
  let columns = 128;
  while (count > columns * rows && columns < 1024) columns *= 2;
  const wide = 1024 / columns;
  const high = count > columns * 64 ? 1 : 6;
  const band = high > 1 ? 2 : 0;
  let picture = null;

  const title = h("div");
  const look = (cell) => ui.ask({ do: "look", zone, pfn: start + cell * 2 ** shift });
  const canvas = h("canvas", { role: "img", onclick: (event) => {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / box.width * columns);
    const row = Math.floor((event.clientY - box.top) / box.height * Math.ceil(count / columns));
    look(Math.min(row * columns + column, count - 1));
  } });
  const classes = band ? null : h("canvas", { "aria-hidden": "true" }); // above a very fine map
  const slider = h("input", {
    type: "range", min: 0, "data-key": `map-${index}`,
    oninput: () => look(slider.value * picture.window.pages / 2 ** shift),
  });

  function draw(now, cells) {
    picture = now;
    const mine = cells.subarray(at, at + count);
    const first = (now.window.first - start) / 2 ** shift;
    const shown = now.window.pages / 2 ** shift;
    const here = now.zone === zone && first + shown > 0 && first < count;
    title.textContent = now.zones[zone];
    canvas.setAttribute("aria-label", `Map: ${now.zones[zone]}`);
    canvas.style.width = `${100 * Math.min(1, count / columns)}%`;
    drawCells(canvas, ui.looks, mine, columns, wide, high, band);
    if (here) outline(canvas, Math.max(0, Math.floor(first)), Math.min(count, Math.ceil(first + shown)), columns, wide, high + band);
    if (classes) drawCells(classes, ui.looks, mine.filter((_, cell) => cell % Math.ceil(count / 1024) === 0), 1024, 1, 0, 6);
    slider.max = Math.max(0, Math.ceil(count / shown) - 1);
    slider.value = here ? Math.round(first / shown) : 0;
    slider.setAttribute("aria-label", `Pages shown of ${now.zones[zone].split(":")[0]}`);
    slider.setAttribute("aria-valuetext", here ? now.window.title : "not shown");
  }
  return { el: h("div", { class: "ml-map" }, title, classes, canvas, slider), draw };
}

// Mark the cells that the window shows.
function outline(canvas, first, end, columns, wide, high) {
  const context = canvas.getContext("2d");
  context.strokeStyle = getComputedStyle(canvas).getPropertyValue("--mark");
  context.lineWidth = 2;
  for (let row = Math.floor(first / columns); row <= Math.floor((end - 1) / columns); row++) {
    const left = Math.max(first - row * columns, 0);
    const right = Math.min(end - row * columns, columns);
    context.strokeRect(left * wide + 1, row * high + 1, Math.max((right - left) * wide - 2, 1), high - 2);
  }
}

// -- The window: a list of blocks to move in with the arrow keys ----------------------------------------------------

function pageWindow(ui) {
  const unique = `ml-${Math.random().toString(36).slice(2)}`;
  let shown = null; // picture.window
  let selected = null;
  let current = null; // first page of the piece the arrow keys are at
  const title = h("div", { id: unique });
  const list = h("div", {
    class: "ml-window", role: "listbox", tabindex: 0, "aria-labelledby": unique, "data-key": "window",
    onkeydown: (event) => { if (press(event)) event.preventDefault(); },
  });
  const hint = h("div", { class: "ml-hint" },
    "Click a block to select it; click it again to free it. By keyboard: arrow keys, Enter, Delete, Page Up and Page Down.");

  const indexOf = (pfn) => shown.pieces.findIndex(([first, pages]) => first <= pfn && pfn < first + pages);
  const isAllocated = ([, , code]) => lookName(code)[0] === "a";

  function choose(piece) {
    current = piece[0];
    if (piece[0] === selected && isAllocated(piece)) ui.ask({ do: "free", pfn: piece[0] });
    else ui.ask({ do: "select", pfn: piece[0] });
    mark();
  }
  function press({ key }) {
    const at = Math.max(0, indexOf(current));
    const piece = shown.pieces[at];
    const to = {
      ArrowRight: () => shown.pieces[at + 1]?.[0],
      ArrowLeft: () => shown.pieces[at - 1]?.[0],
      ArrowDown: () => Math.max(piece[0], shown.first) + Math.max(shown.width, piece[1]),
      ArrowUp: () => piece[0] - shown.width,
      Home: () => shown.pieces[0][0],
      End: () => shown.pieces.at(-1)[0],
    }[key];
    if (to) {
      const next = shown.pieces[indexOf(to() ?? -1)];
      if (next) { current = next[0]; mark(); }
    } else if (key === "Enter" || key === " ") choose(piece);
    else if (key === "Delete") ui.ask({ do: "free", pfn: piece[0] });
    else if (key === "PageUp") ui.ask({ do: "move", windows: -1 });
    else if (key === "PageDown") ui.ask({ do: "move", windows: 1 });
    else return false;
    return true;
  }
  function mark() {
    const at = indexOf(current);
    [...list.querySelectorAll("[role=option]")].forEach((option, index) => option.classList.toggle("ml-current", index === at));
    if (at >= 0) list.setAttribute("aria-activedescendant", `${unique}-${at}`);
    else list.removeAttribute("aria-activedescendant");
  }
  function option(piece, index) {
    const [first, pages, code, words] = piece;
    const from = Math.max(first, shown.first) - shown.first;
    const to = Math.min(first + pages, shown.first + shown.pages) - shown.first;
    const rows = shown.pages / shown.width;
    const percent = (part, whole) => `${100 * part / whole}%`;
    const style = [
      `left:${percent(from % shown.width, shown.width)}`, `width:${percent(Math.min(to - from, shown.width), shown.width)}`,
      `top:${percent(Math.floor(from / shown.width), rows)}`,
      `height:${percent(Math.max(1, Math.floor((to - from) / shown.width)), rows)}`,
    ].join(";");
    const letter = ui.looks[lookName(code)]?.[1] ?? " ";
    return h("div", {
      role: "option", id: `${unique}-${index}`, style, title: words, "aria-label": words, "data-pfn": first,
      "aria-selected": String(first === selected), class: `ml-piece ${isHole(code) ? "ml-hole" : `ml-${lookName(code)}`}`,
      onclick: () => { list.focus({ preventScroll: true }); choose(piece); },
    }, h("span", { class: "ml-letter" }, letter), isHole(code) ? null : h("span", { class: `ml-band ml-${className(code)}` }));
  }
  function draw(picture) {
    const moved = shown && shown.first !== picture.window.first;
    if (selected !== picture.selected && picture.selected !== null) current = picture.selected;
    shown = picture.window;
    selected = picture.selected;
    if (indexOf(current) < 0) current = shown.pieces[0][0];
    title.textContent = moved === null ? "" : `${shown.title}`;
    list.style.height = `${(shown.pages / shown.width) * (shown.width > 64 ? 9 : 26)}px`;
    list.classList.toggle("ml-fine", shown.width > 32);
    list.replaceChildren(...shown.pieces.map(option));
    mark();
  }
  return { el: h("div", {}, title, list, hint), draw };
}

// -- Tables -----------------------------------------------------------------------------------------------------------

function tables(picture) {
  const zone = picture.zones[picture.zone].split(":")[0];
  return [
    table(`Free lists of ${zone}, each from its head`, ["order", ...picture.types],
      picture.free.map(([order, lists]) => [order, ...lists])),
    table(`Lists of the CPUs in ${zone}, each from its head`, ["CPU", "type", "pages"], picture.cpus),
    table(`Counters of ${zone}`, ["counter", "of the zone", "not yet added by CPUs", "true"], picture.counters),
  ];
}

function table(caption, head, rows) {
  const body = rows.length ? rows : [["nothing", ...head.slice(1).map(() => "")]];
  return h("div", { class: "ml-scroll", tabindex: 0, role: "region", "aria-label": caption },
    h("table", {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, ...head.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, ...body.map(([first, ...rest]) =>
        h("tr", {}, h("th", { scope: "row" }, String(first)), ...rest.map((cell) => h("td", {}, String(cell))))))));
}
