// All memory on one line, with a marker where the stage's window is; it can be dragged, moved by keys, and typed.

const MAP = { tall: 58, label: 11, bracket: 15, band: 21, high: 20, twin: 43, cone: 50 }; // pixels

// types: a letter -> the name of a migratetype; pages: of the window; told(words): says why a typed place is none.
function memoryMap(ui, types, pages, told) {
  let map = null, wanted = null, asked = false; // wanted: where the marker is dragged to; asked: Python is on its way
  const field = h("input", { "aria-label": "address or PFN of the window", title: "4 GiB + 8 MiB, 0x100800 or +64",
    spellcheck: "false", onchange: look });
  const buttons = h("span", { class: "seg", role: "group", "aria-label": "places worth seeing" });
  const line = s("svg", { "aria-hidden": "true" });
  const el = h("div", { class: "axis", role: "slider", tabindex: 0, "aria-label": "Window in all memory",
    onkeydown: keys, onpointerdown: drag }, line);
  const row = h("div", { class: "places" }, h("span", { class: "muted" }, "Show"), field, buttons);
  const observer = new ResizeObserver(() => requestAnimationFrame(() => map && drawLine()));
  observer.observe(el);
  ui.cleanup(() => observer.disconnect());

  function s(tag, attributes, ...children) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  // -- Where a page is on the line, and back --
  const along = (value, from, to) => {
    const { axis } = map;
    const at = Math.min(Math.max(axis.findIndex((knot) => knot[from] >= value), 1), axis.length - 1);
    const [a, b] = [axis[at - 1], axis[at]];
    const part = (value - a[from]) / (b[from] - a[from] || 1);
    return a[to] + Math.min(Math.max(part, 0), 1) * (b[to] - a[to]);
  };
  const whole = () => map.axis.at(-1)[1];
  const x = (pfn) => (along(pfn, 0, 1) / whole()) * el.clientWidth;
  const pageAt = (left) => Math.floor(along((left / el.clientWidth) * whole(), 1, 0));
  // The page itself, or the next one in that direction that is memory.
  function memoryAt(pfn, onward) {
    const { stretches } = map;
    if (stretches.some(([first, end]) => first <= pfn && pfn < end)) return pfn;
    const next = onward ? stretches.find(([first]) => first > pfn) : stretches.findLast(([, end]) => end <= pfn);
    return next ? (onward ? next[0] : next[1] - 1) : onward ? stretches.at(-1)[1] - 1 : stretches[0][0];
  }

  // -- Drawing --
  function drawLine() {
    const wide = el.clientWidth;
    if (!wide) return;
    const text = (words, left, right, y, css) => s("text", { x: (left + right) / 2, y, class: css }, words);
    const fits = (words, left, right) => right - left > words.length * 7.4 + (words.length > 1 ? 8 : 3);
    const parts = map.zones.flatMap(([first, end, name]) => {
      const [left, right] = [x(first), x(end)];
      return [s("path", { class: "bracket", d: `M${left + 1} ${MAP.bracket + 4}v-4H${right - 1}v4` }),
        ...(fits(name, left, right) ? [text(name, left, right, MAP.label, "strong")] : [])];
    });
    for (const [first, end] of map.holes) {
      parts.push(s("rect", { class: "hole", x: x(first) + 1, y: MAP.band + 0.5, height: MAP.high - 1,
        width: Math.max(x(end) - x(first) - 2, 1) }));
    }
    for (const band of map.bands) parts.push(...drawBand(band, text, fits));
    for (const [first, end] of map.mirrored) {
      const [left, right] = [x(first) + 1, Math.max(x(end) - 1, x(first) + 2)];
      parts.push(s("path", { class: "twin", d: `M${left} ${MAP.twin}H${right}M${left} ${MAP.twin + 4}H${right}` }));
    }
    const at = x(wanted ?? map.first), to = Math.max(x((wanted ?? map.first) + pages), at + 1);
    parts.push(
      s("path", { class: "cone", d: `M${at} ${MAP.cone}L0 ${MAP.tall}H${wide}L${to} ${MAP.cone}Z` }),
      s("path", { class: "lens", d: `M${at} ${MAP.bracket}V${MAP.cone}` }),
      s("path", { class: "tip", d: `M${at - 6} ${MAP.bracket - 3}h12l-6 8z` }));
    line.setAttribute("width", wide);
    line.setAttribute("height", MAP.tall);
    line.replaceChildren(...parts);
  }
  function drawBand([first, end, letter, mixed, size], text, fits) {
    const left = x(first), right = x(end), name = `${letter} ${types[letter]} ${size}`;
    const words = [name, `${letter} ${size}`, letter].find((each) => fits(each, left, right));
    const width = Math.max(right - left - 1, 1);
    const box = s("rect", { class: `t-${letter}`, x: left + 0.5, y: MAP.band, width, height: MAP.high,
      rx: width > 8 ? 4 : 0 });
    box.append(s("title", {}, `${mixed ? "mostly " : ""}${types[letter]}, ${size}`));
    return words ? [box, text(words, left, right, MAP.band + 15, `on t-${letter}`)] : [box];
  }

  // -- Moving --
  // One question at a time; where the marker was dragged to meanwhile is asked for then.
  function show(pfn) {
    wanted = pfn;
    drawLine();
    if (asked) return;
    asked = true;
    ui.ask({ do: "show", pfn }).then(() => {
      asked = false;
      if (wanted !== pfn) show(wanted);
      else settle();
    });
  }
  // The picture comes before the answer or after it: until both are here, keys go on from where the marker is.
  function settle() {
    if (!asked && map.first <= wanted && wanted < map.first + pages) wanted = null;
  }
  function look() {
    ui.ask({ do: "look", text: field.value }).then((wrong) => told(wrong ?? ""));
  }
  function keys(event) {
    const here = wanted ?? map.first, { stretches } = map;
    const far = Math.ceil((stretches.at(-1)[1] - stretches[0][0]) / 64 / pages) * pages;
    const to = {
      ArrowRight: here + pages, ArrowUp: here + pages, ArrowLeft: here - pages, ArrowDown: here - pages,
      PageUp: here + far, PageDown: here - far, Home: stretches[0][0], End: stretches.at(-1)[1] - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(memoryAt(to, to > here));
  }
  function drag(event) {
    const to = ({ clientX }) => {
      const { left, width } = el.getBoundingClientRect();
      const pfn = pageAt(Math.min(Math.max(clientX - left, 0), width));
      show(memoryAt(pfn, pfn > map.first));
    };
    el.setPointerCapture(event.pointerId);
    to(event);
    el.onpointermove = to;
    el.onpointerup = el.onpointercancel = () => { el.onpointermove = null; };
  }

  function draw(now) {
    map = now;
    settle();
    if (field !== document.activeElement || field.value === "") field.value = map.address;
    keepingFocus(buttons, () => buttons.replaceChildren(...map.places.map(([name, pfn]) => h("button", {
      "aria-pressed": String(pfn !== null && map.first <= pfn && pfn < map.first + pages), "data-key": name,
      "aria-disabled": String(pfn === null), onclick: () => { if (pfn !== null) show(pfn); } }, name))));
    const last = map.stretches.at(-1)[1] - 1;
    for (const [attribute, value] of Object.entries({
      valuemin: map.stretches[0][0], valuemax: last, valuenow: map.first, valuetext: map.here,
    })) el.setAttribute(`aria-${attribute}`, value);
    drawLine();
  }
  return { el: h("div", { class: "map" }, row, el), draw };
}
