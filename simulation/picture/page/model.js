"use strict";
// What the file holds, unpacked, and what follows from it. Times are seconds; -1 stands for "none".

const bytesOf = (text) => {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; ++i) bytes[i] = raw.charCodeAt(i);
  return bytes;
};
function filled(Type, length, at) {
  const all = new Type(length);
  for (let i = 0; i < length; ++i) all[i] = at(i);
  return all;
}
// "u1:", "u2:", "u4:" whole numbers, "f4:" floats, "n1:" and so on: one more than the number, 0 is none; "t4:" parts of the span.
function unpack(text, span) {
  const kind = text[0], bytes = bytesOf(text.slice(3));
  if (kind === "f") return new Float32Array(bytes.buffer);
  const numbers = text[1] === "1" ? bytes : text[1] === "2" ? new Uint16Array(bytes.buffer) : new Uint32Array(bytes.buffer);
  if (kind === "u") return numbers;
  if (kind === "n") return filled(Int32Array, numbers.length, (i) => numbers[i] - 1);
  const part = span / 4294967295;
  return filled(Float64Array, numbers.length, (i) => numbers[i] * part);
}
const unpackAll = (object, span) => Object.fromEntries(Object.entries(object).map(([name, one]) => [name, typeof one === "string" ? unpack(one, span) : one]));

const PALETTE = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442"];
const OTHER = "#9a9a9a";

function loadCase(raw, colours) {
  const graph = { ...raw, ...unpackAll(raw.arrays) };
  graph.colour = raw.kinds.map((name) => {
    if (!colours.has(name)) colours.set(name, name === "other" || colours.size >= PALETTE.length ? OTHER : PALETTE[colours.size]);
    return colours.get(name);
  });
  graph.inputsOf = (task) => graph.inputs.subarray(graph.inputsAt[task], graph.inputsAt[task + 1]);
  return graph;
}

// Bars in rows; in a row as in `order`. `begin[row]` is where it starts.
function intoRows(count, order, rowsOf) {
  const begin = new Uint32Array(count + 1);
  for (const bar of order) for (const row of rowsOf(bar)) ++begin[row + 1];
  for (let row = 0; row < count; ++row) begin[row + 1] += begin[row];
  const next = begin.slice(), bars = new Uint32Array(begin[count]);
  for (const bar of order) for (const row of rowsOf(bar)) bars[next[row]++] = bar;
  return { count, begin, bars };
}

function loadRun(raw, cases, span) {
  const graph = cases[raw.case];
  const run = { ...raw, graph, bars: unpackAll(raw.bars, span), transfers: unpackAll(raw.transfers, span), path: unpackAll(raw.path, span), rows: unpack(raw.rows) };
  const { bars, transfers } = run, count = bars.start.length, nodes = run.rows.length;
  if (!bars.task) bars.task = filled(Uint32Array, count, (i) => i);
  run.count = count;
  run.nodes = nodes;
  run.coresOf = (bar) => run.cores[bar] || Array.from({ length: graph.need[bars.task[bar]] }, (_, i) => bars.core[bar] + i);
  run.rowsOf = (bar) => run.coresOf(bar).map((core) => run.nodeRow[bars.node[bar]] + core);
  run.nodeRow = new Uint32Array(nodes + 1);
  for (let node = 0; node < nodes; ++node) run.nodeRow[node + 1] = run.nodeRow[node] + run.rows[node];

  const order = filled(Uint32Array, count, (i) => i).sort((a, b) => bars.start[a] - bars.start[b] || a - b);
  run.byCore = intoRows(run.nodeRow[nodes], order, (bar) => run.rowsOf(bar));
  run.taskRow = new Uint32Array(count);
  order.forEach((bar, row) => { run.taskRow[bar] = row; });
  run.byTask = { count, begin: filled(Uint32Array, count + 1, (i) => i), bars: order };

  run.barOfTask = new Int32Array(graph.names.length).fill(-1);
  for (let bar = 0; bar < count; ++bar) run.barOfTask[bars.task[bar]] = bar;
  run.cameBy = unpack(raw.cameBy);
  run.firstInput = new Uint32Array(count + 1);
  for (let bar = 0; bar < count; ++bar) run.firstInput[bar + 1] = run.firstInput[bar] + graph.inputsOf(bars.task[bar]).length;
  run.consumer = new Int32Array(transfers.object.length).fill(-1);
  for (const bar of order)
    for (let i = run.firstInput[bar]; i < run.firstInput[bar + 1]; ++i) if (run.cameBy[i] >= 0 && run.consumer[run.cameBy[i]] < 0) run.consumer[run.cameBy[i]] = bar;
  run.memory = memoryOf(run);
  return run;
}

