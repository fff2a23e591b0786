// What the scripts of all cards share, between base.js and the view's own.

const SHAPES = {
  first: "M6 5v14M18 5 9 12l9 7z", back: "M15 5 7 12l8 7", play: "M8 5v14l11-7z", pause: "M8 5v14M16 5v14",
  next: "M9 5l8 7-8 7", last: "M18 5v14M6 5l9 7-9 7z", check: "M5 12.5l4.5 4.5L19 7", more: "M6 9l6 6 6-6",
  code: "M9 7l-5 5 5 5M15 7l5 5-5 5", arrow: "M5 12h14M13 6l6 6-6 6",
};

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function icon(name) {
  const template = document.createElement("template");
  template.innerHTML = `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="${SHAPES[name]}"/></svg>`;
  return template.content.firstChild;
}
