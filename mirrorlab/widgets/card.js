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
