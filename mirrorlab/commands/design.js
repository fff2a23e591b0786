// Draws all components of the design page with their own scripts. `window.drawn` is kept when all of them are drawn.

const { drawings, scripts } = JSON.parse(document.getElementById("data").textContent);

// What stands for a widget's model: it has the traits, and answers every message as a kernel does that has done it.
function model(traits) {
  const listeners = [];
  return {
    get: (name) => traits[name],
    on: (event, listener) => listeners.push([event, listener]),
    off: () => {},
    send: ({ number }) => setTimeout(() => listeners.filter(([event]) => event === "msg:custom")
      .forEach(([, listener]) => listener({ answered: number }))),
    widget_manager: {},
  };
}

function plain(value) {
  if (value?.bytes === undefined) return value;
  return new DataView(Uint8Array.from(atob(value.bytes), (letter) => letter.charCodeAt(0)).buffer);
}

async function draw(place) {
  const { script, traits, clicks } = drawings[place.dataset.drawing];
  const { default: widget } = await import(`data:text/javascript;charset=utf-8,${encodeURIComponent(scripts[script])}`);
  const el = document.createElement("div");
  place.append(el);
  const values = Object.entries(traits).map(([name, value]) => [name, plain(value)]);
  widget.render({ model: model(Object.fromEntries(values)), el });
  for (const selector of clicks) {
    await new Promise(requestAnimationFrame);
    el.querySelector(selector).click();
  }
}

const LOOKS = {
  light: () => { document.body.dataset.jpThemeLight = "true"; },
  dark: () => { document.body.dataset.jpThemeLight = "false"; },
  "950 px": () => document.body.classList.remove("narrow"),
  "700 px": () => document.body.classList.add("narrow"),
};
for (const button of document.querySelectorAll("[data-look]")) button.onclick = LOOKS[button.dataset.look];
window.drawn = Promise.all([...document.querySelectorAll("[data-drawing]")].map(draw));
