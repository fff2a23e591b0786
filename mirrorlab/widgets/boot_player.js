// BootPlayer: the stages to walk through, the map with its lanes, the tables, and the log.

export default view((ui) => {
  const machine = machineChoice(ui);
  const walk = stageWalk(ui);
  const facts = h("div");
  const map = laneMap(ui);
  const tables = bootTables();
  const log = bootLog();
  ui.above.append(machine.el, walk.el);
  ui.el.append(facts, map.el, tables.el, log.el);

  return (picture) => {
    for (const part of [machine, walk, map, tables, log]) part.draw(picture);
    facts.replaceChildren(
      h("div", { class: "ml-headline" }, picture.where),
      ...picture.machine.map((line) => h("div", {}, line)));
  };
});

// JupyterLab leaves alone what is typed in an element with this; "r" in a list would turn the cell into plain text.
const TYPED = { "data-lm-suppress-shortcuts": "true" };

// Which machine boots, and with which command line.
function machineChoice(ui) {
  let picture = null;
  const choice = h("select", { ...TYPED, onchange: () => {
    line.value = picture.machines.find(([name]) => name === choice.value)[1]; // what the machine has of itself
  } });
  const boot = () => ui.ask({ do: "boot", machine: choice.value, cmdline: line.value });
  const line = h("input", {
    ...TYPED, type: "text", placeholder: "for example: mirrorable kernelcore=96M", spellcheck: "false",
    onkeydown: (event) => { if (event.key === "Enter") boot(); },
  });
  const el = h("div", { class: "ml-bar ml-machine", role: "group", "aria-label": "What boots" },
    h("label", {}, "machine ", choice), h("label", { class: "ml-line" }, "command line ", line),
    h("button", { onclick: boot }, "Boot again"));

  function draw(now) {
    const another = picture?.booted[0] !== now.booted[0];
    picture = now;
    if (!another) return; // what is typed stays
    choice.replaceChildren(...now.machines.map(([name]) => h("option", {}, name)));
    [, choice.value, line.value] = now.booted;
  }
  return { el, draw };
}

// The stages: forth, back, and a list of them.
function stageWalk(ui) {
  let picture = null;
  const goto = (position) => ui.ask({ do: "goto", position });
  const button = (key, text, onclick) => h("button", { "data-key": key, onclick }, text);
  const first = button("first", "Start", () => goto(0));
  const back = button("back", "Back", () => ui.ask({ do: "step", stages: -1 }));
  const on = button("on", "On", () => ui.ask({ do: "step", stages: 1 }));
  const last = button("last", "End", () => goto(list.children.length - 1));
  const list = h("ol", { class: "ml-stages", "aria-label": "Stages of the boot" });

  function draw(now) {
    if (!picture || JSON.stringify(picture.stages) !== JSON.stringify(now.stages)) {
      list.replaceChildren(...now.stages.map(([name, what], position) => h("li", {}, h("button", {
        "data-key": `stage-${position}`, title: what, onclick: () => goto(position),
      }, `${position + 1} ${name}`))));
    }
    picture = now;
    const end = now.position === now.stages.length - 1;
    for (const [control, stuck] of [[first, !now.position], [back, !now.position], [on, end], [last, end]]) {
      control.setAttribute("aria-disabled", String(stuck));
    }
    list.querySelectorAll("button").forEach((control, position) => {
      if (position === now.position) control.setAttribute("aria-current", "step");
      else control.removeAttribute("aria-current");
    });
  }
  const el = h("div", { role: "group", "aria-label": "Stages", class: "ml-walk" },
    h("div", { class: "ml-bar" }, first, back, on, last), list);
  return { el, draw };
}

