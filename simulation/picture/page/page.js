// What a person does with it.

const $ = (id) => document.getElementById(id);
const make = (tag, text, className) => {
  const one = document.createElement(tag);
  if (text !== undefined) one.textContent = text;
  if (className) one.className = className;
  return one;
};

const all = load();
const view = { x0: 0, x1: all.span, mode: "core" };
const state = { transfers: false, critical: false, kind: null, search: "", selected: -1, selectedRun: -1 };
const charts = [];
let isDue = false;
const redraw = () => {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => { isDue = false; drawAll(); });
};

function drawAll() {
  const scales = { linkScale: Math.max(1e-9, ...all.runs.map((run) => Math.max(run.linkPeak, run.graph.bandwidth))),
                   memoryScale: Math.max(1e-9, ...all.runs.map((run) => Math.max(0, ...run.memory.map((one) => one.held.at(-1) ?? 0)))) };
  const heads = charts.reduce((sum, chart) => sum + chart.canvas.offsetTop + 8, 0);
  const height = Math.max(300, (window.innerHeight - $("runs").offsetTop - heads) / charts.length);
  const focus = focused();
  charts.forEach((chart, i) => {
    chart.layout(chart.canvas.clientWidth, height, view.mode);
    chart.draw(view, { ...state, ...scales, focus, selected: state.selectedRun === i ? state.selected : -1 });
  });
}
// The same time in all runs. Not drawn, so that a pointer that moves draws nothing anew.
function crossHair(x) {
  for (const { cross, canvas, plot, height } of charts) {
    cross.hidden = !(x >= LEFT && x <= LEFT + plot);
    Object.assign(cross.style, { left: canvas.offsetLeft + x + "px", top: canvas.offsetTop + AXIS + "px", height: height - AXIS + "px" });
  }
}

// Bars of each run that stand out, or null: all alike. Kept until what is asked for changes.
let cached = { key: "", bars: null };
function focused() {
  const words = state.search.toLowerCase().split(/\s+/).filter(Boolean);
  if (!state.critical && state.kind === null && words.length === 0) return null;
  const key = JSON.stringify([state.critical, state.kind, words]);
  if (key === cached.key) return cached.bars;
  const bars = all.runs.map((run) => {
    const named = run.graph.lower ??= run.graph.names.map((name) => name.toLowerCase());
    const onPath = new Set(state.critical ? [...run.path.index].filter((_, i) => run.path.kind[i] === 0) : []);
    const chosen = new Uint8Array(run.count);
    for (let bar = 0; bar < run.count; ++bar) {
      const task = run.bars.task[bar];
      if (words.length > 0 ? words.every((word) => named[task].includes(word)) : state.kind !== null ? run.graph.kinds[run.graph.kind[task]] === state.kind : onPath.has(bar)) chosen[bar] = 1;
    }
    return chosen;
  });
  cached = { key, bars };
  return bars;
}

function zoom(factor, x, chart) {
  const at = chart ? chart.time(x) : (view.x0 + view.x1) / 2, least = all.span * 1e-7;
  const width = Math.max(least, Math.min(all.span * 1.05, (view.x1 - view.x0) * factor)), real = width / (view.x1 - view.x0);
  view.x0 = at - (at - view.x0) * real;
  view.x1 = view.x0 + width;
  keepInside();
}
function pan(part) {
  const by = (view.x1 - view.x0) * part;
  view.x0 += by;
  view.x1 += by;
  keepInside();
}
function keepInside() {
  const width = view.x1 - view.x0, slack = width * 0.05, by = Math.max(-slack - view.x0, Math.min(0, all.span + slack - view.x1));
  view.x0 += by;
  view.x1 += by;
  redraw();
}
// `at` stays, or comes to, the height y.
function zoomRows(factor, chart, y = chart.gantt.top + chart.gantt.height / 2, at = chart.rowAt(y)) {
  const count = chart.rowsOf(view.mode).count, height = Math.max(Math.min(count, chart.gantt.height / ROW_MAX), Math.min(count, (chart.y1 - chart.y0) * factor));
  chart.y0 = at - (y - chart.gantt.top) / chart.gantt.height * height;
  chart.y1 = chart.y0 + height;
  moveRows(chart, 0);
}
function moveRows(chart, by) {
  const count = chart.rowsOf(view.mode).count, height = chart.y1 - chart.y0;
  chart.y0 = Math.max(0, Math.min(count - height, chart.y0 + by));
  chart.y1 = chart.y0 + height;
  redraw();
}
function whole() {
  Object.assign(view, { x0: 0, x1: all.span });
  for (const chart of charts) chart.fitRows(view.mode);
  redraw();
}
function setMode(mode) {
  view.mode = mode;
  $("by-core").setAttribute("aria-pressed", mode === "core");
  $("by-task").setAttribute("aria-pressed", mode === "task");
  for (const chart of charts) chart.fitRows(mode);
  redraw();
}
function toggle(name) {
  state[name] = !state[name];
  $(name).setAttribute("aria-pressed", state[name]);
  redraw();
}
function select(run, bar) {
  Object.assign(state, { selected: bar, selectedRun: bar < 0 ? -1 : run });
  showDetails();
  redraw();
}
// So that the bar is in view, and not a dot.
function goTo(run, bar) {
  const chart = charts[run], { start, end } = all.runs[run].bars, length = Math.max(end[bar] - start[bar], all.span * 1e-6);
  const width = Math.min(view.x1 - view.x0, Math.max(length * 12, (view.x1 - view.x0) / 8));
  if (start[bar] < view.x0 || end[bar] > view.x1 || length * 200 < view.x1 - view.x0) {
    view.x0 = (start[bar] + end[bar]) / 2 - width / 2;
    view.x1 = view.x0 + width;
    keepInside();
  }
  const row = chart.rowOf(bar), height = view.mode === "task" ? Math.min(chart.y1 - chart.y0, 40) : chart.y1 - chart.y0;
  if (row < chart.y0 || row + 1 > chart.y1 || height < chart.y1 - chart.y0) {
    chart.y0 = row - height / 2;
    chart.y1 = chart.y0 + height;
    moveRows(chart, 0);
  }
  select(run, bar);
}

