// The prediction card. What explains comes from Python, after Commit or Show me: until then it is not in the page.

const LOOKS = { Right: ["good", "check"], "Not yet": ["wait", "turn"], "Here it is": ["", "eye"] };
const NUMBER = /^\s*(0x[0-9a-f]+|[\d,]+)\s*$/i;

function html(tag, attributes, text) { // text: made by Python, escaped there
  const element = h(tag, attributes);
  element.innerHTML = text;
  return element;
}
const badge = (words) => h("span", { class: "badge" }, icon("check"), h("span", { class: "sr" }, ` ${words}`));

// -- Ways to answer: {el, read(), show(back), lock()}; read() is what Python gets, or null while it is not complete --

// Things of which one is chosen, with the arrow keys too.
function radios(group, changed) {
  const all = [...group.children];
  let locked = false;
  const mark = (chosen) => all.forEach((each, at) => {
    each.setAttribute("aria-checked", String(each === chosen));
    each.tabIndex = each === (chosen ?? all[0]) ? 0 : -1;
  });
  const choose = (each) => { if (!locked) { mark(each); changed(); } };
  all.forEach((each) => { each.onclick = () => choose(each); });
  group.setAttribute("role", "radiogroup");
  group.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step || locked) return;
    event.preventDefault();
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    next.focus();
    choose(next);
  };
  mark(null);
  return {
    chosen: () => all.findIndex((each) => each.getAttribute("aria-checked") === "true"),
    mark: (at) => mark(all[at] ?? null),
    lock: () => { locked = true; all.forEach((each) => each.setAttribute("aria-disabled", "true")); },
  };
}

function chip(text, role) {
  return h("button", { class: "choice", role, "aria-checked": "false" }, text);
}

function markRight(all, { marks, whose }) {
  for (const at of marks) {
    all[at].classList.add("answer");
    all[at].append(badge(`${whose}: this one`));
  }
}

function oneOf(el, values, changed) {
  const group = radios(el, changed);
  return {
    el, lock: group.lock,
    read: () => values[group.chosen()] ?? null,
    show: (back) => { group.mark(back.chosen[0]); markRight(el.children, back); },
  };
}

function someOf(el, values, changed) {
  const all = [...el.children];
  const isOn = (each) => each.getAttribute("aria-checked") === "true";
  let locked = false;
  for (const each of all) {
    each.onclick = () => {
      if (locked) return;
      each.setAttribute("aria-checked", String(!isOn(each)));
      changed();
    };
  }
  return {
    el,
    read: () => (all.some(isOn) ? values.filter((_, at) => isOn(all[at])) : null),
    show: (back) => {
      all.forEach((each, at) => each.setAttribute("aria-checked", String(back.chosen.includes(at))));
      markRight(all, back);
    },
    lock: () => { locked = true; all.forEach((each) => each.setAttribute("aria-disabled", "true")); },
  };
}

function field(name, changed) {
  const input = h("input", { inputmode: "numeric", autocomplete: "off" });
  input.addEventListener("input", () => {
    input.setAttribute("aria-invalid", String(input.value !== "" && !NUMBER.test(input.value)));
    changed();
  });
  return { label: h("label", {}, name, input), input };
}
const filled = (inputs) => inputs.every(({ value }) => NUMBER.test(value));
const lockAll = (inputs) => inputs.forEach((input) => { input.readOnly = true; });

const WAYS = {
  numbers({ fields }, changed) {
    const all = fields.map((name) => field(name, changed)), inputs = all.map(({ input }) => input);
    return {
      el: h("div", { class: "fields" }, ...all.map(({ label }) => label)),
      read: () => (filled(inputs) ? inputs.map(({ value }) => value.trim()) : null),
      show: ({ mine }) => [mine ?? []].flat().forEach((value, at) => { inputs[at].value = String(value); }),
      lock: () => lockAll(inputs),
    };
  },
  rows({ fields }, changed) { // as one row is begun, the next one comes
    const rows = [];
    const el = h("div", { class: "fields" });
    const empty = (row) => row.every(({ value }) => value === "");
    const more = () => {
      if (rows.length && empty(rows.at(-1))) return;
      const all = fields.map((name) => field(name, () => { more(); changed(); }));
      rows.push(all.map(({ input }) => input));
      el.append(h("fieldset", { class: "pair", "aria-label": `row ${rows.length}` }, ...all.map(({ label }) => label)));
    };
    more();
    const used = () => rows.filter((row) => !empty(row));
    return {
      el,
      read: () => (used().length && used().every(filled) ? used().map((row) => row.map((each) => each.value.trim()))
        : null),
      show: ({ mine }) => (mine ?? []).forEach((values, at) => {
        values.forEach((value, column) => { rows[at][column].value = String(value); });
        more();
      }),
      lock: () => {
        lockAll(rows.flat());
        if (rows.length > 1) el.lastChild.hidden = true; // the empty one
      },
    };
  },
  options({ options, some }, changed) {
    const chips = options.map((text) => chip(text, some ? "checkbox" : "radio"));
    const el = h("div", { class: "choices", role: "group" }, ...chips);
    return (some ? someOf : oneOf)(el, options, changed);
  },
  blocks({ blocks }, changed) {
    const el = h("div", { class: "mini" }, ...blocks.map(([at, pages, look, letter, words]) =>
      h("button", { class: `block t-${look.length === 1 ? look : "used"}`, role: "radio", "aria-label": words,
        style: `flex:${pages}` }, h("b", {}, letter), h("small", {}, at))));
    return oneOf(el, blocks.map(([at]) => at.slice(1)), changed);
  },
};

