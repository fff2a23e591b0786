// SlabView: each slab is a list of objects to move in with the arrow keys.

export default view((ui) => {
  const unique = newName();
  const headline = h("div", { class: "ml-headline" });
  const summary = h("div", {});
  const slabs = h("div", { class: "ml-slabs" });
  const more = h("div", {});
  const key = h("div", { class: "ml-hint" });
  const hint = h("div", { class: "ml-hint" },
    "Click an object to select it; click it again to free it. By keyboard: arrow keys, Enter, Delete.");
  const where = h("div", { class: "ml-where" });
  const events = h("ol", { class: "ml-lines", "aria-label": "Events of the last operation" });
  const parts = [headline, summary, slabs, more, key, hint, where, events];

  let picture = null;
  let selected = null; // as asked for last; the next picture says what it is
  let current = null; // address of the object the arrow keys are at

  function choose([address, , , mine]) {
    current = address;
    const again = mine && address === selected;
    selected = again ? null : address;
    ui.ask({ do: again ? "free" : "select", address });
    mark();
  }

  function keys(list, things) {
    const at = Math.max(0, things.findIndex(([address]) => address === current));
    const sameColumn = (step) => {
      const here = list.children[at].getBoundingClientRect();
      for (let n = at + step; things[n]; n += step) {
        const there = list.children[n].getBoundingClientRect();
        if (there.top !== here.top && Math.abs(there.left - here.left) < there.width / 2) return n;
      }
      return at;
    };
    const go = (to) => { current = (things[to] ?? things[at])[0]; mark(); };
    return {
      ArrowRight: () => go(at + 1), ArrowLeft: () => go(at - 1), Home: () => go(0), End: () => go(things.length - 1),
      ArrowDown: () => go(sameColumn(1)), ArrowUp: () => go(sameColumn(-1)),
      Enter: () => choose(things[at]),
      Delete: () => ui.ask({ do: "free", address: things[at][0] }),
    };
  }

  function mark() {
    for (const list of slabs.querySelectorAll("[role=listbox]")) {
      const at = [...list.children].findIndex((each) => each.dataset.address === String(current));
      markCurrent(list, Math.max(0, at));
    }
  }

  function drawSlab({ title, look, things, rest }, index) {
    const name = `${unique}-${index}`;
    const list = listbox(name, `slab-${index}`, (list) => keys(list, things), { class: "ml-things" });
    list.append(...things.map((thing, number) => {
      const [address, css, sign, , words] = thing;
      const attributes = { "data-address": address, class: `ml-thing ml-${css}` };
      return option(list, number, address === picture.selected, words, () => choose(thing), attributes, sign);
    }));
    return h("div", { class: "ml-slab" },
      h("div", { id: name }, swatch(look, ui.looks[look][1]), title),
      list, rest ? h("div", {}, `and ${rest} more objects`) : null);
  }

  return (now) => {
    if (now.other) return; // there is no SLUB to show
    if (picture?.selected !== now.selected && now.selected !== null) current = now.selected;
    picture = now;
    selected = now.selected;
    ui.el.replaceChildren(...parts);
    headline.textContent = now.headline;
    summary.textContent = now.summary;
    slabs.replaceChildren(...now.slabs.map(drawSlab));
    more.textContent = now.more;
    key.textContent = now.key;
    where.textContent = `${now.where} ${now.operation}`;
    events.replaceChildren(...now.events.map((words) => h("li", {}, words)));
    mark();
  };
});
