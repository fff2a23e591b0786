// ExhaustLab: free pages by type over the operations of a load, and the moments at which requests got less than asked.

export default view((ui) => {
  const controls = loadControls(ui);
  const chart = bands();
  const marks = h("ol", { class: "marks", "aria-label": "When requests first fell back or were refused" });
  const key = h("ul", { class: "legend", "aria-label": "Free pages now, by type" });
  const under = disclosure("under");
  controls.acts.append(under.button);
  asCard(ui, "exhaust", controls.load, controls.acts).append(chart.el, key, marks, under.el);

  return (picture) => {
    controls.draw(picture);
    chart.draw(picture.chart);
    const { bands, operations } = picture.chart;
    key.replaceChildren(...bands.map(([name, letter, pages]) => h("li", {},
      h("span", { class: `swatch t-${letter}` }, letter), `${name} ${thousands(pages)}`)),
    h("li", {}, `operation ${thousands(operations)}`));
    marks.replaceChildren(...picture.chart.marks.map(({ words, refused }, at) => h("li", {}, sign(at, refused),
      h("span", {}, h("b", {}, refused ? "refused " : "fell back "), words))));
    under.draw(...tables(picture));
  };
});

const sign = (at, refused) => h("span", { class: `sign${refused ? " refused" : ""}` }, String(at + 1));

// What the load asks for, and what can be done with it.
function loadControls(ui) {
  const set = (name, value) => ui.ask({ do: "set", name, value });
  const share = (name, label, max = 100) => numeric(label, 0, { max, step: 5,
    onchange: ({ target }) => set(name, Math.min(+target.value, max) / 100) });
  const shares = { kernel: share("kernel", "kernel's share, %"), mirrored: share("mirrored", "of these mirrored, %"),
    frees: share("frees", "frees, %", 95) };
  const seed = numeric("seed", 0, { onchange: ({ target }) => set("seed", +target.value) });
  const orders = pick("orders", [], "", { onchange: ({ target }) => set("orders", target.value) });
  const load = h("div", { class: "fields" }, ...Object.values(shares).map(({ el }) => el),
    h("label", {}, "orders ", orders), seed.el);
  const button = (name, message, css = "") => h("button", { class: `btn ${css}`, "data-key": message,
    onclick: ({ currentTarget }) => {
      if (currentTarget.getAttribute("aria-disabled") !== "true") ui.ask({ do: message });
    } }, name);
  const run = button("Run", "run", "primary"), stop = button("Stop", "stop"), again = button("Again", "again");
  const on = button("Run past failures", "run_on");
  const bar = h("progress", { "aria-label": "Operations of this run" }), words = h("span");
  const progress = h("span", { class: "progress" }, bar, words);
  const acts = h("div", { class: "fields" }, run, stop, again, on, progress);
  const show = (input, value) => { if (document.activeElement !== input) input.value = value; };

  function draw(picture) {
    for (const [name, { input }] of Object.entries(shares)) show(input, Math.round(100 * picture.load[name]));
    shares.mirrored.el.hidden = !picture.mirror;
    show(seed.input, picture.load.seed);
    orders.replaceChildren(...picture.mixes.map((name) =>
      h("option", { selected: name === picture.load.orders }, name)));
    const runs = picture.progress !== null;
    for (const each of [run, again, on]) each.setAttribute("aria-disabled", String(runs));
    stop.setAttribute("aria-disabled", String(!runs));
    progress.style.visibility = runs ? "visible" : "hidden";
    if (runs) [bar.value, bar.max, words.textContent] = picture.progress;
  }
  return { load, acts, draw };
}

function bands() {
  const el = h("div", { class: "bands", role: "img" });
  const at = (x) => `left:${x / 10}%`;
  function draw({ most, now, bands: all, marks }) {
    const words = all.map(([name, , pages]) => `${name} ${thousands(pages)}`).join(", ");
    el.setAttribute("aria-label", `Free pages over the operations, at first ${thousands(most)}; now ${words}`);
    const areas = h("div");
    areas.innerHTML = `<svg viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true">${
      all.map(([, letter, , path]) => `<path class="t-${letter}" d="${path}"/>`).join("")}</svg>`;
    el.replaceChildren(areas.firstChild, h("span", { class: "most" }, `${thousands(most)} free pages`),
      ...all.filter(([, , , , place]) => place).map(([, letter, , , [x, y]]) =>
        h("b", { class: `t-${letter}`, style: `${at(x)};top:${y / 10}%` }, letter)),
      ...marks.map(({ at: x, row, refused }, n) => {
        const each = sign(n, refused);
        each.style.top = `${2 + 22 * row}px`;
        return h("span", { class: `mark${x < 20 ? " early" : x > 980 ? " late" : ""}`, style: at(x) }, each);
      }),
      ...(now === null ? [] : [h("span", { class: "now", style: at(now), title: "the machine is here" })]));
  }
  return { el, draw };
}

function tables({ why, zones: [head, ...zones], moments: [titles, ...moments], facts }) {
  return [
    ...(why.length ? [table("Why the last request found no page, line by line", ["Linux", "what it means"], why)] : []),
    table("The zones now, in pages", head, zones),
    table("The load at some moments: free pages, and failures so far", titles, moments),
    h("ul", { "aria-label": "The machine and the load" }, ...facts.map((line) => h("li", {}, line))),
  ];
}
