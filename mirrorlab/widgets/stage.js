// The stage: one picture of memory and its free lists, and a track on which each cut and each merge is a step.
// What was seen of the story is here; Python is asked for what changes it, and for the steps of operations far away.

const KINDS = {
  take: ["find", ""], cut: ["cut", "go"], give: ["yours", ""], back: ["freed", ""], merge: ["merge", "go"],
  put: ["listed", ""], fail: ["failed", "stop"], steal: ["taken over", "go"], move: ["moved", ""],
  refill: ["refill", ""], stock: ["stocked", ""], drain: ["drain", ""], refuse: ["not here", "stop"],
  slow: ["slow path", "stop"],
  retry: ["again", ""], pass: ["here", ""], shares: ["shares", ""],
};
const SPEEDS = { slow: 1700, normal: 950, fast: 480 };
const KEYS = {
  first: "To the start", back: "One step back", play: "Play", next: "One step on", last: "To the end",
};
const MOST = 48; // steps on the track, or what the present operation and its neighbours have
const MOST_ROWS = 7; // of lists: that many have room
const AHEAD = 8; // operations asked for, on either side
const many = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
const pagesIn = (count) => `${count} page${count === 1 ? "" : "s"}`;

export default view((ui) => {
  let stage = null;
  return (picture) => {
    stage ??= makeStage(ui, picture);
    stage.draw(picture);
  };
});

