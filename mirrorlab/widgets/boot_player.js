// BootPlayer: memory from left to right, a row for each thing the kernel has by then, and a track with the stages.
// The stages seen so far are here: going through them needs no kernel. Python is told where we are, and asked for what
// comes next, other parts of memory and other machines.

const STEPS = { first: "To the start", back: "One stage back", next: "One stage on", last: "To the end" };
const NAMES = 112; // pixels of the rows' names
const LETTER = 7.6; // pixels of a letter, and a little more
const NARROW = 14; // pixels: no room for a letter
const DRAG = 5; // pixels from which on a press in the map is no click

export default view((ui) => {
  let card = null;
  return (picture) => {
    card ??= makeCard(ui, picture);
    card.draw(picture);
  };
});

function makeCard(ui, made) {
  const id = newName();
  let shown = null, pos = 0, waiting = "";
  let told = 0, asked = 0; // messages without an answer yet: on where we are; on what the learner waits for
  const tasks = taskList(made.tasks, isDone);
  const title = h("h3", {}), cmdline = h("code", {});
  const place = h("select", { "aria-label": "Part of memory shown", onchange: () => act({
    do: "show", ...(place.value === "all" ? { first: null } : part(...shown.places[place.value].slice(1))) }) });
  const round = (name, label, message) => h("button", { class: "btn round", "aria-label": label, title: label,
    "data-key": name, onclick: () => act(message) }, icon(name));
  const machine = machineChoice(act, id), more = h("div", { class: "more", id: `${id}-more`, hidden: true });
  const opens = (name, what, css) => {
    const button = h("button", { class: css, "aria-expanded": "false", "aria-controls": what.id, onclick: () => {
      what.hidden = !what.hidden;
      button.setAttribute("aria-expanded", String(!what.hidden));
    } }, name);
    return button;
  };
  const stage = h("span", { class: "sr" }), words = h("span"), say = h("p", { role: "status" }, stage, words);
  const map = bootMap(act);
  const key = h("ul", { class: "legend", "aria-label": "What the fills and letters mean" });
  const track = stageTrack(goTo);
  const root = h("section", { class: "card boot" },
    h("header", {}, title, cmdline, h("span", { class: "tools" }, place,
      round("closer", "Closer", { do: "closer" }), round("wider", "Wider", { do: "wider" }),
      opens("Another machine", machine.el, "btn far"), opens("Details", more, "btn"))),
    machine.el, tasks.el, h("div", { class: "say" }, say), map.el, key, track.el, more);
  ui.el.append(h("div", { class: "box" }, root));
  ui.cleanup(keysStayHere(root));
  ui.wait = (words) => { // where we are may be told later: nothing waits for that
    waiting = asked ? words : "";
    drawSay();
  };

  function act(message) {
    asked++;
    ui.ask(message).then(() => { asked--; });
  }
  function goTo(to) {
    const next = Math.min(Math.max(to, 0), shown.stages.length - 1);
    if (next === pos) return;
    if (shown.stages[next][1] === null) return act({ do: "goto", position: next }); // not seen yet
    told++;
    ui.ask({ do: "goto", position: next }).then(() => { told--; });
    shown = { ...shown, position: next, says: "" };
    arrive();
  }
  function arrive() {
    const from = pos;
    pos = shown.position;
    redraw(pos === from + 1);
    if (pos !== from) tasks.happened({ what: shown.stages[pos][0], way: pos < from ? "back" : "" });
  }
  function isDone([, what, number, way], event) {
    if (event.what !== what || (way && event.way !== way)) return false;
    return what !== "part" || !number || (event.first <= number && number < event.first + event.pages);
  }
  function drawSay() {
    const [name, caption] = shown.stages[pos];
    stage.textContent = `Stage ${pos + 1} of ${shown.stages.length}, ${name}: `; // the track shows it
    stage.hidden = !!(waiting || shown.says);
    words.textContent = waiting || shown.says || caption;
  }
  function redraw(isNew) {
    drawSay();
    map.draw(shown, pos, isNew);
    track.draw(shown.stages, pos);
    drawMore(more, shown, pos);
  }
  function drawPlace() {
    const [, name, line] = shown.booted, { window: here, places } = shown;
    root.setAttribute("aria-label", `${name} boots`);
    title.textContent = `${name} boots`;
    cmdline.textContent = line;
    const at = here && places.findIndex(([, first, pages]) => first === here[0] && pages === here[1]);
    const options = places.map(([words], number) => h("option", { value: number }, words));
    if (at === -1) options.push(h("option", { value: -1, disabled: true }, `${here[1].toLocaleString("en")} pages`));
    place.replaceChildren(h("option", { value: "all" }, "All memory"), ...options);
    place.value = at ?? "all";
    const looks = shown.legend.map(([look, letter, words]) => h("li", {},
      h("span", { class: `swatch t-${look}` }, letter), words));
    if (shown.mirrored.length) looks.push(h("li", {}, h("span", { class: "twin-line" }), "mirrored: kept twice"));
    if (shown.parts.length > 1) looks.push(h("li", {}, h("span", { class: "void" }), "no memory"));
    key.replaceChildren(...looks);
  }
  function draw(picture) {
    const before = shown;
    shown = told ? { ...picture, position: pos, says: "" } : picture;
    if (!before) pos = picture.position; // as the cell left it
    const [boots, name] = picture.booted, { window: here } = picture;
    const same = before && boots === before.booted[0] && String(here) === String(before.window);
    if (same && shown.position === pos) return drawSay(); // it knows what we have told it
    if (!same) drawPlace();
    machine.draw(picture);
    arrive();
    if (!before || same) return;
    if (boots !== before.booted[0]) tasks.happened({ what: "boot", way: name });
    else if (here) tasks.happened({ what: "part", first: here[0], pages: here[1] });
  }
  const observer = new ResizeObserver(() => requestAnimationFrame(() => shown && map.draw(shown, pos)));
  observer.observe(root);
  ui.cleanup(() => observer.disconnect());
  return { draw };
}