function row(table, head, value) {
  const line = table.insertRow();
  line.insertCell().textContent = head;
  const cell = line.insertCell();
  if (value instanceof Node) cell.append(value);
  else cell.textContent = value;
}
function waitedFor(run, bar) {
  const { start, here, blocker, lastInput } = run.bars, free = blocker[bar] >= 0 ? Math.min(run.bars.end[blocker[bar]], start[bar]) : 0;
  const could = Math.max(here[bar], free), late = start[bar] - could, close = all.span * 1e-9, nameOf = (other) => run.graph.names[run.bars.task[other]];
  const what = could <= close ? "" : free > here[bar] + close ? `cores, until ${nameOf(blocker[bar])} ended` : lastInput[bar] >= 0 && makerOf(run, lastInput[bar]) >= 0 ? `the output of ${nameOf(makerOf(run, lastInput[bar]))}` : "";
  if (late > close) return (what ? what + "; then " : "") + `the scheduler, ${seconds(late)}`;
  return what || "nothing";
}
function describe(table, run, bar) {
  const { bars, graph } = run, task = bars.task[bar], cores = run.coresOf(bar);
  row(table, "ran", `${seconds(bars.start[bar])} to ${seconds(bars.end[bar])}: ${seconds(bars.end[bar] - bars.start[bar])}`);
  row(table, "on", `node ${bars.node[bar]}, ${cores.length === 1 ? "core " + cores[0] : `${cores.length} cores: ${cores.join(", ")}`}`);
  row(table, "waited for", waitedFor(run, bar));
  return graph.inputsOf(task);
}
function cameFrom(run, object, bar) {
  const maker = makerOf(run, object), transfer = arrivalAt(run, object, bar), size = mib(run.graph.sizes[object]);
  if (transfer >= 0) return `${size} from node ${run.transfers.from[transfer]}, sent at ${seconds(run.transfers.start[transfer])}, here at ${seconds(run.transfers.end[transfer])}`;
  return maker >= 0 ? `${size}, ${run.bars.node[maker] === run.bars.node[bar] ? "made here" : "nothing to move"} at ${seconds(run.bars.end[maker])}` : `${size}, there from the start`;
}
const makerName = (run, object) => run.graph.producer[object] < 0 ? "a file" : run.graph.names[run.graph.producer[object]];

