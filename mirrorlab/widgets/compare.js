// Compare: the same pages of each machine under each other, and the lists that differ.

export default view((ui) => {
  const steps = stepper(ui);
  const search = h("button", { class: "btn primary", onclick: () => ui.ask({ do: "first_difference" }) },
    "To the first difference");
  const place = pick("zone", [], "", { onchange: ({ target }) => ui.ask({ do: "place", place: target.value }) });
  const call = h("h3"), under = disclosure("under");
  const strips = h("div"), key = h("ul", { class: "legend", "aria-label": "What the letters mean" });
  const lists = h("div", { class: "lists", "aria-label": "Lists that differ" });
  const controls = h("div", { class: "fields" }, call, steps.el, search, place, under.button);
  asCard(ui, "compare", controls).append(strips, key, lists, under.el);

  return (picture) => {
    for (const each of [steps.el, search]) each.hidden = !picture.steps;
    if (picture.steps) steps.draw(...picture.steps);
    call.textContent = picture.call;
    place.hidden = picture.places.length < 2;
    place.replaceChildren(...picture.places.map((name) =>
      h("option", { value: name, selected: name === picture.place }, `zone ${name}`)));
    strips.replaceChildren(h("div", { class: "ruler", "aria-hidden": "true" },
      ...picture.ruler.map((words) => h("span", {}, words))),
    ...picture.strips.map((strip, at) => oneStrip(picture.sides[at], strip, picture.pages)));
    key.replaceChildren(...picture.key.map(([look, letter, name]) => h("li", {},
      h("span", { class: `swatch t-${look}` }, letter), name)));
    lists.style.setProperty("--sides", picture.sides.length);
    lists.setAttribute("role", picture.lists.length ? "table" : "group");
    lists.replaceChildren(...listsThatDiffer(picture));
    under.draw(...details(picture));
  };
});

function oneStrip(name, strip, pages) {
  const at = (page, number) => `left:${percent(page / pages)};width:${percent(number / pages)}`;
  const odd = strip.filter(([, , , , , differs]) => differs).map(([, , , , , , words]) => words);
  return h("div", { class: "strip", role: "img",
    "aria-label": `${name}: ${odd.length ? `differs: ${odd.join("; ")}` : "no difference here"}` },
  h("span", { class: "side" }, name),
  ...strip.flatMap(([page, number, look, letter, mirrored, differs, words]) => [
    h("span", { class: `block t-${look}${differs ? " odd" : ""}`, style: at(page, number), title: words },
      h("b", {}, letter)),
    ...(mirrored ? [h("i", { style: at(page, number) })] : [])]));
}

function listsThatDiffer({ sides, lists, more }) {
  if (!lists.length) return [h("p", {}, "No list differs.")];
  const row = (role, first, cells) => h("div", { role: "row" }, h("span", { role }, ...first), ...cells);
  return [
    row("columnheader", ["≠ list, from its head"], sides.map((name) => h("span", { role: "columnheader" }, name))),
    ...lists.map(([, label, letter, cells]) => row("rowheader",
      [letter && h("span", { class: `swatch t-${letter}` }, letter), label.join(", ")], cells.map((cell) =>
        h("span", { role: "cell" }, ...(cell.length ? cell.map((entry) => chip(entry, letter)) : ["empty"]))))),
    ...(more ? [row("rowheader", [`and ${more} more in Details`], [])] : []),
  ];
}

// A block as a chip, anything else as it is; a star and an outline at what differs.
function chip([text, differs, isBlock], letter) {
  const css = `${isBlock && letter ? `chip t-${letter}` : "plain"}${differs ? " odd" : ""}`;
  return h("span", { class: css }, differs ? `${text}*` : text);
}

function details({ further, happened, sides, tables, nothing }) {
  const cells = (cell) => (cell.length ? cell.flatMap(([text, differs]) => [
    h("span", { class: differs ? "odd" : "" }, differs ? `${text}*` : text), " "]) : ["empty"]);
  return [
    ...(further.length ? [h("ul", { "aria-label": "What else differs" }, ...further.map((line) => h("li", {}, line)))]
      : []),
    ...happened.map(([heading, lines]) => h("div", {}, h("h3", {}, heading),
      h("ol", {}, ...lines.map((line) => h("li", {}, line))))),
    ...tables.map(([title, head, rows]) => scrolledTable(title, title, ["", ...head, ...sides],
      rows.map(([differs, label, , each]) => h("tr", {}, h("td", {}, differs ? "≠ differs" : "="),
        ...label.map((words) => h("th", { scope: "row" }, words)),
        ...each.map((cell) => h("td", {}, ...cells(cell))))))),
    ...(nothing ? [h("p", {}, nothing)] : []),
  ];
}
