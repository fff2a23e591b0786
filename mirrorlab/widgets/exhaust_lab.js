// ExhaustLab: how far a run is, what went on over time, and the failing request line by line.

export default view((ui) => {
  const facts = h("div", { class: "ml-facts-list" });
  const progress = progressBar();
  const chart = h("div", { id: newName(), class: "ml-picture", role: "img" });
  const reader = explanation(ui);
  const zones = h("div", { class: "ml-tables" });
  const moments = h("div", { class: "ml-tables" });
  ui.el.append(facts, progress.el, h("div", { class: "ml-beside" },
    h("div", { class: "ml-scroll", tabindex: 0, role: "region", "aria-label": "What went on over time" }, chart),
    h("div", { class: "ml-right" }, reader.el, zones)), moments);
  nameSliders(ui.el);

  return (picture) => {
    facts.replaceChildren(...picture.facts.map((line) => h("div", {}, line)));
    progress.draw(picture.progress);
    drawChart(chart, picture);
    reader.draw(picture);
    zones.replaceChildren(table("The zones now, in pages", picture.zones[0], picture.zones.slice(1)));
    const [head, ...rows] = picture.moments;
    moments.replaceChildren(table("The load at some moments: free pages, and failures so far", head, rows));
  };
});

// ipywidgets does not name its sliders for those who hear them.
function nameSliders(el) {
  requestAnimationFrame(() => {
    for (const slider of el.closest(".mirrorlab")?.querySelectorAll(".widget-slider") ?? []) {
      const name = slider.querySelector(".widget-label")?.textContent;
      for (const part of slider.querySelectorAll("[role=slider], .widget-readout")) {
        part.setAttribute("aria-label", name);
        if (part.isContentEditable) part.setAttribute("role", "textbox");
      }
    }
  });
}

function progressBar() {
  const bar = h("progress", { "aria-label": "Operations of this run" });
  const words = h("span");
  const el = h("div", { class: "ml-progress" }, bar, words);
  function draw(progress) {
    el.style.visibility = progress ? "visible" : "hidden";
    if (!progress) return;
    [bar.value, bar.max, words.textContent] = progress;
  }
  return { el, draw };
}

function drawChart(chart, picture) {
  const shown =
    "Over the operations of the load: free pages by class, each zone with its watermarks, batches, failures.";
  const words = picture.chart ? shown : "No chart: matplotlib is not installed.";
  chart.setAttribute("aria-label", `${words} The tables have the numbers.`);
  if (!picture.chart) { chart.textContent = chart.getAttribute("aria-label"); return; }
  const own = picture.chart.replace(/(\bid="|url\(#|href="#)/g, `$1${chart.id}-`); // the view may be shown twice
  const drawn = new DOMParser().parseFromString(own, "image/svg+xml").documentElement;
  chart.replaceChildren(document.importNode(drawn, true));
}

// The explanation: a list of lines to go through with the arrow keys, or with the buttons.
function explanation(ui) {
  const name = newName();
  let line = 0;
  let count = 0;
  const read = (at) => ui.ask({ do: "read", line: at });
  const move = (lines) => ui.ask({ do: "move", lines }); // from where Python is: quick presses all count
  const button = (key, text, onclick) => h("button", { "data-key": key, onclick }, text);
  const back = button("why-back", "Line before", () => move(-1));
  const on = button("why-on", "Next line", () => move(1));
  const keys = {
    ArrowDown: () => move(1), ArrowUp: () => move(-1), Home: () => read(0), End: () => read(count - 1),
  };
  const list = listbox(name, "why", () => keys, { class: "ml-why" });
  const heard = h("span", { class: "ml-heard" });
  const meaning = h("span");
  const gloss = h("div", { class: "ml-gloss", role: "status", "aria-live": "polite" }, heard, meaning);
  const none = h("div");
  const controls = h("div", { class: "ml-bar" }, back, on);
  const el = h("div", {}, h("h4", { id: name }, "Why the last request failed"), none, controls, gloss, list);

  function draw(picture) {
    line = picture.line;
    count = picture.why.length;
    none.hidden = count > 0;
    none.textContent = picture.served;
    for (const part of [controls, gloss, list]) part.hidden = !count;
    const [words, means] = picture.why[line] ?? ["", ""];
    heard.textContent = count ? `Line ${line + 1} of ${count}: ${words.trim()} ` : "";
    meaning.textContent = means;
    back.setAttribute("aria-disabled", String(line === 0));
    on.setAttribute("aria-disabled", String(line >= count - 1));
    list.replaceChildren(...picture.why.map(([words], at) => option(list, at, at === line, null, () => read(at),
      { class: words.startsWith(" ") ? "ml-inner" : "" }, words.trim())));
    markCurrent(list, count ? line : -1);
  }
  return { el, draw };
}
