// SlabView: each slab of a cache is a strip of its objects, a list to move in with the arrow keys.

const ROW = 32; // objects

export default view((ui) => {
  const unique = newName();
  const steps = stepper(ui);
  const button = (name, message, css = "") => h("button", {
    class: `btn ${css}`, onclick: () => ui.ask(message()),
  }, name);
  const cache = pick("cache", [], "", { onchange: ({ target }) => ui.ask({ do: "cache", name: target.value }) });
  const cpus = h("select", { "aria-label": "CPU" });
  const cpu = () => +cpus.value || 0;
  const many = numeric("objects", 1, { min: 1 });
  const name = h("input", { type: "text", value: "mine", "aria-label": "name of a new cache" });
  const size = numeric("bytes", 700, { min: 1, "aria-label": "bytes an object" });
  const under = disclosure("under");
  const rows = [
    h("div", { class: "fields" }, cache, cpus, many.el,
      button("Allocate", () => ({ do: "allocate", objects: many.value(), cpu: cpu() }), "primary"),
      button("Free selected", () => ({ do: "free_selected", cpu: cpu() })), button("Shrink", () => ({ do: "shrink" })),
      under.button),
    h("div", { class: "fields" }, steps.el, h("label", {}, "name ", name), size.el,
      button("Create cache", () => ({ do: "create", name: name.value, size: size.value() }))),
  ];
  const about = h("p", { class: "about" });
  const slabs = h("div", { class: "slabs", tabindex: 0, role: "region", "aria-label": "Slabs", "data-key": "slabs" });
  const key = h("ul", { class: "legend", "aria-label": "What stands for an object" });
  const parts = [about, slabs, key, under.el];
  const content = asCard(ui, "slab", ...rows);

  let picture = null;
  let selected = null; // as asked for last; the next picture says what it is
  let current = null; // address of the object the arrow keys are at

  const free = (address) => ui.ask({ do: "free", address, cpu: cpu() });
  function choose([address, look]) {
    current = address;
    const again = look === "used" && address === selected;
    selected = again ? null : address;
    if (again) free(address);
    else ui.ask({ do: "select", address });
    mark();
  }

  function keys(list, things) {
    const at = Math.max(0, things.findIndex(([address]) => address === current));
    const columns = getComputedStyle(list).gridTemplateColumns.split(" ").length;
    const go = (to) => { current = (things[to] ?? things[at])[0]; mark(); };
    return {
      ArrowRight: () => go(at + 1), ArrowLeft: () => go(at - 1), Home: () => go(0), End: () => go(things.length - 1),
      ArrowDown: () => go(at + columns), ArrowUp: () => go(at - columns),
      Enter: () => choose(things[at]), Delete: () => free(things[at][0]),
    };
  }

  function mark() {
    for (const list of slabs.querySelectorAll("[role=listbox]")) {
      const at = [...list.children].findIndex((each) => each.dataset.address === String(current));
      markCurrent(list, Math.max(0, at));
    }
  }

  function drawSlab({ kept, where, mirrored, things, rest }, index) {
    const id = `${unique}-${index}`;
    const list = listbox(id, `slab-${index}`, (list) => keys(list, things), {
      class: mirrored ? "things twice" : "things", style: `--columns:${Math.min(things.length, ROW)}` });
    list.append(...things.map((thing, number) => {
      const [address, look, sign, cuts, words] = thing;
      const attributes = { "data-address": address, class: `thing block t-${look}` };
      return option(list, number, address === picture.selected, words, () => choose(thing), attributes, sign,
        ...cuts.map((cut) => h("i", { style: `left:${percent(cut)}` })));
    }));
    return h("div", { class: "one" }, h("div", { id }, h("b", {}, `${kept} `), h("span", { class: "where" }, where)),
      list, rest ? h("div", {}, `and ${rest} more objects`) : null);
  }

  return (now) => {
    for (const row of rows) row.hidden = Boolean(now.other);
    if (now.other) return; // there is no SLUB to show
    if (picture?.selected !== now.selected && now.selected !== null) current = now.selected;
    picture = now;
    selected = now.selected;
    content.replaceChildren(...parts);
    steps.draw(...now.steps);
    cache.replaceChildren(...now.caches.map((each) => h("option", { selected: each === now.cache }, each)));
    if (cpus.length !== now.cpus) {
      cpus.replaceChildren(...Array.from({ length: now.cpus }, (_, at) => h("option", { value: at }, `CPU ${at}`)));
    }
    about.textContent = now.headline;
    slabs.replaceChildren(...now.slabs.map(drawSlab),
      now.slabs.length ? now.more : "No slab yet: Allocate makes one.");
    key.replaceChildren(...now.key.map(([look, sign, words]) => h("li", {},
      h("span", { class: `swatch t-${look}` }, sign), words)),
    h("li", {}, h("span", { class: "cut" }), "a page begins"), h("li", {}, h("span", { class: "twin" }), "mirrored"));
    under.draw(h("h3", {}, "The last operation"), h("p", {}, now.operation || "none yet"),
      h("ol", { "aria-label": "Its events" }, ...now.events.map((words) => h("li", {}, words))),
      h("p", {}, "Click an object to select it, again to free it; or arrow keys, Enter, Delete."));
    mark();
  };
});
