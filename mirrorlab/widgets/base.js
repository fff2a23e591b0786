// What every view's script uses. Python puts this text in front of the view's own script.

// An element: h("button", {class: "x", onclick: f, "aria-label": "y"}, "text", child, ...).
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const LATE = 300; // milliseconds after which one is told what one waits for
const SILENCE = 5000; // after which there is no kernel
const WAIT = "Waiting for the running cell.";
const SAVED = "This is a saved picture. Run the cell above it to use its controls.";
const RESTARTED = "The kernel was restarted: run the cells of this notebook again.";

// The widget that anywidget wants. `start(ui)` builds what stays, and returns what draws: (picture, cells) => ...
// ui: {above, el, looks, manager, ask(message), wait(words), cleanup(f)}; ask returns a promise of what Python answers
// when it has done it; wait is called with what one waits for, and with "" when that is over.
// Controls go to `above`; between it and `el` there is a line that is also spoken. savedNote: where no kernel answers.
function view(start, savedNote = SAVED) {
  return {
    render({ model, el }) {
      const cleanups = [];
      const waiting = new Map(); // number of a message => what to call when it is answered
      const listen = (event, listener) => {
        model.on(event, listener);
        cleanups.push(() => model.off(event, listener));
      };
      el.classList.add("ml-drawing");
      const said = h("div", { class: "ml-said", role: "status", "aria-live": "polite" }, model.get("said")[1]);
      const note = h("div", { class: "ml-note", hidden: true });
      const above = h("div");
      const content = h("div");
      el.append(above, said, note, content);

      const ui = {
        above,
        el: content,
        looks: model.get("looks"),
        manager: model.widget_manager,
        ask: (message) => new Promise((answered) => {
          const number = Math.random();
          const late = setTimeout(() => { if (heard && !gone) ui.wait(WAIT); }, LATE);
          waiting.set(number, (answer) => {
            clearTimeout(late);
            if (waiting.size === 0) ui.wait("");
            answered(answer);
          });
          try { model.send({ ...message, number }); } catch { noKernel(SAVED); }
        }),
        wait: (words) => { said.textContent = words || model.get("said")[1]; },
        cleanup: (action) => cleanups.push(action),
        context: () => model.widget_manager.context, // of the notebook; undefined outside of JupyterLab
      };
      let heard = false; // whether a kernel has answered
      let gone = ""; // why there is none
      function noKernel(words) {
        note.hidden = false;
        note.textContent = gone ||= words === SAVED ? savedNote : words;
      }
      // Who answers "hello" is a running kernel; a saved picture gets no answer.
      const session = model.widget_manager.context?.sessionContext; // none outside of JupyterLab
      const silent = () => {
        if (session?.session?.kernel?.status === "busy") silence = setTimeout(silent, SILENCE);
        else noKernel(SAVED);
      };
      let silence = setTimeout(silent, SILENCE);
      listen("msg:custom", ({ answered, answer }) => {
        heard = true;
        gone = "";
        clearTimeout(silence);
        note.hidden = true;
        const then = waiting.get(answered);
        waiting.delete(answered);
        then?.(answer);
      });
      cleanups.push(() => clearTimeout(silence));
      if (session) {
        const restarted = (_, status) => { if (status.endsWith("restarting") && heard) noKernel(RESTARTED); };
        const changed = (_, { oldValue }) => { if (oldValue && heard) noKernel(RESTARTED); };
        session.statusChanged.connect(restarted);
        session.kernelChanged.connect(changed);
        cleanups.push(() => {
          session.statusChanged.disconnect(restarted);
          session.kernelChanged.disconnect(changed);
        });
      }
      // Controls above the drawing ask by themselves; this asks when they are done.
      const used = ({ target }) => {
        const here = target.closest?.(".mirrorlab")?.contains(el) && !el.contains(target);
        if (here && target.closest("button, select, input")) ui.ask({ do: "wait" });
      };
      for (const event of ["click", "change"]) {
        document.body.addEventListener(event, used);
        cleanups.push(() => document.body.removeEventListener(event, used));
      }

      const draw = start(ui);
      let cells, pages, changes;
      let queued = false;
      function redraw() {
        queued = false;
        if (pages !== model.get("pages") || changes !== model.get("changes")) {
          [pages, changes] = [model.get("pages"), model.get("changes")];
          cells = withChanges(pages, changes);
        }
        const picture = model.get("picture"); // empty: nothing was sent yet
        if (Object.keys(picture).length) keepingFocus(el, () => draw(picture, cells));
      }
      const soon = () => {
        if (model.widget_manager.context?.model) model.widget_manager.context.model.dirty = true; // worth saving
        if (!queued) { queued = true; queueMicrotask(redraw); }
      };
      for (const name of ["picture", "pages", "changes"]) listen(`change:${name}`, soon);
      listen("change:said", () => { said.textContent = model.get("said")[1]; });
      cleanups.push(onThemeChange(redraw), keysStayHere(el));
      keptWhenSaved(model);
      redraw();
      ui.ask({ do: "hello" });
      return () => cleanups.forEach((cleanup) => cleanup());
    },
  };
}

// Put into a saved notebook what is to be seen in it. JupyterLab by itself keeps only an empty place for each widget.
function keptWhenSaved(model) {
  const manager = model.widget_manager;
  const context = manager.context; // none outside of JupyterLab
  if (!context?.saveState || context.keepsOurs) return;
  context.keepsOurs = true; // once for a notebook
  context.saveState.connect((_, stage) => {
    if (stage !== "started") return;
    const kept = manager.get_state_sync({ drop_defaults: true });
    kept.state = shownOf(kept.state, context.model.cells);
    context.model.setMetadata("widgets", { "application/vnd.jupyter.widget-state+json": kept });
  });
}