// -- What comes after it --

function outcome({ outcome: word, said, whose, linux }) {
  const [css, shape] = LOOKS[word] ?? ["", "eye"];
  const lines = [...(said === null ? [] : [["you said", said]]), [whose, linux]];
  return h("div", { class: `outcome ${css}` }, h("span", { class: "mark" }, icon(shape)),
    h("h4", { tabindex: -1 }, word || "The answer"),
    h("dl", {}, ...lines.flatMap(([name, words]) => [h("dt", {}, name), h("dd", {}, words)])));
}

function followUp({ question, options, right, note }) {
  const id = newName();
  const el = h("div", { class: "choices", "aria-labelledby": id }, ...options.map((text) => chip(text, "radio")));
  const reply = h("p", { class: "note", role: "status" }, "Choose one.");
  const group = radios(el, () => {
    if (group.chosen() === right) reply.innerHTML = `Right. ${note}`;
    else reply.textContent = "Not that one. Read it once more, and choose again.";
  });
  return h("div", { class: "seen" }, html("p", { id }, `<b>${question}</b>`), el, reply);
}

function lineByLine(then) {
  return then && h("details", { class: "then" }, h("summary", {}, "Look: what the model did"),
    h("pre", { tabindex: 0 }, then));
}

function makeCard(ui, made) {
  const id = newName();
  const way = WAYS[made.form](made, () => commit.setAttribute("aria-disabled", String(way.read() === null)));
  way.el.setAttribute("aria-labelledby", id);
  if (!way.el.hasAttribute("role")) way.el.setAttribute("role", "group");
  const commit = h("button", { class: "btn primary", "aria-disabled": "true", onclick: () => {
    if (way.read() !== null) ui.ask({ do: "commit", mine: way.read() });
  } }, "Commit");
  const waiting = h("span", { class: "wait", role: "status" });
  const acts = h("div", { class: "acts" }, commit,
    h("button", { class: "btn quiet", onclick: () => ui.ask({ do: "show" }) }, "Show me"), waiting);
  ui.wait = (words) => { waiting.textContent = words; }; // beside the buttons
  const inside = h("div"), reveal = h("div", { class: "reveal", "aria-live": "polite" }, inside);
  const hints = h("div", { class: "hint" });
  const el = h("section", { class: "predict card", "aria-labelledby": id },
    h("div", { class: "top" }, h("span", { class: "tag" }, "Predict"), html("h3", { class: "q", id }, made.question)),
    hints, way.el, acts, reveal);
  el.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) commit.click();
  });
  ui.el.append(el);

  function open(back) {
    const here = el.contains(document.activeElement);
    way.show(back);
    way.lock();
    acts.hidden = true;
    inside.append(...[outcome(back), html("p", { class: "why" }, back.explanation), followUp(back.seen),
      lineByLine(back.then)].filter(Boolean));
    requestAnimationFrame(() => {
      reveal.classList.add("open");
      if (here) inside.querySelector("h4").focus(); // the button that had the focus is gone
    });
  }
  let opened = false;
  return ({ notes, back }) => {
    hints.replaceChildren(...notes.map((note) => h("p", {}, note)));
    hints.hidden = !notes.length;
    if (back && !opened) open(back);
    opened ||= !!back;
  };
}

export default view((ui) => {
  let draw = null;
  return (picture) => (draw ??= makeCard(ui, picture))(picture);
});