function makeStage(ui, made) {
  const { pages, types } = made;
  let { window: windowAt, start, mirrored } = made; // where the window is: its first page, and that in its zone
  const id = newName();
  const known = new Map(), coming = new Map(), code = {}; // by operation: {name, frames}; a promise of it
  const orders = made.orders;
  let begin = made.begin, branches = made.branches, end = 0; // as Python told last; end: how many operations there are
  let frames = [], from = -1, to = -1; // those on the track: of the operations `from` to `to`; -1 is the state at first
  let pos = -1, shown = null; // which of them, and the one that was drawn
  let columns = 48; // of the code
  let timer = 0, pick = null, branch = null, waiting = "", wanted = null;

  // -- What stays --
  const tasks = taskList(made.tasks, isDone);
  const sizes = h("span", { class: "seg size", role: "group", "aria-labelledby": `${id}-o` }, ...orders.map((order) =>
    h("button", {
      "aria-pressed": String(order === (orders.includes(2) ? 2 : orders[0])), "data-order": order,
      title: `order ${order}`,
      "aria-label": `order ${order}: ${pagesIn(2 ** order)}`, onclick: choose,
    }, String(2 ** order))));
  const whats = h("span", {
    class: "seg who", role: "group", "aria-label": "which memory", hidden: made.ask.length < 2,
  }, ...made.ask.map((word, at) =>
    h("button", { "aria-pressed": String(!at), "data-ask": word, onclick: choose }, word)));
  const asked = h("span", { class: "as", "aria-hidden": "true" });
  const allocateButton = h("button", { class: "btn primary alloc", onclick: allocate }, "Allocate");
  const cpu = h("select", { "aria-label": "CPU", hidden: made.cpus.length < 2 }, ...made.cpus.map((number) =>
    h("option", { value: number }, `CPU ${number}`)));
  const drain = h("button", { class: "btn drain", hidden: !made.cpus.length, title: "Empty this CPU's lists",
    onclick: () => act("draining", { what: "drain" }, { do: "drain" }) }, "Drain");
  const legend = h("ul", { class: "legend" });
  const say = h("div", { class: "say" });
  const strip = h("div", { class: "strip", role: "group", "aria-label": "Memory, by address", onclick: clicked,
    onkeydown: stripKeys });
  const lists = h("div", { class: "lists", role: "group", "aria-label": "Free lists", tabindex: 0 });
  const codeBox = h("div", { class: "code" });
  const lower = h("div", { class: "lower" }, lists, codeBox);
  const keys = h("div", { class: "keys" }, ...Object.entries(KEYS).map(([key, label]) =>
    h("button", { class: `btn round${key === "play" ? " main" : ""}`, "data-to": key, "aria-label": label, title: label,
      onclick: () => press(key) }, icon(key))));
  const run = h("div", { class: "run" }), ticks = h("div", { class: "ticks" }), thumb = h("div", { class: "thumb" });
  const track = h("div", {
    class: "track", role: "slider", tabindex: 0, "aria-label": "Time: operations and their steps",
    "aria-valuemin": 0, onkeydown: trackKeys, onpointerdown: drag,
  }, h("div", { class: "line" }), run, ticks, thumb);
  const earlier = h("button", { class: "btn far", onclick: () => press("earlier") });
  const later = h("button", { class: "btn far", onclick: () => press("later") });
  const speed = h("select", { "aria-label": "speed" }, ...Object.keys(SPEEDS).map((word) =>
    h("option", { selected: word === "normal" }, word)));
  const toCode = h("button", { class: "btn round tocode", "aria-pressed": "true", "aria-label": "Show the code",
    title: "Code", onclick: () => showCode(toCode.getAttribute("aria-pressed") !== "true") }, icon("code"));
  const more = h("div", { class: "more", hidden: true });
  const toMore = h("button", { class: "btn round todetails", "aria-expanded": "false", "aria-label": "Details",
    title: "Details", onclick: () => {
      more.hidden = !more.hidden;
      toMore.setAttribute("aria-expanded", String(!more.hidden));
    } }, icon("more"));
  const ghosts = h("div", { class: "ghosts", "aria-hidden": "true" });
  const marks = [0, 0.25, 0.5, 0.75, 1].map((part) =>
    h("span", { style: `left:${part * 100}%`, "aria-hidden": "true", "data-part": part }));
  const pageBlocks = h("b", { class: "pageblocks" }); // their types, right of where each begins
  const twice = () => mirrored.some(([from, to]) => from < pages && to > 0);
  const rails = h("div", { class: "rails", "aria-hidden": "true" });
  const map = made.map && memoryMap(ui, types, pages, (words) => {
    waiting = words;
    drawSay();
  });
  const root = h("section", { class: `stage card${map ? " mapped" : twice() ? " doubled" : ""}`,
    style: `--pages:${pages}`, onkeydown: space },
  tasks.el, h("div", { class: "ask", hidden: !made.ask.length },
    h("span", { id: `${id}-o` }, "Ask for"), sizes, asked, whats, cpu, allocateButton, drain, legend),
  say, map?.el, h("div", { class: "ruler" }, ...marks, pageBlocks), strip, rails, lower,
  h("div", { class: "time" }, keys, earlier, track, later, speed, toCode, toMore), more, ghosts);
  ui.el.append(h("div", { class: "box" }, root));
  ui.cleanup(() => clearTimeout(timer));
  ui.wait = (words) => {
    if (!words && wanted) return; // it goes where it was asked to
    waiting = words;
    drawSay();
  };
  ui.cleanup(keysStayHere(root));

  // -- Drawing --
  const state = () => frames[pos];
  const blockAt = (at, frame = state()) => frame.blocks.find(([first]) => first === at);
  const name = (pfn) => `+${start + pfn}`;
  const mirroredIn = (first, count) => mirrored.reduce((sum, [from, to]) =>
    sum + Math.max(0, Math.min(to, first + count) - Math.max(from, first)), 0);
  const within = (first, end) => mirrored.map(([from, to]) => [Math.max(from, first), Math.min(to, end)])
    .filter(([from, to]) => from < to);

  function drawPlace({ title }) {
    root.setAttribute("aria-label", title);
    for (const mark of marks) mark.textContent = `+${start + mark.dataset.part * pages}`;
    rails.replaceChildren(h("div", { class: "plain" }),
      ...within(0, pages).map(([from, to]) => h("div", { class: "mirror",
        style: `left:${(from / pages) * 100}%;width:calc(${((to - from) / pages) * 100}% - 2px)` })),
      ...(twice() && !map ? [h("span", { class: "note" }, "double line: each page is kept twice")] : []));
  }
  function drawBlock([at, count, use, look, owner]) {
    const [first, end] = [Math.max(at, 0), Math.min(at + count, pages)]; // what of it is in the window
    const wide = ((strip.clientWidth || 900) * (end - first)) / pages;
    const doubled = mirroredIn(at, count);
    const reflections = within(first, end).map(([from, to]) => h("span", { class: "refl",
      style: `left:${((from - first) / (end - first)) * 100}%;width:${((to - from) / (end - first)) * 100}%` }));
    const words = {
      free: `free, ${types[look]}`, hand: "in the allocator's hand", used: `in use${owner ? ` by ${owner}` : ""}`,
      cpu: `in a CPU's ${types[look]} list`, other: "in use since before, or no memory",
    }[use];
    const range = count === 1 ? `page ${name(at)}` : `pages ${name(at)} to ${name(at + count - 1)}`;
    const mirror = !doubled ? "" : doubled === count ? ", mirrored" : ", partly mirrored";
    const fits = owner.slice(0, Math.max(1, Math.floor(wide / 11)));
    const letter = use === "used" ? fits || "·" : use === "other" ? "" : look === "hand" ? "" : look;
    const small = (wide < 26 ? " slim" : "") + (wide < 20 ? " tiny" : "") + (wide < 12 ? " nano" : "")
      + (first > at ? " before" : "") + (end < at + count ? " beyond" : "");
    return h("button", { class: `b t-${look} ${use}${small}`, "data-at": at, "data-key": `block-${at}`, tabindex: -1,
      style: `left:${(first / pages) * 100}%;width:calc(${((end - first) / pages) * 100}% - 2px)`,
      "aria-label": `${range}: ${words}${mirror}.${use === "used" ? " Enter frees it." : ""}` },
    h("span", { class: "face block" }, h("b", {}, letter),
      h("small", {}, wide < 64 ? String(count) : pagesIn(count))), ...reflections);
  }
  function drawPageBlocks() {
    const all = state().pageblocks;
    const right = Math.max(48, 8 * `+${start}`.length + 10); // of the ruler's first number
    pageBlocks.replaceChildren(...all.map((kind, at) =>
      h("b", { style: `left:calc(${(at / all.length) * 100}% + ${right}px)` }, `page block: ${kind}`)));
  }
  function drawStrip() {
    strip.replaceChildren(...state().blocks.map(drawBlock));
    (strip.querySelector(`[data-at="${pick ?? 0}"]`) ?? strip.firstChild).tabIndex = 0;
  }
  function drawLists() {
    const cpus = made.stocks ?? [...new Set(frames.map((frame) => frame.cpu))].filter((cpu) => cpu !== null).sort();
    const most = map ? MOST_ROWS - 3 : MOST_ROWS;
    const there = new Set(frames.flatMap((frame) => frame.lists.map(([order]) => order)));
    const shown = [...there].filter((order) => frames.some((f) => f.order === order) || frames.every((f) =>
      f.lists.some(([each]) => each === order))).sort((a, b) => b - a).slice(-Math.max(most - cpus.length, 1));
    const rows = shown.map((order) => drawRow(`order ${order}`, [pagesIn(2 ** order)], state().order === order,
      state().lists.filter(([each]) => each === order).map((list) => drawList(list, `order ${order}`, list[0]))));
    for (const cpu of cpus.slice(0, most - shown.length)) {
      const here = state().stocks.filter(([each]) => each === cpu);
      rows.push(drawRow(`CPU ${cpu}`, ["hot ", icon("arrow"), " cold"], state().cpu === cpu,
        here.map(([, ...list]) => drawList([0, ...list], `CPU ${cpu}`, `cpu${cpu}`))));
    }
    lists.classList.toggle("many", rows.length > 6 || Boolean(map));
    lists.replaceChildren(
      h("div", { class: "cap" }, h("h3", {}, cpus.length ? "Free lists, and the CPUs' own" : "Free lists"),
        h("span", {}, "head ", icon("arrow"), " tail"),
        map && mirrored.length ? h("span", { class: "note" }, "double line: each page is kept twice") : ""), ...rows);
  }
  function drawRow(name, about, touched, here) {
    return h("div", { class: `row${touched ? " touched" : ""}` },
      h("span", { class: "ord" }, name), h("span", { class: "each" }, ...about),
      h("div", { class: "byType" }, ...(here.length ? here : [h("span", { class: "none" }, "empty")])));
  }
  // key: what an entry's name begins with, so that it is known when it moves.
  function drawList([order, letter, pfns, all], name, key) {
    const rest = all > pfns.length ? [h("li", { class: "none" }, `and ${all - pfns.length} more`)] : [];
    const end = String(key).startsWith("cpu") ? "hot end" : "head";
    return h("ul", { "aria-label": `${name}, ${types[letter]}, from the ${end}` }, ...pfns.map((pfn) => {
      const doubled = mirroredIn(pfn - start, 2 ** order);
      const edge = !doubled ? "" : doubled === 2 ** order ? " twice" : " twice half";
      return h("li", { class: `chip t-${letter}${edge}`, "data-chip": `${key}:${pfn}`,
        onmouseenter: () => point(pfn - start, true), onmouseleave: () => point(pfn - start, false) },
      h("b", {}, letter), `+${pfn}`);
    }), ...rest);
  }
  const point = (at, on) => strip.querySelector(`[data-at="${at}"]`)?.classList.toggle("pick", on);

  function drawTime() {
    const last = Math.max(frames.length - 1, 1), x = (at) => (Math.max(at, 0) / last) * 100;
    ticks.replaceChildren();
    for (let operation = Math.max(from, 0); operation <= to; operation++) {
      const first = firstOf(operation), final = lastOf(operation), { name: word } = known.get(operation);
      for (let at = first; at < final; at++) tick(x(at), at, "");
      tick(x(final), final, "op");
      const room = (track.clientWidth * (final - Math.max(first - 1, 0))) / last;
      if (room > 46) {
        ticks.append(h("em", { class: state().operation === operation ? "now" : "",
          style: `left:${(x(first - 1) + x(final)) / 2}%` }, room > 92 ? word : word.replace("order ", "")));
      }
    }
    run.style.width = thumb.style.left = `${x(pos)}%`;
    track.setAttribute("aria-valuemax", whole() ? frames.length - 1 : end);
    track.setAttribute("aria-valuenow", whole() ? pos : state().operation + 1);
    track.setAttribute("aria-valuetext", `${whereNow().join(", ")}. ${state().sentence}`);
    const beyond = [[earlier, Math.max(from, 0), "before"], [later, end - 1 - to, "after"]];
    for (const [button, count, word] of beyond) {
      button.hidden = !count;
      button.replaceChildren(word === "before" ? `‹ ${count}` : `${count} ›`);
      button.title = `${many(count, "operation")} ${word} these`;
      button.setAttribute("aria-label", button.title);
    }
    const off = { first: atStart(), back: atStart(), next: atEnd(), last: atEnd(), play: !end };
    for (const button of keys.children) button.setAttribute("aria-disabled", String(off[button.dataset.to]));
    const play = keys.querySelector("[data-to=play]");
    play.replaceChildren(icon(timer ? "pause" : "play"));
    play.setAttribute("aria-label", timer ? "Pause" : "Play");
  }
  const whole = () => from < 0 && to === end - 1; // the track shows all there is
  const atStart = () => state().operation < 0;
  const atEnd = () => to === end - 1 && pos === frames.length - 1;
  const whereNow = () => {
    if (whole()) return [`step ${pos} of ${frames.length - 1}`];
    const { operation } = state(), steps = lastOf(operation) - firstOf(operation) + 1;
    return [`operation ${operation + 1} of ${end}`, `step ${pos - firstOf(operation) + 1} of ${steps}`];
  };
  const tick = (left, at, css) =>
    ticks.append(h("i", { class: `${css}${at <= pos ? " past" : ""}`, style: `left:${left}%` }));
  const firstOf = (operation) => frames.findIndex((frame) => frame.operation === operation);
  const lastOf = (operation) => frames.findLastIndex((frame) => frame.operation === operation);

  function drawSay() {
    if (branch) return askBranch();
    const [word, css] = KINDS[state().what] ?? [made.ask.length ? "ready" : "memory", ""];
    let sentence = say.querySelector("p[role=status]");
    if (!sentence) {
      sentence = h("p", { role: "status" });
      say.replaceChildren(h("span", { class: "kind" }), sentence, h("span", { class: "count" }));
    }
    sentence.setAttribute("aria-live", timer ? "off" : "polite");
    sentence.textContent = waiting || state().sentence;
    Object.assign(say.firstChild, { className: `kind ${css}`, textContent: word });
    say.lastChild.textContent = end ? whereNow().join("\n") : "";
  }
  function askBranch() {
    const { label, verb, drops } = branch;
    const keep = h("button", { class: "btn keep", onclick: () => {
      branch = null;
      redraw();
      allocateButton.focus();
    } }, "Keep");
    const drop = h("button", { class: "btn primary drop", onclick: () => {
      const { go } = branch;
      branch = null;
      go();
      allocateButton.focus();
    } }, `Drop and ${verb}`);
    say.replaceChildren(h("span", { class: "kind stop" }, "stop"),
      h("p", {}, `You went back: ${label} drops the ${drops} after this one.`), keep, drop);
    say.onkeydown = (event) => { if (event.key === "Escape") keep.click(); };
    keep.focus();
  }
  function drawCode() {
    const { function: title, line } = state();
    const all = title ? code[title] ?? [] : [];
    codeBox.replaceChildren(h("div", { class: "cap" }, h("h3", {}, title || "The code at work")));
    if (!title) {
      const words = "During a step, the kernel's function at work stands here. The line that made the step is marked.";
      return codeBox.append(h("p", {}, words));
    }
    const half = (text) => text.replace(/^ +/, (indent) => indent.slice(indent.length / 2)); // more room for long lines
    const [from, end] = around(line, all.map(half));
    codeBox.append(h("pre", { role: "group", tabindex: 0, "aria-label": `lines of ${title}` },
      ...all.slice(from, end).map(half).map((text, at) => h("span", { class: from + at === line ? "on" : "",
        style: `--hang:${indentOf(text) + 2}ch` }, text))));
  }
  const indentOf = (text) => text.search(/\S|$/);
  // As many lines around one as there is room for: [first, the one after the last]. A long line takes several rows.
  function around(line, all) {
    const rowsOf = (text) => {
      let rows = 1, used = 0;
      for (const word of text.split(/(?<=\S )/)) {
        if (used && used + word.trimEnd().length > columns) [rows, used] = [rows + 1, indentOf(text) + 2];
        used += word.length;
      }
      return rows;
    };
    let room = map ? 5 : 9, from = line, end = line;
    const take = (at) => {
      if (!(at in all) || rowsOf(all[at]) > room) return false;
      room -= rowsOf(all[at]);
      [from, end] = [Math.min(from, at), Math.max(end, at + 1)];
      return true;
    };
    for (let more = take(line); more;) {
      const [before, after] = line - from <= end - 1 - line ? [take(from - 1), take(end)] : [take(end), take(from - 1)];
      more = before || after;
    }
    return [from, end];
  }
  function drawMore() {
    const { operation } = state();
    const mine = frames.filter((frame, at) => operation >= 0 && frame.operation === operation && at <= pos);
    const free = state().lists.reduce((sum, [order, , , all]) => sum + all * 2 ** order, 0);
    more.replaceChildren(
      h("div", {}, h("h3", {}, "What happened in this operation"),
        h("ol", { tabindex: 0 }, ...(mine.length ? mine.map((frame) => frame.sentence) : ["nothing yet"]).map((words) =>
          h("li", {}, words)))),
      h("div", {}, h("h3", {}, "The zone now"),
        h("dl", {}, h("dt", {}, "free pages"), h("dd", {}, String(free)))));
  }
  function drawLegend() {
    const lookOf = ([, , use, look]) => (use === "used" ? "used" : look);
    const looks = [...new Set(frames.flatMap((frame) => frame.blocks.map(lookOf)))];
    legend.replaceChildren(...looks.filter((look) => types[look] || look === "used").map((look) => h("li", {},
      h("span", { class: `swatch t-${look}` }, look === "used" ? "a" : look), types[look] ?? "in use")));
  }
  function mark() {
    for (const each of strip.children) each.classList.remove("pick", "buddy");
    const block = pick === null ? null : blockAt(pick);
    if (!block || block[2] !== "free") return;
    strip.querySelector(`[data-at="${pick}"]`)?.classList.add("pick");
    strip.querySelector(`[data-at="${buddyOf(block)}"]`)?.classList.add("buddy");
  }
  const buddyOf = ([at, count]) => ((start + at) ^ count) - start;
  function redraw() {
    keepingFocus(strip, drawStrip);
    drawPageBlocks(); drawLists(); drawTime(); drawSay(); drawCode(); drawMore(); drawLegend(); mark();
    shown = state();
  }

  // -- Motion: what differs between two states moves, forwards and backwards --
  const box = (node, origin) => {
    const rect = node.getBoundingClientRect();
    return { x: rect.left - origin.left, y: rect.top - origin.top, w: rect.width, h: rect.height };
  };
  function measure() {
    const origin = root.getBoundingClientRect();
    const chips = [...lists.querySelectorAll(".chip")];
    return {
      blocks: new Map([...strip.children].map((node) => [+node.dataset.at, box(node, origin)])),
      chips: new Map(chips.map((node) =>
        [node.dataset.chip, { ...box(node, origin), css: node.className, text: node.textContent }])),
    };
  }
  function fly(from, to, css, text, delay, then) {
    if (!from || !to) return;
    const ghost = h("span", { class: `ghost block ${css}` }, h("span", { class: "lab" }, text));
    ghosts.append(ghost);
    const at = (rect) => ({ left: `${rect.x}px`, top: `${rect.y}px`, width: `${rect.w}px`, height: `${rect.h}px` });
    ghost.animate([{ ...at(from), opacity: 0 }, { ...at(from), opacity: 1, offset: 0.04 }, { ...at(to), opacity: 1 }],
      { duration: 320, delay, easing: "cubic-bezier(.3,.1,.2,1)", fill: "both" }).onfinish = () => ghost.remove();
    then?.animate([{ opacity: 0 }, { opacity: 0, offset: 0.98 }, { opacity: 1 }], { duration: 320 + delay });
  }
  function move(old, oldState) {
    const now = measure();
    for (const block of state().blocks) moveBlock(block, oldState, now);
    for (const node of lists.querySelectorAll(".chip")) {
      const key = node.dataset.chip, was = old.chips.get(key), to = now.chips.get(key);
      const css = [...node.classList].find((each) => each.startsWith("t-"));
      const delay = state().what === "cut" ? 260 : 60;
      if (!was) fly(now.blocks.get(key.split(":")[1] - start), to, css, node.textContent, delay, node);
      else if (was.x !== to.x || was.y !== to.y) {
        node.animate([{ transform: `translate(${was.x - to.x}px,${was.y - to.y}px)` }, { transform: "none" }],
          { duration: 240, easing: "ease-out" });
      }
    }
    for (const [key, was] of old.chips) {
      if (now.chips.has(key)) continue;
      const at = key.split(":")[1] - start;
      fly(was, old.blocks.get(at) ?? now.blocks.get(at), was.css.match(/t-\w+/)[0], was.text, 0);
    }
  }
  function moveBlock([at, count, use], oldState, now) {
    const node = strip.querySelector(`[data-at="${at}"]`), face = node.querySelector(".face");
    const was = oldState.blocks.find(([first, size]) => first <= at && first + size >= at + count);
    if (was && was[1] > count) cut(face, at, was[0] === at);
    else if (at < 0 || at + count > pages) return; // a part of it is in the window
    else if (!was) merge(face, at, count, oldState, now.blocks.get(at));
    else if (was[2] !== use) {
      const lifted = (which) => ({ transform: which === "hand" ? "translateY(-6px)" : "none" });
      face.animate([lifted(was[2]), lifted(use)], { duration: 220, easing: "ease-out" });
    }
  }
  function cut(face, at, isLeft) {
    const by = isLeft ? -7 : 7;
    face.animate([{ translate: "0 0" }, { translate: "0 0", offset: 0.35, easing: "ease-out" },
      { translate: `${by}px 0`, offset: 0.6, easing: "ease-in-out" }, { translate: "0 0" }], { duration: 400 });
    if (isLeft) return;
    if (at <= 0) return; // where it is cut is not in the window
    const lifted = { transform: "translateY(-6px)" };
    face.animate([lifted, { ...lifted, offset: 0.6, easing: "ease-in" }, { transform: "none" }], { duration: 400 });
    const knife = h("span", { class: "knife", style: `left:${(at / pages) * 100}%` });
    ghosts.append(knife);
    const rect = strip.getBoundingClientRect(), origin = root.getBoundingClientRect();
    Object.assign(knife.style, { left: `${rect.left - origin.left + (rect.width * at) / pages}px`,
      top: `${rect.top - origin.top - 10}px`, bottom: "auto", height: `${rect.height + 14}px` });
    const whole = { opacity: 1, clipPath: "inset(0 0 0 0)" };
    knife.animate([{ opacity: 1, clipPath: "inset(0 0 100% 0)" }, { ...whole, offset: 0.35 }, { ...whole, offset: 0.6 },
      { ...whole, opacity: 0 }], { duration: 400 }).onfinish = () => knife.remove();
  }
  function merge(face, at, count, oldState, rect) {
    const half = rect.w / 2;
    for (const [index, left] of [[0, 0], [1, half + 1]]) {
      const old = oldState.blocks.find(([first]) => first === at + (index * count) / 2);
      if (!old || old[1] >= count) continue;
      const ghost = h("span", { class: `ghost block t-${old[3]}`,
        style: `left:${rect.x + left}px;top:${rect.y - 6}px;width:${half - 1}px;height:${rect.h}px` });
      ghosts.append(ghost);
      const level = old[2] === "hand" ? "0 0" : "0 6px";
      ghost.animate([{ translate: level, opacity: 1, easing: "ease-out" },
        { translate: index ? "6px 0" : "-6px 0", opacity: 1, offset: 0.4, easing: "ease-in" },
        { translate: "0 0", opacity: 1, offset: 0.8 }, { translate: "0 0", opacity: 0 }],
      { duration: 400, delay: 240, fill: "both" }).onfinish = () => ghost.remove();
    }
    face.animate([{ opacity: 0 }, { opacity: 0, offset: 0.86 }, { opacity: 1 }], { duration: 640 });
  }

  // -- The story: what is known of it, the stretch of it on the track, and where we are --
  function learn({ first, operations, frames: told, code: lines }) {
    for (const frame of told.filter((each) => !known.has(each.operation))) {
      known.set(frame.operation, { name: operations[frame.operation - first], frames: [] });
      for (const each of told) if (each.operation === frame.operation) known.get(frame.operation).frames.push(each);
    }
    Object.assign(code, lines);
  }
  // Ask for operations around one; what is on its way is not asked for twice.
  function fetch(operation) {
    if (!coming.has(operation)) {
      const first = Math.max(operation - AHEAD, -1), last = Math.min(operation + AHEAD, end - 1);
      const told = branches, at = windowAt;
      const here = ui.ask({ do: "tell", first, end: last + 1 }).then((answer) => {
        for (let each = first; each <= last; each++) coming.delete(each);
        if (answer && told === branches && at === windowAt) learn(answer);
      });
      for (let each = first; each <= last; each++) coming.set(each, here);
    }
    return coming.get(operation);
  }
  // Put operations around one on the track.
  function stretch(operation) {
    let steps = known.get(operation).frames.length;
    from = to = operation;
    const more = (next, near) => {
      if (!known.has(next) || (steps >= MOST && !near)) return false;
      steps += known.get(next).frames.length;
      return true;
    };
    for (let grown = true, near = true; grown; near = false) {
      const before = more(from - 1, near), after = more(to + 1, near);
      from -= before;
      to += after;
      grown = before || after;
    }
    frames = [];
    for (let each = from; each <= to; each++) frames.push(...known.get(each).frames);
  }
  // Go to a step of an operation; -1: its last.
  function goTo(operation, step) {
    wanted = null;
    waiting = "";
    branch = null;
    if (!known.has(operation)) return goWhenKnown(operation, step);
    const old = state();
    if (operation < from || operation > to) stretch(operation);
    const target = step < 0 ? lastOf(operation) : firstOf(operation) + step, before = frames.indexOf(old);
    const near = shown === old && before >= 0 && Math.abs(target - before) === 1;
    const boxes = near && !calm() ? measure() : null;
    pos = target;
    ghosts.replaceChildren();
    redraw();
    if (boxes) move(boxes, old);
    if (state() !== old) tasks.happened({ what: state().what, way: isBefore(state(), old) ? "back" : "" });
    for (const each of [operation - 2, operation + 2]) {
      if (each >= -1 && each < end && !known.has(each)) fetch(each);
    }
  }
  function isBefore(frame, other) {
    if (frame.operation !== other.operation) return frame.operation < other.operation;
    const { frames: all } = known.get(frame.operation);
    return all.indexOf(frame) < all.indexOf(other);
  }
  function goWhenKnown(operation, step) {
    const mine = wanted = {};
    waiting = "Waiting for these steps.";
    drawSay();
    fetch(operation).then(() => {
      if (wanted === mine && known.has(operation)) goTo(operation, step);
    });
  }
  function show(at) {
    const { operation } = state();
    if (at < 0) { if (from >= 0) goTo(from - 1, -1); }
    else if (at < frames.length) goTo(frames[at].operation, at - firstOf(frames[at].operation));
    else if (operation < end - 1) goTo(operation + 1, 0);
  }

  // -- What the learner does --
  function choose(event) {
    const chosen = event.currentTarget;
    for (const each of chosen.parentNode.children) each.setAttribute("aria-pressed", String(each === chosen));
    sayOrder();
  }
  const order = () => +sizes.querySelector("[aria-pressed=true]").dataset.order;
  const sayOrder = () => { asked.textContent = `${order() ? "pages" : "page"} (order ${order()})`; };
  function isDone([, what, number, way], event) {
    if (event.what !== what) return false;
    if (what === "allocate") return !number || event.pages === number;
    if (what === "free") return !way || [event.owner, String(event.page)].includes(way);
    if (way && event.way !== way) return false;
    const until = frames.slice(firstOf(state().operation), pos + 1);
    return !number || until.filter((frame) => frame.what === what).length === number;
  }
  function allocate() {
    const ask = whats.querySelector("[aria-pressed=true]").dataset.ask;
    act("allocating", { what: "allocate", pages: 2 ** order() }, { do: "allocate", order: order(), ask });
  }
  // event: what the tasks are told, once it is done.
  function act(label, event, message) {
    stop();
    pick = null;
    const { operation } = state(); // it is finished first, if it is not at its end
    const go = () => {
      const here = made.cpus.length ? { cpu: +cpu.value } : {};
      ui.ask({ ...message, ...here, position: begin + operation + 1 }).then(() => tasks.happened(event));
    };
    if (operation === end - 1) return go();
    const steps = frames.length - 1 - lastOf(operation);
    const drops = to === end - 1 ? many(steps, "step") : many(end - 1 - operation, "operation");
    branch = { label, verb: event.what, drops, go };
    drawSay();
  }
  function clicked(event) {
    const node = event.target.closest(".b");
    if (node) touch(+node.dataset.at, false);
  }
  function touch(at, onlyFree) {
    const block = blockAt(at);
    if (block[2] === "used") {
      act("freeing", { what: "free", owner: block[4], page: start + at }, { do: "free", pfn: at });
    } else if (!onlyFree && block[2] === "free") {
      pick = pick === at ? null : at;
      mark();
      const where = `its buddy is at ${name(buddyOf(block))}`;
      say.querySelector("p").textContent = pick === null ? state().sentence :
        `Picked: ${name(at)}, order ${Math.log2(block[1])}; ${where} (dashed, if it is in the picture).`;
    }
  }
  function stripKeys(event) {
    const all = [...strip.children], at = all.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1 }[event.key];
    if (to !== undefined && all[to]) {
      all[at].tabIndex = -1;
      all[to].tabIndex = 0;
      all[to].focus();
      event.preventDefault();
    } else if (event.key === "Delete") touch(+all[at].dataset.at, true);
  }
  const stop = () => { clearTimeout(timer); timer = 0; drawTime(); drawSay(); };
  function play() {
    if (atEnd()) goTo(-1, 0);
    const onward = () => {
      timer = setTimeout(onward, SPEEDS[speed.value]);
      if (wanted) return; // the steps that come next are not here yet
      show(pos + 1);
      if (atEnd()) stop();
    };
    onward();
  }
  function press(key) {
    if (keys.querySelector(`[data-to=${key}]`)?.getAttribute("aria-disabled") === "true") return;
    if (key === "play") return timer ? stop() : play();
    stop();
    if (key === "back") show(pos - 1);
    else if (key === "next") show(pos + 1);
    else goTo(...{ first: [-1, 0], last: [end - 1, -1], earlier: [from - 1, -1], later: [to + 1, 0] }[key]);
  }
  function trackKeys(event) {
    const { operation } = state();
    const next = pos < lastOf(operation) ? operation : Math.min(operation + 1, end - 1);
    const go = {
      ArrowRight: () => show(pos + 1), ArrowUp: () => show(pos + 1),
      ArrowLeft: () => show(pos - 1), ArrowDown: () => show(pos - 1),
      Home: () => goTo(-1, 0), End: () => goTo(end - 1, -1),
      PageUp: () => goTo(next, -1), PageDown: () => goTo(Math.max(operation - 1, -1), -1),
    }[event.key];
    if (!go) return;
    event.preventDefault();
    stop();
    go();
  }
  function drag(event) {
    const rect = track.getBoundingClientRect();
    const to = (moved) => Math.round(((moved.clientX - rect.left) / rect.width) * (frames.length - 1));
    stop();
    show(to(event));
    track.setPointerCapture(event.pointerId);
    track.onpointermove = (moved) => { if (to(moved) !== pos) show(to(moved)); };
    track.onpointerup = () => { track.onpointermove = null; };
  }
  function space(event) {
    if (event.key !== " " || event.target.closest("button:not(.b), select, a, input")) return;
    event.preventDefault();
    if (end) press("play");
  }
  function showCode(wanted) {
    const on = wanted && made.ask.length > 0; // two moments have no code between them
    toCode.hidden = !made.ask.length;
    toCode.setAttribute("aria-pressed", String(on));
    codeBox.hidden = !on;
    lower.classList.toggle("nocode", !on);
    lower.classList.toggle("onlycode", on && root.clientWidth < 800);
  }

  let seen = false;
  const observer = new ResizeObserver(() => requestAnimationFrame(() => {
    if (!seen && root.clientWidth) {
      seen = true;
      showCode(root.clientWidth >= 800);
    }
    if (timer) return;
    keepingFocus(strip, drawStrip);
    mark();
    drawTime();
    columns = Math.max(Math.floor((codeBox.clientWidth - 45) / 7.9), 20);
    drawCode();
  }));
  observer.observe(root);
  ui.cleanup(() => observer.disconnect());
  sayOrder();
  showCode(true);
  drawPlace(made);

  // The window is elsewhere: nothing of what is known is of it; the story stays where it is.
  function moved(picture) {
    const { operation } = state(), step = pos - firstOf(operation);
    ({ window: windowAt, start, mirrored } = picture);
    known.clear();
    coming.clear();
    pick = shown = null;
    waiting = "";
    drawPlace(picture);
    return picture.branches === branches && picture.end === end && operation !== picture.position - picture.begin - 1
      ? () => goTo(operation, step) : () => { pos = Math.min(firstOf(state().operation) + step, pos); redraw(); };
  }
  function draw(picture) {
    map?.draw(picture.map);
    const back = shown && picture.window !== windowAt ? moved(picture) : null;
    if (picture.begin !== begin) { // another story
      known.clear();
      shown = null;
    }
    // When news of the story was missed, nothing of what is known is sure.
    const firstNew = picture.branches === branches ? end : picture.branches === branches + 1 ? picture.same : 0;
    for (const each of [...known.keys()]) if (each >= firstNew) known.delete(each);
    ({ begin, branches, end } = picture);
    learn(picture);
    if (!shown) { // as the cell left it
      const present = Math.max(Math.min(picture.position - begin, end) - 1, -1);
      stretch(present);
      pos = lastOf(present);
      redraw();
      return back?.();
    }
    if (firstNew >= end) return redraw();
    stop();
    let at = end - 1;
    while (at > firstNew && known.has(at - 1)) at--;
    const before = Math.max(at - 1, -1);
    stretch(known.has(before) ? before : at);
    pos = known.has(before) ? lastOf(before) : firstOf(at);
    if (calm()) {
      for (let old; state() !== old; show(pos + 1)) old = state(); // each step was there: tasks are ticked by them
      return goTo(end - 1, -1);
    }
    if (state() !== shown) redraw();
    play();
  }
  return { draw };
}
