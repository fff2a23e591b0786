// Compare: what else differs than is said, what happened on both sides, and the lists beside each other.

export default view((ui) => {
  const further = h("ul", { class: "ml-further", "aria-label": "What else differs" });
  const happened = h("div", { class: "ml-happened" });
  const tables = h("div", {});
  const nothing = h("div", {});
  ui.el.append(further, happened, tables, nothing);

  return (picture) => {
    further.hidden = !picture.further.length;
    further.replaceChildren(...picture.further.map((sentence) => h("li", {}, sentence)));
    happened.replaceChildren(...picture.happened.map(([heading, lines]) =>
      h("div", {}, h("h4", {}, heading),
        h("ol", { class: "ml-lines" }, ...lines.map((line) => h("li", {}, line))))));
    tables.replaceChildren(...picture.tables.map((table) => compared(ui, table, picture.sides)));
    nothing.textContent = picture.nothing;
  };
});

function compared(ui, [title, head, rows], sides) {
  const names = (label, look) => label.map((words, at) => h("th", { scope: "row" },
    look && at === label.length - 1 ? swatch(look, ui.looks[look][1]) : null, words));
  return scrolledTable(title, title, ["", ...head, ...sides], rows.map(([differs, label, look, cells]) =>
    h("tr", { class: differs ? "ml-different" : "" },
      h("td", { class: "ml-mark" }, differs ? "≠" : "=", differs ? h("span", { class: "ml-word" }, " differs") : null),
      ...names(label, look),
      ...cells.map((cell) => h("td", {}, ...(cell.length ? cell.map((entry) => word(entry, look)) : ["empty"]))))),
  { class: "ml-compared" });
}

// A block as a box, anything else as it is; a star and a thick frame at what differs.
function word([text, differs, isBlock], look) {
  const css = ["ml-entry", isBlock && look ? `ml-${look}` : "ml-plain", differs ? "ml-star" : ""].join(" ");
  return h("span", { class: css }, differs ? `${text}*` : text);
}
