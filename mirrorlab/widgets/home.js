// The course home: the next step, then the chapters with their lessons as cards on a path.

const MARKS = { done: "check", here: "play", begun: "play" };
const BLOCKS = [[0, 8, "used"], [10, 8, "X"], [20, 18, "X"], [40, 38, "X"], [80, 68, "M"]]; // start, width, list

export default view((ui) => {
  const root = h("div", { class: "home" });
  ui.el.append(h("div", { class: "box" }, root));
  const watcher = new IntersectionObserver(([entry]) => entry.isIntersecting && ui.ask({ do: "look" }));
  watcher.observe(root);
  ui.cleanup(() => watcher.disconnect());
  return ({ on, chapters }) => {
    root.replaceChildren(nextStep(on), ...chapters.map(chapterOf));
    root.querySelectorAll("a").forEach((link) => openInTab(ui.manager, link));
  };
}, "This is how far you were when the course was opened. To bring it up to date, click here and press Shift+Enter.");

function nextStep(on) {
  if (!on) return h("div", { class: "go" }, art(), h("h2", {}, "You have done all the lessons that there are."));
  return h("div", { class: "go" }, art(), h("h2", {}, `${on.number} · ${on.title}`), h("p", {}, on.sentence),
    h("a", { class: "btn primary", href: on.href, "data-key": "on" }, on.verb, icon("arrow")));
}

function chapterOf({ name, lessons }) {
  const done = lessons.filter(({ state }) => state === "done").length;
  return h("section", { class: "chapter" },
    h("header", {}, h("h3", {}, name), h("span", {}, `${done} of ${lessons.length} done`),
      h("span", { class: "bar", "aria-hidden": "true" },
        h("i", { style: `width: ${(done / lessons.length) * 100}%` }))),
    h("ul", { class: "cards" }, ...lessons.map(cardOf)));
}

function cardOf({ number, title, state, minutes, exercises, href }) {
  const solved = exercises.filter(Boolean).length;
  const word = state === "new" ? "" : state;
  const spoken = [`Lesson ${number}, ${title}`, minutes && `${minutes} minutes`,
    exercises.length && `exercises ${solved} of ${exercises.length}`, word || "not started"];
  const css = `lesson ${state.replace(" ", "-")}`;
  const inside = [
    h("span", { class: "no" }, number,
      h("span", { class: "state" }, MARKS[state] ? icon(MARKS[state]) : null, word)),
    h("strong", {}, ...title.split(/(?<=_)(?=[A-Z])/).flatMap((part) => [part, h("wbr")])),
    h("span", { class: "foot" }, h("span", {}, minutes ? `${minutes} min` : ""),
      h("span", { class: "dots" }, ...exercises.map((each) => h("i", { class: each ? "on" : "" })))),
  ];
  const card = href
    ? h("a", { class: css, href, "data-key": number, "aria-label": spoken.filter(Boolean).join(", ") }, ...inside)
    : h("div", { class: css }, ...inside);
  return h("li", { class: state === "done" || state === "here" ? "past" : "" }, card);
}

// JupyterLab opens a notebook in a tab beside this one; elsewhere it is a link like any other.
function openInTab(manager, link) {
  const { linkHandler, resolver } = manager?.rendermime ?? {};
  if (!linkHandler || !resolver) return;
  resolver.resolveUrl(link.getAttribute("href")).then((path) => linkHandler.handleLink(link, path, ""));
}

function art() {
  const template = document.createElement("template");
  const rectangle = ([x, wide, list], more) =>
    `<rect x="${x}" width="${wide}" rx="3" fill="var(--${list})" ${more}/>`;
  template.innerHTML = `<svg viewBox="0 0 148 64" aria-hidden="true">${BLOCKS.map((block) =>
    rectangle(block, `y="6" height="30" stroke="var(--${block[2]}-deep)"`)
    + (block[2] === "M" ? "" : rectangle(block, 'y="47" height="12" opacity=".45"'))).join("")
  }<path d="M0 40.5h78M0 44h78" stroke="var(--mirror)" stroke-width="1.6"/></svg>`;
  return template.content.firstChild;
}