const part = (first, pages) => ({ first, pages });

// Which machine boots, and with which command line.
function machineChoice(act, id) {
  let boots = 0, machines = [];
  const typed = { "data-lm-suppress-shortcuts": "true" }; // JupyterLab leaves alone what is typed there
  const choice = h("select", { ...typed, onchange: () => {
    line.value = machines.find(([name]) => name === choice.value)[1]; // what the machine has of itself
  } });
  const boot = () => act({ do: "boot", machine: choice.value, cmdline: line.value });
  const line = h("input", { ...typed, type: "text", placeholder: "for example: mirrorable kernelcore=96M",
    spellcheck: "false", onkeydown: (event) => { if (event.key === "Enter") boot(); } });
  const el = h("div", { class: "ask", id: `${id}-machine`, role: "group", "aria-label": "What boots", hidden: true },
    h("label", {}, "machine ", choice), h("label", { class: "wide" }, "command line ", line),
    h("button", { class: "btn", onclick: boot }, "Boot again"));

  function draw({ booted, machines: all }) {
    if (boots === booted[0]) return; // what is typed stays
    machines = all;
    choice.replaceChildren(...all.map(([name]) => h("option", {}, name)));
    [boots, choice.value, line.value] = booted;
  }
  return { el, draw };
}

// -- Memory, from left to right ---------------------------------------------------------------------------------------