// The map: for each part of memory its lanes, all over the same pages.
function laneMap(ui) {
  const button = (key, text, message) => h("button", { "data-key": key, onclick: () => ui.ask(message) }, text);
  const choice = h("select", {
    ...TYPED, "data-key": "show", "aria-label": "Part of memory shown",
    onchange: () => {
      const stretch = choice.value === "all" ? null : Number(choice.value);
      if (choice.value !== "part") ui.ask({ do: "show", stretch });
    },
  });
  const bar = h("div", { class: "ml-bar", role: "group", "aria-label": "Map" }, choice,
    button("closer", "Closer", { do: "closer" }), button("wider", "Wider", { do: "wider" }),
    button("left", "To lower pages", { do: "move", windows: -0.5 }),
    button("right", "To higher pages", { do: "move", windows: 0.5 }));
  const parts = h("div");
  const key = h("ul", { class: "ml-lane-key", "aria-label": "What the colours and letters mean" });
  const hint = h("div", { class: "ml-hint" },
    "Click in the map to come closer. A number on a free block is its order.");

  function draw(picture) {
    const options = picture.stretches.map((words, number) => h("option", { value: number }, words));
    const isPart = picture.windowed && picture.whole === null;
    if (isPart) options.push(h("option", { value: "part" }, picture.parts[0].title));
    choice.replaceChildren(h("option", { value: "all" }, "All memory"), ...options);
    choice.value = isPart ? "part" : picture.windowed ? String(picture.whole) : "all";
    parts.replaceChildren(...picture.parts.map((one) => lanes(ui, one)));
    key.replaceChildren(...picture.key.map(([lane, looks]) => h("li", {},
      h("span", { class: "ml-lane-name" }, lane),
      ...(looks.length ? looks : [["", "", "nothing"]]).map(([look, letter, name]) => h("span", {},
        look ? swatch(look, letter) : null, name)))));
  }
  return { el: h("div", {}, bar, parts, key, hint), draw };
}

function lanes(ui, part) {
  const closer = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    ui.ask({ do: "closer", pfn: part.first + Math.floor((event.clientX - box.left) / box.width * part.pages) });
  };
  const names = part.lanes.map(([name]) => name).join(", ");
  return h("div", { class: "ml-part" },
    h("div", {}, part.title),
    h("div", { role: "img", "aria-label": `Map of ${part.title}: ${names}. The tables below say the same.` },
      ...part.lanes.map(([name, pieces]) => h("div", { class: "ml-lane" },
        h("span", { class: "ml-lane-name" }, name),
        h("div", { class: "ml-strip", onclick: closer }, ...pieces.map(laneBox))))));
}

function laneBox([left, width, look, label, words]) {
  const wide = width > 0.4 + 0.9 * label.length;
  return h("span", {
    class: `ml-box ml-${look}${wide ? " ml-wide" : ""}`, title: words, style: `left:${left}%;width:${width}%`,
  }, wide ? h("span", { class: "ml-letter" }, label) : null);
}

// Tables: those of this stage are open.
function bootTables() {
  const el = h("div", { class: "ml-tables" });
  let position = null;
  let chosen = new Map(); // what was opened or closed by hand at this stage

  function draw(picture) {
    if (position !== picture.position) chosen = new Map();
    position = picture.position;
    el.replaceChildren(...picture.tables.map((table) => folded(table, chosen)));
  }
  return { el, draw };
}

function folded([name, head, rows, more, fresh, changed], chosen) {
  const summary = h("summary", {
    "data-key": `table-${name}`, onclick: () => chosen.set(name, !details.open),
  }, name, changed ? h("span", { class: "ml-new" }, "new or changed") : null);
  const row = ([first, ...rest], number) => h("tr", fresh[number] ? { class: "ml-fresh" } : {},
    h("th", { scope: "row" }, fresh[number] ? `+ ${first}` : first), ...rest.map((cell) => h("td", {}, cell)));
  const body = rows.length ? scrolledTable(name, "", head, rows.map(row)) : h("div", {}, "empty");
  const rest = more ? h("div", {}, `and ${more} more rows`) : null;
  const details = h("details", { open: chosen.get(name) ?? changed }, summary, body, rest);
  return details;
}

// The log: what this stage has printed is marked, and in sight.
function bootLog() {
  const box = h("div", { class: "ml-log", tabindex: 0, role: "region", "aria-label": "Log of the kernel" });
  const title = h("h4", {});

  function draw(picture) {
    const fresh = picture.log.filter(([, isNew]) => isNew).length;
    title.textContent = `Log, so far ${picture.log.length} lines; ${fresh} new, marked +`;
    box.replaceChildren(...picture.log.map(([line, isNew]) =>
      h("div", isNew ? { class: "ml-fresh" } : {}, `${isNew ? "+" : " "} ${line}`)));
    requestAnimationFrame(() => { // once it has its place on the page
      const first = box.querySelector(".ml-fresh");
      box.scrollTop = first ? first.offsetTop - box.offsetTop : box.scrollHeight;
    });
  }
  return { el: h("div", {}, title, box), draw };
}