function showTip(event, chart) {
  const tip = $("tip"), x = event.offsetX, y = event.offsetY, { run } = chart, bar = chart.barAt(x, y);
  tip.replaceChildren();
  const table = make("table", undefined, "rows");
  if (bar >= 0) {
    tip.append(make("div", run.graph.names[run.bars.task[bar]], "name"));
    const inputs = describe(table, run, bar);
    for (const object of inputs.slice(0, 6)) row(table, "input", `${makerName(run, object)}: ${cameFrom(run, object, bar)}`);
    if (inputs.length > 6) row(table, "", `and ${inputs.length - 6} more inputs: click`);
  } else if (!describePanel(table, chart, x, y)) {
    tip.hidden = true;
    return;
  }
  tip.append(table);
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, event.clientX + 16 + box.width < window.innerWidth ? event.clientX + 16 : event.clientX - box.width - 12) + "px";
  tip.style.top = Math.max(4, Math.min(window.innerHeight - box.height - 4, event.clientY + 14)) + "px";
}
function describePanel(table, chart, x, y) {
  const column = Math.floor(x - LEFT), inside = (panel) => y >= panel.top && y < panel.top + panel.height;
  if (column < 0 || column >= Math.floor(chart.plot)) return false;
  const node = (panel) => Math.min(chart.run.nodes - 1, Math.floor((y - panel.top) / panel.height * chart.run.nodes));
  if (inside(chart.busy)) row(table, seconds(chart.time(x)), `${number(chart.busyValues[column])} cores busy`);
  else if (inside(chart.links)) {
    const which = node(chart.links);
    row(table, `node ${which}`, seconds(chart.time(x)));
    row(table, "receives", mib(chart.linkValues[0][which][column]) + "/s");
    row(table, "sends", mib(chart.linkValues[1][which][column]) + "/s");
  } else if (inside(chart.memory)) row(table, `node ${node(chart.memory)}`, `${seconds(chart.time(x))}: ${mib(chart.memoryValues[0][node(chart.memory)][column])} of objects`);
  else return false;
  return true;
}
function showDetails() {
  const box = $("details");
  box.hidden = state.selected < 0;
  if (box.hidden) return;
  const run = all.runs[state.selectedRun], bar = state.selected, task = run.bars.task[bar];
  const close = make("button", "×", "close");
  close.setAttribute("aria-label", "Close");
  close.onclick = () => select(-1, -1);
  const table = make("table", undefined, "rows");
  box.replaceChildren(close, make("div", run.graph.names[task], "name"), table);
  const link = (other, text) => {
    const button = make("button", text);
    const target = run.barOfTask[other] ?? -1;
    button.onclick = () => target >= 0 && goTo(state.selectedRun, target);
    return button;
  };
  if (all.runs.length > 1) row(table, "run", run.label);
  for (const object of describe(table, run, bar)) {
    const cell = make("span");
    if (run.graph.producer[object] >= 0) cell.append(link(run.graph.producer[object], makerName(run, object)));
    cell.append(make("div", cameFrom(run, object, bar)));
    row(table, "input", cell);
  }
  const users = usersOf(run, task);
  users.slice(0, 50).forEach((user, i) => row(table, i === 0 ? "used by" : "", link(user, run.graph.names[user])));
  if (users.length > 50) row(table, "", `and ${users.length - 50} more`);
}