function bootMap(act) {
  let parts = [], press = null; // where a press in the map has begun: {at, x}, in percent and in pixels
  const ruler = h("div", { class: "ruler" }), rows = h("div", {}), holes = h("div", { class: "over" });
  const chosen = h("div", { class: "chosen", hidden: true });
  holes.append(chosen);
  const move = (windows) => () => act({ do: "move", windows });
  const keys = {
    ArrowLeft: move(-0.5), ArrowRight: move(0.5), PageUp: move(-1), PageDown: move(1),
    "+": () => act({ do: "closer" }), "-": () => act({ do: "wider" }), Home: () => act({ do: "show", first: null }),
  };
  const el = h("div", { class: "map", tabindex: 0, role: "group", "data-key": "map",
    title: "Click to come closer, or drag over a part. Keys: + and -, arrows, Home for all memory.",
    "aria-label": "Memory from left to right. Keys: plus and minus, arrows, Home for all of it.",
    onkeydown: (event) => {
      if (!keys[event.key] || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      keys[event.key]();
    },
    onpointerdown: (event) => {
      press = { at: percent(event), x: event.clientX };
      if (press.at < 0) press = null;
    },
    onpointermove: (event) => {
      if (!press) return;
      const [left, right] = [press.at, percent(event)].sort((a, b) => a - b);
      chosen.hidden = Math.abs(event.clientX - press.x) < DRAG;
      chosen.style.cssText = `left:${left}%;width:${right - left}%`;
    },
    onpointerup: (event) => {
      if (!press) return;
      const [left, right] = [press.at, percent(event)].sort((a, b) => a - b).map(pageAt);
      const dragged = !chosen.hidden;
      letGo();
      if (!dragged) act({ do: "closer", pfn: left });
      else act({ do: "show", ...part(left, Math.max(right - left, 1)) });
    },
    onpointerleave: () => letGo(),
  }, ruler, h("div", { class: "rows" }, holes, rows));
  const letGo = () => {
    press = null;
    chosen.hidden = true;
  };
  const percent = ({ clientX }) => {
    const { left, width } = holes.getBoundingClientRect();
    return Math.min(((clientX - left) / width) * 100, 100);
  };
  // The page at a place; in a hole, the nearest.
  function pageAt(at) {
    const away = ([left, width]) => Math.max(left - at, at - left - width, 0);
    const [left, width, first, pages] = parts.reduce((best, each) => (away(each) < away(best) ? each : best));
    return first + Math.min(Math.max(Math.floor(((at - left) / width) * pages), 0), pages - 1);
  }

  function draw({ parts: now, rows: all, mirrored, window: here }, pos, isNew) {
    parts = now;
    const room = (el.clientWidth || 900) - NAMES;
    const stay = (event) => event.stopPropagation();
    const wide = (share, words) => (share * room) / 100 > (words.length > 1 ? words.length * LETTER + 6 : NARROW);
    ruler.replaceChildren(
      ...(here ? [["‹", "To lower pages", -0.5], ["›", "To higher pages", 0.5]] : []).map(([sign, words, windows]) =>
        h("button", { class: "btn far", "aria-label": words, title: words, "data-key": words, onclick: move(windows),
          onpointerdown: stay, onpointerup: stay }, sign)),
      h("div", { class: "over" }, ...now.flatMap(([left, width, , , from, to]) => [
        h("span", { style: `left:${left}%` }, from),
        wide(width, `${from}  ${to}`) ? h("span", { class: "end", style: `left:${left + width}%` }, to) : null,
      ]).filter(Boolean)));
    holes.replaceChildren(chosen, ...now.slice(1).map(([left], at) => {
      const end = now[at][0] + now[at][1];
      return h("i", { class: "void", style: `left:${end}%;width:${left - end}%` });
    }));
    rows.replaceChildren(...all.map((row) => drawRow(row, pos, mirrored, wide)));
    const fresh = isNew && !calm() ? rows.querySelectorAll(".fresh .bar") : [];
    for (const bar of fresh) {
      bar.animate([{ clipPath: "inset(0 100% 0 0)" }, { clipPath: "inset(0)" }], { duration: 400, easing: "ease-out" });
    }
  }
  return { el, draw };
}

function drawRow([name, numbers, versions], pos, mirrored, wide) {
  const number = numbers[pos];
  if (number === null) {
    return h("div", { class: "lane" }, h("span", { class: "name" }, name), h("div", { class: "bar" }, "not yet"));
  }
  const fresh = number !== (numbers[pos - 1] ?? null), pieces = versions[number];
  const words = pieces.slice(0, 12).map((piece) => piece[5]).join("; ") || "nothing";
  const rest = pieces.length > 12 ? `; and ${pieces.length - 12} more` : "";
  const written = (share, look, letter, long) => [long, look.startsWith("plain") ? "" : letter]
    .find((each) => wide(share, each)) ?? "";
  return h("div", { class: `lane${fresh ? " fresh" : ""}` },
    h("span", { class: "name" }, name, fresh ? h("span", { class: "sr" }, " (new or changed)") : null),
    h("div", { class: "bar", role: "img", "aria-label": `${name}: ${words}${rest}` },
      ...pieces.map(([left, width, look, letter, long, title]) => h("span", {
        class: `piece t-${look}${wide(width, "") ? "" : " narrow"}`, title,
        style: `left:${left}%;width:max(1px, calc(${width}% - 1px))`,
      }, written(width, look, letter, long))),
      ...mirrored.map(([left, width]) => h("i", { class: "twice", style: `left:${left}%;width:${width}%` }))));
}

// -- The stages, to step through or to go to --------------------------------------------------------------------------

function stageTrack(goTo) {
  let last = 1, pos = 0;
  const keys = h("div", { class: "keys" }, ...Object.entries(STEPS).map(([key, label]) => h("button", {
    class: `btn round${key === "next" ? " main" : ""}`, "data-to": key, "aria-label": label, title: label,
    onclick: () => goTo({ first: 0, back: pos - 1, next: pos + 1, last }[key]) }, icon(key))));
  const run = h("div", { class: "run" }), ticks = h("div", { class: "ticks" }), thumb = h("div", { class: "thumb" });
  const track = h("div", { class: "track", role: "slider", tabindex: 0, "aria-label": "Stages of the boot",
    "aria-valuemin": 1, onkeydown: (event) => {
      const to = {
        ArrowRight: pos + 1, ArrowUp: pos + 1, ArrowLeft: pos - 1, ArrowDown: pos - 1, Home: 0, End: last,
      };
      if (to[event.key] === undefined) return;
      event.preventDefault();
      goTo(to[event.key]);
    }, onpointerdown: (event) => {
      const { left, width } = track.getBoundingClientRect();
      goTo(Math.round(((event.clientX - left) / width) * last));
    } }, h("div", { class: "line" }), run, ticks, thumb);

  function draw(stages, now) {
    pos = now;
    last = stages.length - 1;
    const x = (at) => `left:${(at / last) * 100}%`;
    ticks.replaceChildren(...stages.flatMap(([name], at) => [
      h("i", { class: `op${at <= pos ? " past" : ""}`, style: x(at) }),
      h("em", { class: at === pos ? "now" : "", style: x(at) }, name)]));
    run.style.width = thumb.style.left = `${(pos / last) * 100}%`;
    track.setAttribute("aria-valuemax", last + 1);
    track.setAttribute("aria-valuenow", pos + 1);
    track.setAttribute("aria-valuetext", stages[pos].join(": "));
    const off = { first: !pos, back: !pos, next: pos === last, last: pos === last };
    for (const button of keys.children) button.setAttribute("aria-disabled", String(off[button.dataset.to]));
  }
  return { el: h("div", { class: "time" }, keys, track), draw };
}

// -- Details: the tables and the log ----------------------------------------------------------------------------------

function drawMore(more, { booted, window: here, tables, log }, pos) {
  const state = JSON.stringify([pos, booted, here]);
  if (more.dataset.of === state) return; // what was opened stays open
  more.dataset.of = state;
  const lines = log.filter(([, at]) => at <= pos).map(([line, at]) =>
    h("div", at === pos ? { class: "fresh" } : {}, `${at === pos ? "+" : " "} ${line}`));
  more.replaceChildren(...tables.filter(([, numbers]) => numbers[pos] !== null).map((each) => folded(each, pos)),
    h("h3", {}, "What the kernel has printed (+: at this stage)"),
    h("div", { class: "log", tabindex: 0, role: "region", "aria-label": "Log of the kernel" }, ...lines));
}

function folded([name, numbers, versions], pos) {
  const [head, rows, left] = versions[numbers[pos]], number = numbers[pos - 1] ?? null;
  const before = new Set(number === null ? [] : versions[number][1].map(String));
  const isNew = number !== numbers[pos];
  const row = (cells) => {
    const [first, ...rest] = cells, fresh = isNew && !before.has(String(cells));
    return h("tr", fresh ? { class: "fresh" } : {}, h("th", { scope: "row" }, fresh ? `+ ${first}` : first),
      ...rest.map((cell) => h("td", {}, cell)));
  };
  return h("details", { open: isNew },
    h("summary", { "data-key": `table-${name}` }, name, isNew ? h("span", { class: "new" }, "new or changed") : null),
    rows.length ? scrolledTable(name, "", head, rows.map(row)) : h("div", {}, "empty"),
    left ? h("div", {}, `and ${left} more rows`) : null);
}
