// What every view's script uses. Python puts this text in front of the view's own script.

// An element: h("button", {class: "x", onclick: f, "aria-label": "y"}, "text", child, ...).
function h(tag, attributes = {}, ...children) {
  const svg = ["svg", "g", "rect", "path", "pattern", "defs", "text"].includes(tag);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// The widget that anywidget wants. `start(ui)` builds what stays, and returns what draws: (picture, cells) => ...
// ui: {el, model, looks, ask(message), cleanup(f), label}. Under everything there is a line that is also spoken.
function view(start) {
  return {
    render({ model, el }) {
      const cleanups = [];
      const listen = (event, listener) => {
        model.on(event, listener);
        cleanups.push(() => model.off(event, listener));
      };
      el.classList.add("ml-drawing");
      const said = h("div", { class: "ml-said", role: "status", "aria-live": "polite" }, model.get("said")[1]);
      const note = h("div", { class: "ml-note", hidden: true });
      const content = h("div");
      el.append(said, note, content);

      const ui = {
        el: content,
        model,
        looks: model.get("looks"),
        ask: (message) => {
          try { model.send(message); } catch { saved(); }
        },
        cleanup: (action) => cleanups.push(action),
      };
      function saved() {
        note.hidden = false;
        note.textContent = "This is a saved picture. Run the cell above it to use its controls.";
      }
      // Who answers "hello" is a running kernel; a saved picture gets no answer.
      const silence = setTimeout(saved, 5000);
      listen("msg:custom", (message) => {
        if (message.here) { clearTimeout(silence); note.hidden = true; }
      });
      cleanups.push(() => clearTimeout(silence));

      const draw = start(ui);
      let cells = new Uint8Array(0);
      let based = null;
      let queued = false;
      function redraw() {
        queued = false;
        if (based !== model.get("pages") || model.get("changes").byteLength || cells.length) {
          based = model.get("pages");
          cells = withChanges(based, model.get("changes"));
        }
        keepingFocus(content, () => draw(model.get("picture"), cells));
      }
      const soon = () => {
        if (!queued) { queued = true; queueMicrotask(redraw); }
      };
      for (const name of ["picture", "pages", "changes"]) listen(`change:${name}`, soon);
      listen("change:said", () => { said.textContent = model.get("said")[1]; });
      cleanups.push(onThemeChange(redraw));
      redraw();
      ui.ask({ do: "hello" });
      return () => cleanups.forEach((cleanup) => cleanup());
    },
  };
}

function bytes(view) {
  return new Uint8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength);
}

// A map with its changes put in: runs of first cell (4 bytes), cells (4 bytes), code (1 byte), lowest byte first.
function withChanges(pages, changes) {
  const cells = bytes(pages).slice();
  const runs = bytes(changes);
  const data = new DataView(runs.buffer, runs.byteOffset, runs.byteLength);
  for (let at = 0; at < runs.length; at += 9) {
    const first = data.getUint32(at, true);
    cells.fill(runs[at + 8], first, first + data.getUint32(at + 4, true));
  }
  return cells;
}

// Redraw, and give the focus back to the element with the same data-key, if it is still there.
function keepingFocus(content, redraw) {
  const active = content.contains(document.activeElement) ? document.activeElement : null;
  const key = active?.dataset.key;
  redraw();
  if (key && !active.isConnected) content.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

// Call back when light turns to dark or back; returns what ends it.
function onThemeChange(callback) {
  const watcher = new MutationObserver(callback);
  watcher.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", callback);
  return () => { watcher.disconnect(); dark.removeEventListener("change", callback); };
}

const stillness = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// -- Maps ---------------------------------------------------------------------------------------------------------

const kindOf = (code) => code & 15;
const isHole = (code) => kindOf(code) === 0;
const className = (code) => `c${(code >> 4) & 3}`;
const lookName = (code) => (kindOf(code) === 3 ? `a${code >> 6}` : `k${kindOf(code)}`);

// Fill styles for a canvas, colour and pattern, in the present theme: name of a look => style.
function painter(context, looks, element) {
  const style = getComputedStyle(element);
  const made = new Map();
  const tile = (fill, ink, pattern) => {
    if (!pattern) return fill;
    const canvas = h("canvas", { width: 8, height: 8 });
    const small = canvas.getContext("2d");
    small.fillStyle = fill;
    small.fillRect(0, 0, 8, 8);
    small.strokeStyle = ink;
    small.globalAlpha = 0.45;
    small.stroke(new Path2D(pattern));
    return context.createPattern(canvas, "repeat");
  };
  return (name) => {
    if (!made.has(name)) {
      const colour = (variable) => style.getPropertyValue(variable).trim();
      made.set(name, tile(colour(`--${name}`), colour(`--${name}-ink`), looks[name][2]));
    }
    return made.get(name);
  };
}

// Draw cells in rows on a canvas, each `wide` by `high`; under each row a band shows the class of the memory.
function drawCells(canvas, looks, cells, columns, wide, high, band) {
  const rows = Math.max(1, Math.ceil(cells.length / columns));
  const pitch = high + band;
  if (canvas.width !== columns * wide) canvas.width = columns * wide;
  if (canvas.height !== rows * pitch) canvas.height = rows * pitch;
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  const paint = painter(context, looks, canvas);
  for (let row = 0; row < rows; row++) {
    const end = Math.min((row + 1) * columns, cells.length);
    for (let at = row * columns; at < end; ) {
      const code = cells[at];
      let next = at + 1;
      while (next < end && cells[next] === code) next++;
      if (!isHole(code)) {
        const left = (at - row * columns) * wide;
        const width = (next - at) * wide;
        context.fillStyle = paint(lookName(code));
        context.fillRect(left, row * pitch, width, high);
        context.fillStyle = paint(className(code));
        context.fillRect(left, row * pitch + high, width, band);
      }
      at = next;
    }
  }
}

// A key: what each look among the cells means. words: what the owners' groups are called.
function keyTo(looks, cells, words = []) {
  const there = [...new Set(cells)].filter((code) => !isHole(code));
  const names = [...new Set(there.map(lookName))].sort((a, b) => a[0].localeCompare(b[0]) || a.slice(1) - b.slice(1));
  const classes = [...new Set(there.map(className))].sort();
  return [...names, ...classes].map((name) => {
    const group = name[0] === "a" ? words[name.slice(1)] : "";
    return h("li", {},
      h("span", { class: `ml-swatch ml-${name}`, "aria-hidden": "true" }, looks[name][1]),
      looks[name][0] + (group ? ` by ${group}` : ""));
  });
}