// Of all widgets' states those in the outputs of cells, with their parts: what was shown earlier is left out.
function shownOf(states, cells) {
  const shown = {};
  const take = (name) => {
    if (!states[name] || shown[name]) return;
    shown[name] = states[name];
    for (const [, part] of JSON.stringify(states[name]).matchAll(/IPY_MODEL_(\w+)/g)) take(part);
  };
  const outputs = [...cells].flatMap((cell) => cell.outputs?.toJSON() ?? []);
  for (const { data } of outputs) take(data?.["application/vnd.jupyter.widget-view+json"]?.model_id);
  return shown;
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
function keepingFocus(el, redraw) {
  const active = el.contains(document.activeElement) ? document.activeElement : null;
  const key = active?.dataset.key;
  redraw();
  if (key && !active.isConnected) el.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

// Call back when light turns to dark or back; returns what ends it.
function onThemeChange(callback) {
  const watcher = new MutationObserver(callback);
  watcher.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", callback);
  return () => { watcher.disconnect(); dark.removeEventListener("change", callback); };
}

// Keep plain keys pressed in a view from JupyterLab, which would move to another cell; returns what ends it.
function keysStayHere(el) {
  const keep = (event) => {
    const ours = event.target.closest?.(".mirrorlab")?.contains(el);
    if (ours && !event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
  };
  document.body.addEventListener("keydown", keep);
  return () => document.body.removeEventListener("keydown", keep);
}

// A table that is scrolled where there is little room. head: its names; rows: its <tr>; caption: above it, or "".
function scrolledTable(name, caption, head, rows, attributes = {}) {
  const columns = head.map((title) => (title ? h("th", { scope: "col" }, title) : h("td")));
  const key = `rows of ${name}`;
  return h("div", { class: "ml-scroll", tabindex: 0, role: "region", "aria-label": name, "data-key": key },
    h("table", attributes, caption ? h("caption", {}, caption) : null,
      h("thead", {}, h("tr", {}, ...columns)), h("tbody", {}, ...rows)));
}

// The same, each row beginning with its name; a cell is text, or a list of parts.
function table(caption, head, rows) {
  const body = rows.length ? rows : [["nothing", ...head.slice(1).map(() => "")]];
  const parts = (cell) => [cell].flat().map((part) => (part.nodeType ? part : String(part)));
  return scrolledTable(caption, caption, head, body.map(([first, ...rest]) =>
    h("tr", {}, h("th", { scope: "row" }, String(first)), ...rest.map((cell) => h("td", {}, ...parts(cell))))));
}

// -- Lists to move in with the arrow keys ---------------------------------------------------------------------------

const newName = () => `ml-${Math.random().toString(36).slice(2)}`; // for an id

// A list named by the element with the id `name`. keys(list): what each key does; the space bar does as Enter.
function listbox(name, key, keys, attributes) {
  const onkeydown = (event) => {
    const act = keys(event.currentTarget)[event.key === " " ? "Enter" : event.key];
    if (act) event.preventDefault();
    act?.();
  };
  return h("div", {
    role: "listbox", tabindex: 0, "aria-labelledby": name, "data-key": key, ...attributes, onkeydown,
  });
}

// An option of a list. words: what it is, to be seen and heard.
function option(list, at, selected, words, choose, attributes, ...children) {
  return h("div", {
    role: "option", id: `${list.getAttribute("aria-labelledby")}-${at}`, "aria-selected": String(selected),
    title: words, "aria-label": words, ...attributes,
    onclick: () => { list.focus({ preventScroll: true }); choose(); },
  }, ...children);
}

// Mark the option of a list that the arrow keys are at; -1: none.
function markCurrent(list, at) {
  [...list.children].forEach((each, index) => each.classList.toggle("ml-current", index === at));
  if (at >= 0) list.setAttribute("aria-activedescendant", list.children[at].id);
  else list.removeAttribute("aria-activedescendant");
}

// -- Maps ---------------------------------------------------------------------------------------------------------

const kindOf = (code) => code & 15;
const isHole = (code) => kindOf(code) === 0;
const className = (code) => `c${(code >> 4) & 3}`;
const lookName = (code) => (kindOf(code) === 3 ? `a${code >> 6}` : `k${kindOf(code)}`);

// The band at the foot of a page that shows the class of its memory; unmirrored memory has none.
function band(code) {
  return isHole(code) || className(code) === "c0" ? null : h("span", { class: `ml-band ml-${className(code)}` });
}

function swatch(look, letter) {
  return h("span", { class: `ml-swatch ml-${look}`, "aria-hidden": "true" }, letter);
}

// A key: what each look among the cells means. words: what the owners' groups are called.
function keyTo(looks, cells, words = [], nameOf = lookName) {
  const there = [...new Set(cells)].filter((code) => !isHole(code));
  const names = [...new Set(there.map(nameOf))].sort((a, b) => a[0].localeCompare(b[0]) || a.slice(1) - b.slice(1));
  const classes = [...new Set(there.map(className))].sort();
  return [...names, ...classes].map((name) => {
    const group = name[0] === "a" ? words[name.slice(1)] : "";
    const band = name[0] !== "c" ? "" : name === "c0" ? "no line: " : "line below: ";
    return h("li", {}, swatch(name, looks[name][1]), band + looks[name][0] + (group ? ` by ${group}` : ""));
  });
}
