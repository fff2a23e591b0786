// What the scripts of views in cards share: it stands between base.js and the view's own.

const SHAPES = {
  first: "M6 5v14M18 5 9 12l9 7z", back: "M15 5 7 12l8 7", play: "M8 5v14l11-7z", pause: "M8 5v14M16 5v14",
  next: "M9 5l8 7-8 7", last: "M18 5v14M6 5l9 7-9 7z", check: "M5 12.5l4.5 4.5L19 7", more: "M6 9l6 6 6-6",
  code: "M9 7l-5 5 5 5M15 7l5 5-5 5", arrow: "M5 12h14M13 6l6 6-6 6",
  closer: "M12 5v14M5 12h14", wider: "M5 12h14",
  turn: "M4 12a8 8 0 1 0 3-6.2M4 4v4h4",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
};

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function icon(name) {
  const template = document.createElement("template");
  template.innerHTML = `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="${SHAPES[name]}"/></svg>`;
  return template.content.firstChild;
}

const percent = (share) => `${100 * share}%`;
const thousands = (number) => number.toLocaleString("en");

// A field for a number: {input, el, value()}.
function numeric(name, value, attributes) {
  const input = h("input", { type: "number", value, min: 0, ...attributes });
  return { input, el: h("label", {}, name, " ", input), value: () => +input.value || 0 };
}

// A choice among [value, what it is called].
const pick = (name, options, value, attributes = {}) => h("select", { "aria-label": name, ...attributes },
  ...options.map(([word, label]) => h("option", { value: word, selected: word === value }, label)));

// What waits behind a button: {button, el, draw(...parts)}.
function disclosure(css) {
  const el = h("div", { class: css, id: newName(), hidden: true });
  const button = h("button", { class: "btn", "aria-expanded": "false", "aria-controls": el.id, onclick: () => {
    el.hidden = !el.hidden;
    button.setAttribute("aria-expanded", String(!el.hidden));
  } }, "Details");
  return { button, el, draw: (...parts) => keepingFocus(el, () => el.replaceChildren(...parts)) };
}

// Make all of a view one card: rows of controls, the sentence that is said, and what is in the element returned.
function asCard(ui, css, ...controls) {
  ui.above.parentElement.classList.add("card", "whole", css);
  ui.above.append(...controls);
  return ui.el;
}

// Buttons to go through what happened, and a field to go straight to an operation: {el, draw(position, end)}.
function stepper(ui) {
  const button = (name, shape, message) => h("button", { class: "btn round", "aria-label": name, title: name,
    "data-key": `step-${name}`, onclick: () => ui.ask(message()) }, icon(shape));
  let last = 0;
  const by = (operations) => () => ({ do: "step", by: operations }); // from where Python is: quick presses all count
  const to = (position) => () => ({ do: "goto", position: position() });
  const { input, el, value } = numeric("after operation", 0, { onchange: () => ui.ask(to(value)()) });
  const all = h("span", { class: "steps", role: "group", "aria-label": "Steps" },
    button("Start", "first", to(() => 0)), button("Back", "back", by(-1)), el,
    button("On", "next", by(1)), button("End", "last", to(() => last)));
  function draw(position, end) {
    last = input.max = end;
    if (document.activeElement !== input || +input.value !== position) input.value = position;
  }
  return { el: all, draw };
}
