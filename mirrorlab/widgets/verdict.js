// The verdict on an exercise: its state, one sentence, what differs, how far it got, and what to do next.

Object.assign(SHAPES, {
  bang: "M12 5v9M12 18.5v.5", dot: "M12 8a4 4 0 1 0 .01 0",
  bulb: "M9 18h6M10 21h4M8.5 14.5a5.5 5.5 0 1 1 7 0L15 16H9z",
});
const STATES = { "not started": ["idle", "dot"], error: ["error", "bang"], "not yet": ["wait", "turn"],
  right: ["good", "check"] };
const PASSED = { yes: ["check", "yes"], no: ["turn", "not yet"], "": ["dot", "not looked at"] };
const VIEW = "application/vnd.jupyter.widget-view+json";

export default view((ui) => {
  const head = h("div", { class: "head" }), body = h("div", { class: "body" });
  const hints = h("div", { class: "hints", role: "status", hidden: true });
  const told = h("div", { class: "told", role: "status" });
  const acts = h("div", { class: "acts" }), details = h("div", { class: "details" });
  const card = h("section", { class: "verdict card" }, head, body, hints, told, acts, details);
  ui.el.append(h("div", { class: "box" }, card));

  let drawn = "";

  function once(picture) {
    const [css, shape] = STATES[picture.state];
    card.className = `verdict card ${css}`;
    card.setAttribute("aria-label", `${picture.word}: ${picture.function}`);
    head.replaceChildren(h("span", { class: "face2" }, icon(shape)), h("h3", {}, picture.word),
      h("code", {}, picture.function));
    body.replaceChildren(...content(picture));
  }
  return (picture) => {
    if (!drawn) once(picture);
    if (hints.childElementCount !== picture.hints.length) hints.replaceChildren(...picture.hints.map(hint));
    hints.hidden = !picture.hints.length;
    if (picture.kept && told.textContent !== picture.kept) told.textContent = picture.kept;
    const now = JSON.stringify([picture.hint, picture.opened]);
    if (now !== drawn) acts.replaceChildren(...buttons(ui, picture, told)); // else a question may stand there
    drawn = now;
    details.replaceChildren(...(picture.opened ? call(ui, picture) : []));
  };
});

