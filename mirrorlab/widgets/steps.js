// What views share that go through a story step by step: it stands between card.js and the view's own script.

// Tasks to tick, one after the other: {el, happened(event)}. isDone(task, event): whether that does the task.
function taskList(tasks, isDone) {
  let done = 0;
  const el = h("ol", { class: "tasks", "aria-label": "Your turn", hidden: !tasks.length });
  function draw() {
    el.replaceChildren(...tasks.map(([text], at) => h("li", { class: at < done ? "done" : "",
      "aria-current": at === done ? "step" : null },
    h("span", { class: "n" }, at < done ? icon("check") : String(at + 1)),
    h("span", { class: "t" }, text, at < done ? h("span", { class: "sr" }, " (done)") : null))));
    if (done === tasks.length) {
      el.append(h("li", { class: "end" }, h("span", { class: "t" }, "Now try what you like.")));
    }
  }
  function happened(event) {
    if (done === tasks.length || !isDone(tasks[done], event)) return;
    done++;
    draw();
  }
  draw();
  return { el, happened };
}
