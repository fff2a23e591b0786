// The stage: one picture of memory and its free lists, and a track on which each cut and each merge is a step.
// The whole story is here; Python is asked only for what changes it.

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
const pagesIn = (count) => `${count} page${count === 1 ? "" : "s"}`;

export default view((ui) => {
  let stage = null;
  return (picture) => {
    stage ??= makeStage(ui, picture);
    stage.draw(picture);
  };
});

function makeStage(ui, made) {
  const { pages, start, types } = made;
  const id = newName();
  let frames = made.frames, names = made.operations, begin = made.begin, code = made.code, orders = made.orders;
  let pos = 0, timer = 0, pick = null, branch = null, done = 0, waiting = 0, known = false;

  // -- What stays --
  const tasks = h("ol", { class: "tasks", "aria-label": "Your turn" });
  const sizes = h("span", { class: "seg size", role: "group", "aria-labelledby": `${id}-o` }, ...orders.map((order) =>
    h("button", {
      "aria-pressed": String(order === Math.min(2, orders.at(-1))), "data-order": order, title: `order ${order}`,
      "aria-label": `order ${order}: ${pagesIn(2 ** order)}`, onclick: choose,
    }, String(2 ** order))));
  const whats = h("span", {
    class: "seg who", role: "group", "aria-label": "which memory", hidden: made.ask.length < 2,
  }, ...made.ask.map((word, at) =>
    h("button", { "aria-pressed": String(!at), "data-ask": word, onclick: choose }, word)));
  const asked = h("span", { class: "as", "aria-hidden": "true" });
  const allocateButton = h("button", { class: "btn primary alloc", onclick: allocate }, "Allocate");
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
    h("span", { style: `left:${part * 100}%`, "aria-hidden": "true" }, `+${start + part * pages}`));
  const pageBlocks = h("b", { class: "pageblocks" }); // their types, right of where each begins
  const twice = made.mirrored.length > 0;
  const rails = h("div", { class: "rails", "aria-hidden": "true" }, h("div", { class: "plain" }),
    ...made.mirrored.map(([from, to]) => h("div", { class: "mirror",
      style: `left:${(from / pages) * 100}%;width:calc(${((to - from) / pages) * 100}% - 2px)` })),
    twice ? h("span", { class: "note" }, "double line: each page is kept twice") : null);
  const root = h("section", { class: `stage card${twice ? " doubled" : ""}`, "aria-label": made.title,
    style: `--pages:${pages}`, onkeydown: space },
  tasks, h("div", { class: "ask" },
    h("span", { id: `${id}-o` }, "Ask for"), sizes, asked, whats, allocateButton, legend),
  say, h("div", { class: "ruler" }, ...marks, pageBlocks), strip, rails, lower,
  h("div", { class: "time" }, keys, track, speed, toCode, toMore), more, ghosts);
  ui.el.append(h("div", { class: "box" }, root));
  ui.cleanup(() => clearTimeout(timer));
  ui.cleanup(keysStayHere(root));

  // -- Drawing --
  const state = () => frames[pos];
  const blockAt = (at, frame = state()) => frame.blocks.find(([first]) => first === at);
  const name = (pfn) => `+${start + pfn}`;
  const mirroredIn = (first, count) => made.mirrored.reduce((sum, [from, to]) =>
    sum + Math.max(0, Math.min(to, first + count) - Math.max(from, first)), 0);

  function drawBlock([at, count, use, look, owner]) {
    const wide = ((strip.clientWidth || 900) * count) / pages;
    const doubled = mirroredIn(at, count);
    const reflections = made.mirrored.map(([from, to]) => [Math.max(from, at), Math.min(to, at + count)])
      .filter(([from, to]) => from < to).map(([from, to]) => h("span", { class: "refl",
        style: `left:${((from - at) / count) * 100}%;width:${((to - from) / count) * 100}%` }));
    const words = {
      free: `free, ${types[look]}`, hand: "in the allocator's hand", used: `in use${owner ? ` by ${owner}` : ""}`,
      cpu: `in a CPU's ${types[look]} list`, other: "in use since before, or no memory",
    }[use];
    const range = count === 1 ? `page ${name(at)}` : `pages ${name(at)} to ${name(at + count - 1)}`;
    const mirror = !doubled ? "" : doubled === count ? ", mirrored" : ", partly mirrored";
    const letter = use === "used" ? owner || "·" : use === "other" ? "" : look === "hand" ? "" : look;
    const small = (wide < 26 ? " slim" : "") + (wide < 20 ? " tiny" : "") + (wide < 12 ? " nano" : "");
    return h("button", { class: `b t-${look} ${use}${small}`, "data-at": at, "data-key": `block-${at}`, tabindex: -1,
      style: `left:${(at / pages) * 100}%;width:calc(${(count / pages) * 100}% - 2px)`,
      "aria-label": `${range}: ${words}${mirror}.${use === "used" ? " Enter frees it." : ""}` },
    h("span", { class: "face block" }, h("b", {}, letter),
      h("small", {}, wide < 64 ? String(count) : pagesIn(count))), ...reflections);
  }
  function drawPageBlocks() {
    const all = state().pageblocks;
    pageBlocks.replaceChildren(...all.map((kind, at) =>
      h("b", { style: `left:calc(${(at / all.length) * 100}% + 48px)` }, `page block: ${kind}`)));
  }
  function drawStrip() {
    strip.replaceChildren(...state().blocks.map(drawBlock));
    (strip.querySelector(`[data-at="${pick ?? 0}"]`) ?? strip.firstChild).tabIndex = 0;
  }
  function drawLists() {
    const there = new Set(frames.flatMap((frame) => frame.lists.map(([order]) => order)));
    const shown = [...there].filter((order) => frames.some((f) => f.order === order) || frames.every((f) =>
      f.lists.some(([each]) => each === order))).sort((a, b) => b - a).slice(0, 8);
    lists.classList.toggle("many", shown.length > 6);
    lists.replaceChildren(
      h("div", { class: "cap" }, h("h3", {}, "Free lists"), h("span", {}, "head ", icon("arrow"), " tail")),
      ...shown.map((order) => {
        const here = state().lists.filter(([each]) => each === order);
        return h("div", { class: `row${state().order === order ? " touched" : ""}` },
          h("span", { class: "ord" }, `order ${order}`), h("span", { class: "each" }, pagesIn(2 ** order)),
          h("div", { class: "byType" }, ...(here.length ? here.map((list) => drawList(list)) :
            [h("span", { class: "none" }, "empty")])));
      }));
  }
  function drawList([order, letter, pfns, all]) {
    const rest = all > pfns.length ? [h("li", { class: "none" }, `and ${all - pfns.length} more`)] : [];
    return h("ul", { "aria-label": `order ${order}, ${types[letter]}, from the head` }, ...pfns.map((pfn) => {
      const doubled = mirroredIn(pfn - start, 2 ** order);
      const edge = !doubled ? "" : doubled === 2 ** order ? " twice" : " twice half";
      return h("li", { class: `chip t-${letter}${edge}`, "data-chip": `${order}:${pfn}`,
        onmouseenter: () => point(pfn - start, true), onmouseleave: () => point(pfn - start, false) },
      h("b", {}, letter), `+${pfn}`);
    }), ...rest);
  }
  const point = (at, on) => strip.querySelector(`[data-at="${at}"]`)?.classList.toggle("pick", on);

  function drawTime() {
    const end = Math.max(frames.length - 1, 1), x = (at) => (frames.length > 1 ? (at / end) * 100 : 0);
    ticks.replaceChildren();
    names.forEach((word, operation) => {
      const last = lastOf(operation), first = firstOf(operation);
      if (first > last) return;
      for (let at = first; at < last; at++) tick(x(at), at, "");
      tick(x(last), last, "op");
      const room = (track.clientWidth * (last - first + 1)) / end;
      if (room > 46) {
        ticks.append(h("em", { class: state().operation === operation ? "now" : "",
          style: `left:${(x(first - 1) + x(last)) / 2}%` }, room > 92 ? word : word.replace("order ", "")));
      }
    });
    run.style.width = thumb.style.left = `${x(pos)}%`;
    track.setAttribute("aria-valuemax", frames.length - 1);
    track.setAttribute("aria-valuenow", pos);
    track.setAttribute("aria-valuetext", `step ${pos} of ${frames.length - 1}. ${state().sentence}`);
    const off = { first: pos === 0, back: pos === 0, next: pos === frames.length - 1, last: pos === frames.length - 1,
      play: frames.length === 1 };
    for (const button of keys.children) button.setAttribute("aria-disabled", String(off[button.dataset.to]));
    const play = keys.querySelector("[data-to=play]");
    play.replaceChildren(icon(timer ? "pause" : "play"));
    play.setAttribute("aria-label", timer ? "Pause" : "Play");
  }
  const tick = (left, at, css) =>
    ticks.append(h("i", { class: `${css}${at <= pos ? " past" : ""}`, style: `left:${left}%` }));
  const firstOf = (operation) => frames.findIndex((frame) => frame.operation === operation);
  const lastOf = (operation) => frames.findLastIndex((frame) => frame.operation === operation);

  function drawSay() {
    if (branch) return askBranch();
    const [word, css] = KINDS[state().what] ?? ["ready", ""];
    let sentence = say.querySelector("p[role=status]");
    if (!sentence) {
      sentence = h("p", { role: "status" });
      say.replaceChildren(h("span", { class: "kind" }), sentence, h("span", { class: "count" }));
    }
    sentence.setAttribute("aria-live", timer ? "off" : "polite");
    sentence.textContent = waiting === 2 ? "Waiting for the running cell." : state().sentence;
    Object.assign(say.firstChild, { className: `kind ${css}`, textContent: word });
    say.lastChild.textContent = frames.length > 1 ? `step ${pos} of ${frames.length - 1}` : "";
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
      h("p", {}, `You went back: ${label} drops the ${drops} step${drops > 1 ? "s" : ""} after this one.`), keep, drop);
    say.onkeydown = (event) => { if (event.key === "Escape") keep.click(); };
    keep.focus();
  }
  function drawCode() {
    const { function: title, line } = state();
    const all = title ? code[title] ?? [] : [];
    const from = Math.max(0, Math.min(line - 4, all.length - 9)); // nine lines around the current one
    const lines = all.slice(from, from + 9);
    codeBox.replaceChildren(h("div", { class: "cap" }, h("h3", {}, title || "no function is at work")),
      h("pre", { tabindex: 0, role: "group", "aria-label": `lines of ${title}` }, ...lines.map((text, at) =>
        h("span", { class: from + at === line ? "on" : "" }, text))));
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
  function drawTasks() {
    tasks.hidden = !made.tasks.length;
    tasks.replaceChildren(...made.tasks.map(([text], at) => h("li", { class: at < done ? "done" : "",
      "aria-current": at === done ? "step" : null },
    h("span", { class: "n" }, at < done ? icon("check") : String(at + 1)),
    h("span", { class: "t" }, text, at < done ? h("span", { class: "sr" }, " (done)") : null))));
    if (made.tasks.length && done === made.tasks.length) {
      tasks.append(h("li", { class: "end" }, h("span", { class: "t" }, "Now try what you like.")));
    }
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
  function show(to) {
    to = Math.max(0, Math.min(frames.length - 1, to));
    const before = pos, near = Math.abs(to - pos) === 1;
    const old = near && !calm() ? measure() : null, oldState = state();
    pos = to;
    branch = null;
    ghosts.replaceChildren();
    redraw();
    if (old) move(old, oldState);
    if (before !== pos) happened({ what: state().what, way: pos < before ? "back" : "" });
  }

  // -- What the learner does --
  function choose(event) {
    const chosen = event.currentTarget;
    for (const each of chosen.parentNode.children) each.setAttribute("aria-pressed", String(each === chosen));
    sayOrder();
  }
  const order = () => +sizes.querySelector("[aria-pressed=true]").dataset.order;
  const sayOrder = () => { asked.textContent = `${order() ? "pages" : "page"} (order ${order()})`; };
  function happened(event) {
    while (done < made.tasks.length && isDone(made.tasks[done], event)) {
      done++;
      drawTasks();
      event = {};
    }
  }
  function isDone([, what, number, way], event) {
    if (event.what !== what || (way && event.way !== way)) return false;
    const until = frames.slice(firstOf(state().operation), pos + 1);
    return !number || until.filter((frame) => frame.what === what).length === number;
  }
  function allocate() {
    const ask = whats.querySelector("[aria-pressed=true]").dataset.ask;
    act("allocating", "allocate", { do: "allocate", order: order(), ask });
  }
  function act(label, verb, message) {
    stop();
    pick = null;
    const kept = state().operation + 1; // an operation that is not at its end is finished first
    const drops = frames.length - 1 - (kept ? lastOf(kept - 1) : 0);
    const go = () => {
      waiting = 1;
      const late = setTimeout(() => { waiting = 2; drawSay(); }, 400);
      ui.ask({ ...message, position: begin + kept }).then(() => { clearTimeout(late); waiting = 0; drawSay(); });
      happened({ what: verb });
    };
    if (drops <= 0) return go();
    branch = { label, verb, drops, go };
    drawSay();
  }
  function clicked(event) {
    const node = event.target.closest(".b");
    if (node) touch(+node.dataset.at, false);
  }
  function touch(at, onlyFree) {
    const block = blockAt(at);
    if (block[2] === "used") act("freeing", "free", { do: "free", pfn: at });
    else if (!onlyFree && block[2] === "free") {
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
    if (pos === frames.length - 1) show(0);
    const onward = () => {
      timer = pos + 1 < frames.length - 1 ? setTimeout(onward, SPEEDS[speed.value]) : 0;
      show(pos + 1);
    };
    timer = setTimeout(onward, 30);
    drawTime();
  }
  function press(key) {
    if (keys.querySelector(`[data-to=${key}]`).getAttribute("aria-disabled") === "true") return;
    if (key === "play") return timer ? stop() : play();
    stop();
    show({ first: 0, back: pos - 1, next: pos + 1, last: frames.length - 1 }[key]);
  }
  function trackKeys(event) {
    const ends = [0, ...names.map((_, operation) => lastOf(operation))];
    const to = {
      ArrowRight: pos + 1, ArrowUp: pos + 1, ArrowLeft: pos - 1, ArrowDown: pos - 1, Home: 0, End: frames.length - 1,
      PageUp: ends.find((end) => end > pos) ?? pos, PageDown: ends.findLast((end) => end < pos) ?? 0,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    stop();
    show(to);
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
    if (frames.length > 1) press("play");
  }
  function showCode(on) {
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
  }));
  observer.observe(root);
  ui.cleanup(() => observer.disconnect());
  drawTasks();
  sayOrder();
  showCode(true);

  function draw(picture) {
    const before = frames;
    ({ frames, operations: names, begin, code } = picture);
    if (!known) { // as the cell left it
      known = true;
      pos = lastOf(picture.position - begin - 1);
      if (pos < 0) pos = 0;
      return redraw();
    }
    const alike = (at) => JSON.stringify(before[at]?.blocks) === JSON.stringify(frames[at].blocks)
      && before[at]?.sentence === frames[at].sentence;
    let same = 0;
    while (same < frames.length && alike(same)) same++;
    if (same === frames.length && same === before.length) return redraw();
    stop();
    pos = Math.max(0, Math.min(same, frames.length) - 1);
    redraw();
    if (same === frames.length) return;
    if (calm()) while (pos < frames.length - 1) show(pos + 1); // each step was there: tasks are ticked by them
    else play();
  }
  return { draw };
}