// Words with `code`, **strong** and *emphasis* in them.
function inline(text) {
  const tags = { "`": "code", "**": "b", "*": "em" };
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*)/).map((part, at) => {
    if (at % 2 === 0) return part;
    const mark = part.match(/^(`|\*\*|\*)/)[0];
    return h(tags[mark], {}, part.slice(mark.length, -mark.length));
  });
}
const paragraph = (text, css = null) => h("p", { class: css }, ...inline(text));
const lines = (texts, css, name) => (texts.length ?
  [h("pre", { class: css, tabindex: 0, "aria-label": name }, texts.join("\n"))] : []);
const hint = (text) => h("div", { class: "hint" }, icon("bulb"), h("div", {}, ...text.split("\n\n").map((each) =>
  paragraph(each))));

function content(picture) {
  return [
    ...picture.notes.map((note) => paragraph(note, "note")),
    paragraph(picture.lead, "lead"),
    ...lines(picture.code, "line", "the line"),
    ...picture.body.filter((line) => line).map((line) => paragraph(line.trim())),
    ...(picture.call ? [h("code", { class: "which" }, picture.call)] : []),
    ...(picture.rows.length ? [differences(picture)] : []),
    ...(picture.printed.length ? [h("div", { class: "cap" }, "Your function printed:"),
      ...lines(picture.printed.map((line) => line.replace(/^ {4}/, "")), "printed", "what it printed")] : []),
    ...(picture.layers.length ? [h("ol", { class: "layers", "aria-label": "How far it got" },
      ...picture.layers.map(([words, passed]) => h("li", { class: passed },
        icon(PASSED[passed][0]), words, h("span", { class: "sr" }, `: ${PASSED[passed][1]}`))))] : []),
  ];
}

// What differs: a row each, before the call (where that is known), yours, Linux's.
function differences({ rows, more, judge, letters }) {
  const before = rows.some(([, , cell]) => cell !== null);
  const titles = ["what", ...(before ? ["before"] : []), "yours", judge];
  const shown = (cells) => (before ? cells : cells.slice(1));
  const css = ["", ...shown(["", "yours", ""])];
  return h("div", { class: `diff${before ? "" : " two"}`, role: "table", "aria-label": "What differs" },
    h("div", { role: "row" }, ...titles.map((title, at) => h("span", { role: "columnheader", class: css[at] }, title))),
    ...rows.map(([name, kind, ...cells]) => h("div", { role: "row" },
      h("span", { role: "rowheader" }, kind ? `${name}, ${kind}` : name),
      ...shown(cells).map((cell, at, all) => h("span", { role: "cell", class: css[at + 1] },
        ...entries(cell, letters[kind], at >= all.length - 2))))),
    ...(more ? [h("div", { role: "row" }, h("span", { role: "cell", class: "rest" }, `and ${more} more`))] : []));
}
function entries(cell, letter, differ) {
  if (cell === null) return [""];
  if (!cell.length) return [h("span", { class: differ ? "none odd" : "none" }, "empty")];
  return cell.map(([text, differs, isBlock, doubled]) => {
    const edge = ["", " twice half", " twice"][isBlock ? doubled : 0];
    return h("span", { class: `${isBlock ? `chip t-${letter}${edge}` : "value"}${differs ? " odd" : ""}` },
      isBlock && letter ? h("b", {}, letter) : null, text, differs ? h("span", { class: "sr" }, " (differs)") : null);
  });
}

// -- Buttons --
function button(key, words, shape, primary, onclick) {
  return h("button", { class: `btn${primary ? " primary" : ""}`, "data-key": key, onclick },
    shape ? icon(shape) : null, h("span", {}, words));
}

function buttons(ui, picture, told) {
  const made = [];
  if (picture.hint) {
    const main = picture.state !== "right";
    made.push(button("hint", picture.hint, "bulb", main, () => ui.ask({ do: "hint" })));
  }
  if (picture.details.length) {
    const open = button("call", "See the call", "eye", false, () => ui.ask({ do: "call" }));
    open.setAttribute("aria-expanded", String(picture.opened));
    made.push(open);
  }
  if (picture.next.words) made.push(next(ui, picture.next));
  if (picture.stub && ["error", "not yet"].includes(picture.state)) made.push(reset(ui, picture, told));
  return made;
}

// The second press discards; leaving the button takes the question back.
function reset(ui, picture, told) {
  const words = h("span", {}, "Reset");
  let asked = false;
  const ask = (now) => {
    asked = now;
    words.textContent = asked ? "Discard my code?" : "Reset";
  };
  return h("button", { class: "btn push", "data-key": "reset", onblur: () => ask(false), onclick: async () => {
    if (!asked) {
      ask(true);
      told.textContent = "Press once more: the cell gets its first text back.";
      return;
    }
    ask(false);
    const cell = await ownCell(ui, picture);
    if (!cell) return showStub(picture, told);
    told.textContent = "Waiting for the kernel, to keep your text …";
    await ui.ask({ do: "reset", code: cell.getSource() });
    cell.setSource(picture.stub); // one step in the cell's undo history
  } }, words);
}

// The cell in whose output this card is, if the exercise is in it; null in a front end that does not say.
async function ownCell(ui, picture) {
  const named = (cell) => (cell.outputs?.toJSON() ?? []).some(({ data }) => data?.[VIEW]?.model_id === picture.cell);
  const cell = [...(ui.context()?.model?.cells ?? [])].find(named)?.sharedModel;
  return cell?.setSource && cell.getSource().includes(picture.exercise) ? cell : null;
}
function showStub(picture, told) {
  const text = h("pre", { class: "stub", tabindex: 0, "aria-label": "the first text" }, picture.stub);
  const copied = () => { copy.lastChild.textContent = "Copied"; };
  const select = () => { getSelection().selectAllChildren(text); document.execCommand("copy"); copied(); };
  const copy = button("copy", "Copy", "", false, () =>
    (navigator.clipboard ? navigator.clipboard.writeText(picture.stub).then(copied, select) : select()));
  told.replaceChildren(paragraph("Your code stays as it is. This is the first text of the cell:"), text, copy);
}

// On to the next exercise, which is a cell of this notebook, or to another notebook.
function next(ui, { words, exercise, path }) {
  if (path) {
    const folder = (ui.context()?.path ?? "").split("/").slice(0, -1);
    const there = path.split("/").reduce((way, part) => (part === ".." ? way.slice(0, -1) : [...way, part]), folder);
    return h("a", { class: "btn primary", href: path, "data-key": "next",
      "data-commandlinker-command": "docmanager:open",
      "data-commandlinker-args": JSON.stringify({ path: there.join("/") }) }, h("span", {}, words), icon("arrow"));
  }
  const made = button("next", words, "", true, () => {
    const cells = [...(ui.context()?.model?.cells ?? [])];
    const at = cells.findIndex((cell) => cell.sharedModel.getSource().includes(`@check("${exercise}"`));
    const there = ui.el.closest(".jp-Notebook")?.querySelector(`[data-windowed-list-index="${at}"]`);
    there?.scrollIntoView({ block: "start" });
    there?.querySelector(".cm-content")?.focus({ preventScroll: true });
  });
  made.append(icon("arrow"));
  return made;
}

// -- The call --
function call(ui, picture) {
  const sides = h("span", { class: "seg", role: "group", "aria-label": "whose memory" }, ...picture.sides.map((side) =>
    h("button", { "aria-pressed": String(side === picture.side), "data-key": `side-${side}`,
      onclick: () => ui.ask({ do: "side", side }) }, side)));
  return [...lines(picture.details.map((line) => line.replace(/^ {4}/, "  ")), "text", "the call in words"),
    ...(picture.sides.length ? [h("div", { class: "sides" }, "On the stage, after the call:", sides)] : [])];
}