function addRun(run, index) {
  run.index = index;
  const section = make("section"), summary = make("div", undefined, "summary"), canvas = make("canvas"), best = Math.min(...all.runs.map((one) => one.lastEnd));
  const fact = (value, text) => { const one = make("span"); one.append(make("b", value), " " + text); summary.append(one); };
  summary.append(make("h2", run.label));
  fact(seconds(run.lastEnd), run.makespan > run.lastEnd * (1 + 1e-9) ? `until the last task ends, ${seconds(run.makespan)} with the scheduler` : "makespan");
  if (run.lastEnd > best) fact(number(run.lastEnd / best) + " ×", "as long as the other");
  fact(percent(run.utilisation), "of the cores busy");
  fact(mib(run.moved), `moved in ${run.transfers.object.length.toLocaleString("en")} transfers`);
  const names = ["compute", "transfers", "waiting for transfers", "scheduler", "lost with nodes"], parts = run.shares.map((one, i) => one / run.lastEnd >= 0.0005 ? `${percent(one / run.lastEnd)} ${names[i]}` : "").filter(Boolean);
  if (parts.length > 0) fact("critical path", parts.join(", "));
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${run.label}: ${run.count} tasks on ${run.nodes} nodes in ${seconds(run.lastEnd)}`);
  const cross = make("div", undefined, "cross");
  cross.hidden = true;
  section.append(summary, canvas, cross);
  $("runs").append(section);
  const chart = Object.assign(new Chart(run, canvas), { cross });
  charts.push(chart);
  listen(chart, index);
}
function listen(chart, index) {
  const { canvas } = chart;
  let drag = null;
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const factor = Math.exp(Math.max(-200, Math.min(200, event.deltaY || event.deltaX)) * 0.0018);
    if (event.shiftKey) zoomRows(factor, chart, event.offsetY);
    else if (view.mode === "task")  // Around the task under the pointer, or those of that time; in the other run, too.
      for (const one of charts) {
        const isHere = one === chart && chart.barAt(event.offsetX, event.offsetY) >= 0;
        zoomRows(factor, one, event.offsetY, isHere ? chart.rowAt(event.offsetY) : one.rowStartingAt(chart.time(event.offsetX)));
      }
    if (!event.shiftKey) zoom(factor, event.offsetX, chart);
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    drag = { x: event.offsetX, y: event.offsetY, moved: 0 };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    crossHair(event.offsetX);
    if (drag) {
      const dx = event.offsetX - drag.x, dy = event.offsetY - drag.y;
      drag = { x: event.offsetX, y: event.offsetY, moved: drag.moved + Math.abs(dx) + Math.abs(dy) };
      if (drag.moved > 3) {
        $("tip").hidden = true;
        pan(-dx / chart.plot);
        moveRows(chart, -dy / chart.rowHeight);
      }
    } else showTip(event, chart);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (drag && drag.moved <= 3) $("tip").hidden = true, select(index, chart.barAt(event.offsetX, event.offsetY));
    drag = null;
  });
  canvas.addEventListener("pointerleave", () => { $("tip").hidden = true; crossHair(-1); });
  canvas.addEventListener("dblclick", whole);
}

function addLegend() {
  for (const [name, colour] of all.colours) {
    const button = make("button"), swatch = make("span", undefined, "swatch");
    swatch.style.background = colour;
    button.append(swatch, name);
    button.setAttribute("aria-pressed", "false");
    button.title = "Show only these";
    button.onclick = () => {
      state.kind = state.kind === name ? null : name;
      for (const other of $("legend").querySelectorAll("button")) other.setAttribute("aria-pressed", other === button && state.kind === name);
      redraw();
    };
    $("legend").append(button);
  }
  $("legend").append(make("span", "below:", "key"));
  for (const [name, text] of [["down", "received"], ["up", "sent"], ["memory", "objects in memory"], ["busy", "busy cores"], ["wait", "waiting (by task)"]]) {
    const key = make("span", undefined, "key"), swatch = make("span", undefined, "swatch");
    swatch.style.background = `var(--${name})`;
    key.append(swatch, text);
    $("legend").append(key);
  }
}
let nextFound = 0;
function search() {
  state.search = $("search").value;
  nextFound = 0;
  const bars = state.search.trim() ? focused() : null;
  $("found").textContent = bars ? bars.map((list, i) => `${list.reduce((a, b) => a + b, 0).toLocaleString("en")} of ${all.runs[i].count.toLocaleString("en")}`).filter((one, i, list) => list.indexOf(one) === i).join("; ") : "";
  redraw();
}
function nextMatch() {
  const list = focused()?.flatMap((mask, run) => [...mask.keys()].filter((bar) => mask[bar]).map((bar) => [run, bar])) ?? [];
  if (list.length > 0) goTo(...list[nextFound++ % list.length]);
}
function clear() {
  Object.assign(state, { kind: null, search: "" });
  $("search").value = "";
  for (const other of $("legend").querySelectorAll("button")) other.setAttribute("aria-pressed", "false");
  search();
  select(-1, -1);
}
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === $("search")) {
    if (event.key === "Enter") nextMatch();
    if (event.key === "Escape") { clear(); $("search").blur(); }
    return;
  }
  const rows = (by) => charts.forEach((chart) => moveRows(chart, by * (chart.y1 - chart.y0))), scaleRows = (by) => charts.forEach((chart) => zoomRows(by, chart));
  const keys = {
    "+": () => zoom(0.7), "=": () => zoom(0.7), w: () => zoom(0.7), "-": () => zoom(1 / 0.7), s: () => zoom(1 / 0.7),
    ArrowLeft: () => pan(-0.15), a: () => pan(-0.15), ArrowRight: () => pan(0.15), d: () => pan(0.15), ArrowUp: () => rows(-0.15), ArrowDown: () => rows(0.15),
    "[": () => scaleRows(1 / 0.7), "]": () => scaleRows(0.7), 0: whole, Home: whole, g: () => setMode(view.mode === "core" ? "task" : "core"),
    c: () => toggle("critical"), t: () => toggle("transfers"), "/": () => $("search").focus(), Escape: clear,
  };
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
}

document.title = $("title").textContent = all.title;
all.runs.forEach(addRun);
addLegend();
$("by-core").onclick = () => setMode("core");
$("by-task").onclick = () => setMode("task");
$("critical").onclick = () => toggle("critical");
$("transfers").onclick = () => toggle("transfers");
$("reset").onclick = whole;
$("search").oninput = search;
window.addEventListener("keydown", onKey);
window.addEventListener("resize", redraw);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
redraw();