const makerOf = (run, object) => run.graph.producer[object] < 0 ? -1 : run.barOfTask[run.graph.producer[object]];
// The transfer that brought the object to the bar's node, or -1: it was there without.
const arrivalAt = (run, object, bar) => run.cameBy[run.firstInput[bar] + run.graph.inputsOf(run.bars.task[bar]).indexOf(object)];
function usersOf(run, task) {
  if (!run.graph.users) {
    run.graph.users = new Map();
    for (let user = 0; user < run.graph.names.length; ++user)
      for (const input of run.graph.inputsOf(user)) {
        const maker = run.graph.producer[input];
        if (!run.graph.users.has(maker)) run.graph.users.set(maker, new Set());
        run.graph.users.get(maker).add(user);
      }
  }
  return [...run.graph.users.get(task) ?? []];
}

// Of each node: times, and what it holds from each on.
function memoryOf(run) {
  const { object, to, end } = run.transfers, { producer, sizes } = run.graph, most = producer.length + object.length;
  const time = new Float64Array(most), size = new Float64Array(most), nodes = new Uint32Array(most);
  let count = 0;
  const add = (node, when, what) => { nodes[count] = node; time[count] = when; size[count++] = what; };
  for (let made = 0; made < producer.length; ++made) {
    const maker = makerOf(run, made);
    if (maker >= 0) add(run.bars.node[maker], run.bars.end[maker], sizes[made]);
  }
  for (let i = 0; i < object.length; ++i) add(to[i], end[i], sizes[object[i]]);
  const events = intoRows(run.nodes, filled(Uint32Array, count, (i) => i).sort((a, b) => time[a] - time[b]), (event) => [nodes[event]]);
  return Array.from({ length: run.nodes }, (_, node) => {
    const own = events.bars.subarray(events.begin[node], events.begin[node + 1]);
    let held = 0;
    return { time: filled(Float64Array, own.length, (i) => time[own[i]]), held: filled(Float64Array, own.length, (i) => held += size[own[i]]) };
  });
}

// Mean of a value over each of `width` columns from x0 on: add(value, from, to) as often as needed, then sum().
class Columns {
  constructor(width, x0, scale) {
    Object.assign(this, { width, x0, scale, part: new Float64Array(width + 2), change: new Float64Array(width + 2), most: 0 });
  }
  add(value, from, to) {
    const a = Math.max(0, (from - this.x0) * this.scale), b = Math.min(this.width, (to - this.x0) * this.scale);
    if (b <= a) return;
    const i = Math.floor(a), j = Math.floor(b);
    this.most = Math.max(this.most, value);
    if (i === j) { this.part[i] += value * (b - a); return; }
    this.part[i] += value * (i + 1 - a);
    this.part[j] += value * (b - j);
    this.change[i + 1] += value;
    this.change[j] -= value;
  }
  sum() {
    const nothing = this.most * 1e-9;  // What is left of sums and differences.
    for (let x = 0, whole = 0; x < this.width; ++x) {
      const value = this.part[x] + (whole += this.change[x]);
      this.part[x] = value > nothing ? value : 0;
    }
    return this.part;
  }
}

function load() {
  const raw = JSON.parse(document.getElementById("data").textContent), colours = new Map();
  const cases = raw.cases.map((one) => loadCase(one, colours));
  return { span: raw.span, title: raw.title, colours, runs: raw.runs.map((one) => loadRun(one, cases, raw.span)) };
}

const number = (value) => value.toLocaleString("en", { maximumSignificantDigits: 4 });
const percent = (part) => (part * 100).toLocaleString("en", { maximumFractionDigits: 1 }) + " %";
function seconds(value, step = 0) {
  const digits = step > 0 ? Math.max(0, Math.min(9, Math.ceil(-Math.log10(step) - 1e-9))) : value === 0 ? 0 : Math.max(0, Math.min(9, 4 - Math.floor(Math.log10(Math.abs(value)))));
  return value.toLocaleString("en", { minimumFractionDigits: step > 0 ? digits : 0, maximumFractionDigits: digits }) + " s";
}
const mib = (value) => value >= 1048576 ? number(value / 1048576) + " TiB" : value >= 1024 ? number(value / 1024) + " GiB" : value >= 1 || value === 0 ? number(value) + " MiB" : number(value * 1024) + " KiB";
