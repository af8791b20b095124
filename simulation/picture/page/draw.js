// One run on one canvas: bars, links, memory and busy cores on one axis of time.

const LEFT = 92, RIGHT = 14, AXIS = 22, GAP = 8, ROW_MAX = 36, ARROWS_MAX = 4000;
const theme = () => {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(["paper", "ink", "soft", "line", "idle", "down", "up", "memory", "busy", "wait"].map((name) => [name, style.getPropertyValue("--" + name).trim()]));
};
const rgbOf = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
function textOn(colour) {
  const [r, g, b] = rgbOf(colour);
  return r * 0.299 + g * 0.587 + b * 0.114 > 140 ? "#111" : "#fff";
}
// A round step of which about `count` fit.
function niceStep(span, count) {
  const raw = span / count, power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].find((one) => one * power >= raw) * power;
}

// A small picture, pixel by pixel, for what is finer than a rectangle.
class Pixels {
  constructor(width, height) {
    Object.assign(this, { width, height, data: new ImageData(width, height) });
  }
  // Stays where it is weaker than what is there.
  set(x, y, rgb, alpha) {
    const at = (y * this.width + x) * 4, bytes = this.data.data, strength = Math.round(alpha * 255);
    if (x < 0 || x >= this.width || bytes[at + 3] >= strength) return;
    bytes[at] = rgb[0];
    bytes[at + 1] = rgb[1];
    bytes[at + 2] = rgb[2];
    bytes[at + 3] = strength;
  }
  draw(pen, x, y, width, height) {
    const canvas = document.createElement("canvas");
    canvas.width = this.width;
    canvas.height = this.height;
    canvas.getContext("2d").putImageData(this.data, 0, 0);
    pen.imageSmoothingEnabled = height < this.height;
    pen.drawImage(canvas, x, y, width, height);
  }
}

class Chart {
  constructor(run, canvas) {
    Object.assign(this, { run, canvas, y0: 0, y1: 1 });
    this.fitRows("core");
  }
  rowsOf(mode) { return mode === "core" ? this.run.byCore : this.run.byTask; }
  fitRows(mode) { this.y0 = 0; this.y1 = Math.max(1, this.rowsOf(mode).count); }

  // Heights of the panels that fit into `height`.
  layout(width, height, mode) {
    this.width = width;
    this.plot = width - LEFT - RIGHT;
    const busy = 34, rest = height - AXIS - busy - 3 * GAP, links = Math.max(56, Math.round(rest * 0.2)), memory = Math.max(40, Math.round(rest * 0.14));
    this.gantt = { top: AXIS, height: Math.min(Math.max(120, rest - links - memory), this.rowsOf(mode).count * ROW_MAX + 1) };
    this.busy = { top: this.gantt.top + this.gantt.height + GAP, height: busy };
    this.links = { top: this.busy.top + busy + GAP, height: links };
    this.memory = { top: this.links.top + links + GAP, height: memory };
    this.height = this.memory.top + memory + 2;
    const ratio = window.devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(this.height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(this.height * ratio);
      this.canvas.style.height = this.height + "px";
    }
    this.pen = this.canvas.getContext("2d");
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  x(time) { return LEFT + (time - this.view.x0) * this.scale; }
  time(x) { return this.view.x0 + (x - LEFT) / this.scale; }
  y(row) { return this.gantt.top + (row - this.y0) * this.rowHeight; }
  rowAt(y) { return this.y0 + (y - this.gantt.top) / this.rowHeight; }
  rowOf(bar) { return this.view.mode === "core" ? this.run.rowsOf(bar)[0] ?? 0 : this.run.taskRow[bar]; }
  middle(bar) { return this.y(this.rowOf(bar) + 0.5); }
  colourOf(bar) { return this.run.graph.colour[this.run.graph.kind[this.run.bars.task[bar]]]; }
  rowsOfBar(bar) { return this.view.mode === "core" ? this.run.rowsOf(bar) : [this.run.taskRow[bar]]; }

  draw(view, state) {
    this.view = view;
    this.ink = theme();
    this.scale = this.plot / (view.x1 - view.x0);
    this.rowHeight = Math.min(ROW_MAX, this.gantt.height / (this.y1 - this.y0));
    this.pen.clearRect(0, 0, this.width, this.height);
    this.pen.font = '12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif';
    this.pen.textBaseline = "middle";
    this.ground(this.gantt);
    this.clipped(this.gantt, () => {
      const focus = state.focus?.[this.run.index];
      this.drawBars(focus ? 0.16 : 1, 0.25, focus, 0);
      if (focus) this.drawBars(1, 0.9, focus, 1);
      if (state.transfers) this.drawTransfers();
      if (state.critical) this.drawCriticalPath();
      if (state.selected >= 0) this.drawNeeds(state.selected);
    });
    this.drawLabels();
    this.drawAxis();
    this.drawBusy();
    this.drawStrips(this.links, this.linkColumns(), state.linkScale, (one) => mib(one) + "/s", "in", "out");
    this.drawStrips(this.memory, this.memoryColumns(), state.memoryScale, mib, "memory");
  }
  clipped(panel, what) {
    this.pen.save();
    this.pen.beginPath();
    this.pen.rect(LEFT, panel.top, this.plot, panel.height);
    this.pen.clip();
    what();
    this.pen.restore();
  }

  // What panels stand on, with the lines of the axis.
  ground(panel) {
    const { pen } = this;
    pen.fillStyle = this.ink.idle;
    pen.fillRect(LEFT, panel.top, this.plot, panel.height);
    pen.fillStyle = this.ink.line;
    for (const time of this.ticks()) pen.fillRect(Math.round(this.x(time)), panel.top, 1, panel.height);
  }
  ticks() {
    const { view } = this, times = [];
    this.step = niceStep(view.x1 - view.x0, Math.max(2, this.plot / 110));
    for (let i = Math.ceil(view.x0 / this.step); i * this.step <= view.x1; ++i) times.push(i * this.step);
    return times;
  }
  // Those that `mask` has as `which`, or all. What is but a few pixels wide, or lower than one, goes into a picture: a pixel has the colour of its longest bar, as strong as it
  // is covered, but at least `least`.
  drawBars(alpha, least, mask, which) {
    const { pen, run, view } = this, rows = this.rowsOf(view.mode), { start, end } = run.bars, tiny = this.rowHeight < 1;
    const first = Math.max(0, Math.floor(this.y0)), last = Math.min(rows.count, Math.ceil(this.y1)), lines = Math.min(last - first, Math.ceil(this.gantt.height));
    if (lines <= 0) return;
    const pixels = new Pixels(Math.max(1, Math.floor(this.plot)), lines), colours = run.graph.colour.map(rgbOf), height = this.rowHeight > 4 ? this.rowHeight - 1 : this.rowHeight;
    const wide = [];
    for (let row = first; row < last; ++row) {
      const line = Math.floor((row - first) * lines / (last - first)), stop = rows.begin[row + 1];
      let i = rows.begin[row];
      for (let high = stop; i < high;) {  // The first that has not ended before the view.
        const mid = (i + high) >> 1;
        if (end[rows.bars[mid]] < view.x0) i = mid + 1; else high = mid;
      }
      let column = -1, covered = 0, longest = 0, colour = null;
      const flush = () => {
        if (covered > 0) pixels.set(column, line, colour, alpha * Math.max(least, Math.min(1, covered)));
        covered = longest = 0;
      };
      const cover = (x, part, own) => {
        if (x !== column) { flush(); column = x; }
        covered += part;
        if (part >= longest) { longest = part; colour = own; }
      };
      for (; i < stop && start[rows.bars[i]] <= view.x1; ++i) {
        const bar = rows.bars[i];
        if (mask && mask[bar] !== which) continue;
        const left = (start[bar] - view.x0) * this.scale, width = (end[bar] - start[bar]) * this.scale, own = colours[run.graph.kind[run.bars.task[bar]]];
        if (width < 4) {
          for (let x = Math.floor(left), right = left + Math.max(width, 0.02); x < right; ++x) cover(x, Math.min(right, x + 1) - Math.max(left, x), own);
        } else if (tiny) {
          for (let x = Math.max(0, Math.floor(left)); x < Math.min(pixels.width, left + width); ++x) pixels.set(x, line, own, alpha);
        } else {
          wide.push(bar, row);
        }
      }
      flush();
    }
    pixels.draw(pen, LEFT, this.y(first), pixels.width, (last - first) * this.rowHeight);
    pen.globalAlpha = alpha;
    for (let i = 0; i < wide.length; i += 2) this.drawBar(wide[i], this.x(start[wide[i]]), this.y(wide[i + 1]), (end[wide[i]] - start[wide[i]]) * this.scale, height);
    pen.globalAlpha = 1;
  }
  drawBar(bar, x, top, width, height) {
    const { pen, run, view } = this, left = Math.max(x, LEFT), right = Math.min(x + width, LEFT + this.plot);
    if (view.mode === "task" && this.rowHeight > 4) this.drawWaiting(bar, x, top, height);
    pen.fillStyle = this.colourOf(bar);
    pen.fillRect(left, top, Math.max(1, right - left - (width > 3 ? 0.6 : 0)), height);
    if (height < 11 || right - left < 24) return;
    const name = run.graph.names[run.bars.task[bar]], fits = Math.floor((right - left - 6) / 6.6);
    if (fits < 3) return;
    pen.fillStyle = textOn(this.colourOf(bar));
    pen.fillText(name.length <= fits ? name : name.slice(0, fits - 1) + "…", left + 3, top + height / 2);
  }
  // By task: thin from when its last input was made until it came, thicker until it began.
  drawWaiting(bar, x, top, height) {
    const { pen, run } = this, { here, start, lastInput } = run.bars, maker = lastInput[bar] < 0 ? -1 : makerOf(run, lastInput[bar]);
    const came = this.x(here[bar]);
    pen.fillStyle = this.ink.wait;
    if (maker >= 0) pen.fillRect(this.x(run.bars.end[maker]), top + height * 0.42, came - this.x(run.bars.end[maker]), Math.max(1, height * 0.16));
    if (start[bar] > here[bar]) pen.fillRect(came, top + height * 0.28, x - came, Math.max(1, height * 0.44));
  }
  outline(bar, width, colour) {
    const { pen } = this, x = this.x(this.run.bars.start[bar]), length = Math.max(1, (this.run.bars.end[bar] - this.run.bars.start[bar]) * this.scale);
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    for (const row of this.rowsOfBar(bar)) pen.strokeRect(x, this.y(row), length, Math.max(2, this.rowHeight - 1));
  }
  line(points, colour, width, dash = []) {
    const { pen } = this;
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.setLineDash(dash);
    pen.beginPath();
    points.forEach(([x, y], i) => i ? pen.lineTo(x, y) : pen.moveTo(x, y));
    pen.stroke();
    pen.setLineDash([]);
  }
  drawTransfers() {
    const { run, view, pen } = this, { object, start, end, from } = run.transfers, visible = [];
    for (let i = 0; i < object.length && visible.length <= ARROWS_MAX; ++i)
      if (end[i] >= view.x0 && start[i] <= view.x1 && run.consumer[i] >= 0) visible.push(i);
    if (visible.length > ARROWS_MAX) {
      this.note(`More than ${number(ARROWS_MAX)} transfers here: zoom in to see each`);
      return;
    }
    pen.globalAlpha = Math.max(0.25, Math.min(0.9, 60 / visible.length));
    for (const i of visible) {
      const maker = makerOf(run, object[i]), y = maker >= 0 ? this.middle(maker) : this.y(run.nodeRow[from[i]] + 0.5);
      this.line([[this.x(start[i]), y], [this.x(end[i]), this.middle(run.consumer[i])]], this.ink.ink, 1);
    }
    pen.globalAlpha = 1;
  }
  note(text) {
    const { pen } = this, width = pen.measureText(text).width + 16;
    pen.fillStyle = this.ink.paper;
    pen.fillRect(LEFT + 8, this.gantt.top + 8, width, 22);
    pen.fillStyle = this.ink.ink;
    pen.fillText(text, LEFT + 16, this.gantt.top + 19);
  }
  // What its inputs went through: made, sent, arrived, begun; and who uses what it makes.
  drawNeeds(bar) {
    const { run } = this, task = run.bars.task[bar];
    for (const object of run.graph.inputsOf(task)) this.drawEdge(object, bar, this.ink.ink, 1.6);
    for (const user of usersOf(run, task)) {
      const other = run.barOfTask[user];
      if (other >= 0) for (const object of run.graph.inputsOf(user)) if (run.graph.producer[object] === task) this.drawEdge(object, other, this.ink.soft, 1);
    }
    this.outline(bar, 2.5, this.ink.ink);
  }
  drawEdge(object, bar, colour, width) {
    const { run } = this, maker = makerOf(run, object), transfer = arrivalAt(run, object, bar), { start, end } = run.transfers;
    if (maker < 0 && transfer < 0) return;
    const to = this.middle(bar), from = maker >= 0 ? this.middle(maker) : this.y(run.nodeRow[run.transfers.from[transfer]] + 0.5);
    const begun = this.x(run.bars.start[bar]), made = maker >= 0 ? this.x(run.bars.end[maker]) : this.x(start[transfer]);
    if (transfer < 0) {
      this.line([[made, from], [begun, to]], colour, width);
    } else {
      this.line([[made, from], [this.x(start[transfer]), from]], colour, width, [3, 3]);
      this.line([[this.x(start[transfer]), from], [this.x(end[transfer]), to]], colour, width);
      this.line([[this.x(end[transfer]), to], [begun, to]], colour, width, [3, 3]);
    }
    this.pen.fillStyle = colour;
    this.pen.beginPath();
    this.pen.moveTo(begun, to);
    this.pen.lineTo(begun - 7, to - 3.5);
    this.pen.lineTo(begun - 7, to + 3.5);
    this.pen.fill();
  }
  // Its tasks stand out already: how each leads to the next.
  drawCriticalPath() {
    const { run } = this, { kind, index, start, end } = run.path, points = [];
    let y = null;
    for (let i = 0, next = 0; i < kind.length; ++i) {
      for (next = Math.max(next, i); kind[next] !== 0;) ++next;
      const bar = index[next];  // The task that this leads to.
      const to = kind[i] === 2 ? y ?? this.gantt.top : this.middle(bar), from = kind[i] === 1 ? y ?? to : to;
      if (y !== null && y !== from) points.push([[this.x(start[i]), y], [this.x(start[i]), from]]);
      if (kind[i] !== 0) points.push([[this.x(start[i]), from], [this.x(end[i]), to]]);
      else if (this.rowHeight >= 8) this.outline(index[i], 1.8, this.ink.ink);
      y = to;
    }
    for (const line of points) this.line(line, this.ink.paper, 4);
    for (const line of points) this.line(line, this.ink.ink, 1.8);
  }

  // Names of nodes (or of tasks, where there is room), and lines between nodes.
  drawLabels() {
    const { pen, run } = this, inside = (y) => y >= this.gantt.top && y <= this.gantt.top + this.gantt.height;
    pen.textAlign = "right";
    if (this.view.mode === "task") {
      this.labelTasks();
    } else {
      let lastY = -100;
      for (let node = 0; node < run.nodes; ++node) {
        const top = Math.max(this.y(run.nodeRow[node]), this.gantt.top), bottom = Math.min(this.y(run.nodeRow[node + 1]), this.gantt.top + this.gantt.height);
        if (bottom <= top) continue;
        const tall = this.y(run.nodeRow[node + 1]) - this.y(run.nodeRow[node]);
        pen.fillStyle = this.ink.line;
        if (node > 0 && tall > 8 && inside(this.y(run.nodeRow[node]))) pen.fillRect(LEFT - 6, Math.round(this.y(run.nodeRow[node])) - 1, this.plot + 6, 1);
        const middle = (top + bottom) / 2;
        if (middle - lastY < 13) continue;
        lastY = middle;
        pen.fillStyle = this.ink.ink;
        pen.fillText("node " + node, LEFT - (this.rowHeight >= 13 ? 30 : 8), middle);
        pen.fillStyle = this.ink.soft;
        for (let core = 0; core < run.rows[node] && this.rowHeight >= 13; ++core)
          if (inside(this.y(run.nodeRow[node] + core + 0.5))) pen.fillText(core, LEFT - 8, this.y(run.nodeRow[node] + core + 0.5));
      }
    }
    pen.textAlign = "left";
  }
  labelTasks() {
    const { pen, run } = this;
    pen.fillStyle = this.ink.soft;
    if (this.rowHeight < 11) {
      pen.fillText(`${number(run.count)} tasks`, LEFT - 8, this.gantt.top + this.gantt.height / 2 - 8);
      pen.fillText("by start", LEFT - 8, this.gantt.top + this.gantt.height / 2 + 8);
      return;
    }
    for (let row = Math.max(0, Math.floor(this.y0)); row < Math.min(run.count, this.y1); ++row) {
      const y = this.y(row + 0.5), name = run.graph.names[run.bars.task[run.byTask.bars[row]]];
      if (y > this.gantt.top + 4 && y < this.gantt.top + this.gantt.height - 4) pen.fillText(name.length > 13 ? "…" + name.slice(-12) : name, LEFT - 8, y);
    }
  }
  drawAxis() {
    const { pen } = this;
    pen.textAlign = "center";
    pen.fillStyle = this.ink.soft;
    for (const time of this.ticks()) {
      const text = seconds(time, this.step), half = pen.measureText(text).width / 2;
      pen.fillText(text, Math.max(LEFT - 20 + half, Math.min(this.x(time), this.width - half - 1)), AXIS / 2 - 1);
    }
    pen.textAlign = "left";
  }

  newColumns() { return new Columns(Math.floor(this.plot), this.view.x0, this.scale); }
  drawBusy() {
    const { run } = this, columns = this.newColumns(), total = run.rows.reduce((a, b) => a + b, 0), panel = this.busy;
    for (let bar = 0; bar < run.count; ++bar) columns.add(run.graph.need[run.bars.task[bar]], run.bars.start[bar], run.bars.end[bar]);
    this.busyValues = columns.sum();
    this.frame(panel, "busy cores", String(total));
    this.area(this.busyValues, panel.top + panel.height, panel.height / total, this.ink.busy);
  }
  // Of each link: values in and out, a column a pixel.
  linkColumns() {
    const { run } = this, { object, from, to, start, end } = run.transfers;
    const down = Array.from({ length: run.nodes }, () => null), up = down.slice();
    const of = (list, node) => list[node] ?? (list[node] = this.newColumns());
    for (let i = 0; i < object.length; ++i) {
      if (end[i] <= this.view.x0 || start[i] >= this.view.x1 || end[i] <= start[i]) continue;
      const rate = run.graph.sizes[object[i]] / (end[i] - start[i]);
      of(down, to[i]).add(rate, start[i], end[i]);
      of(up, from[i]).add(rate, start[i], end[i]);
    }
    const empty = new Float32Array(Math.floor(this.plot));
    return this.linkValues = [down, up].map((list) => list.map((one) => one ? one.sum() : empty));
  }
  memoryColumns() {
    const width = Math.floor(this.plot);
    return this.memoryValues = [this.run.memory.map(({ time, held }) => {
      const values = new Float32Array(width);
      for (let x = 0, i = 0; x < width; ++x) {
        for (const now = this.view.x0 + (x + 0.5) / this.scale; i < time.length && time[i] <= now;) ++i;
        values[x] = i > 0 ? held[i - 1] : 0;
      }
      return values;
    })];
  }
  frame(panel, title, scale) {
    const { pen } = this;
    this.ground(panel);
    pen.textAlign = "right";
    pen.fillStyle = this.ink.ink;
    pen.fillText(title, LEFT - 8, panel.top + (panel.height < 40 ? 9 : panel.height / 2 - 9));
    pen.fillStyle = this.ink.soft;
    pen.fillText(scale, LEFT - 8, panel.top + (panel.height < 40 ? 25 : panel.height / 2 + 8));
    pen.textAlign = "left";
  }
  area(values, base, factor, colour) {
    const { pen } = this;
    pen.fillStyle = colour;
    pen.beginPath();
    pen.moveTo(LEFT, base);
    values.forEach((value, x) => {
      const y = value > 0 ? base - Math.sign(factor) * Math.max(1, Math.abs(value * factor)) : base;  // What there is, is seen.
      pen.lineTo(LEFT + x, y);
      pen.lineTo(LEFT + x + 1, y);
    });
    pen.lineTo(LEFT + values.length, base);
    pen.fill();
  }
  // A strip for each node, or for several where there are many: curves where a strip is tall, shades where it is not. With two lists the second hangs below.
  drawStrips(panel, lists, scale, text, ...titles) {
    const { pen, run } = this, strips = Math.max(1, Math.min(run.nodes, Math.floor(panel.height / 3))), tall = panel.height / strips;
    const colours = lists.length === 2 ? [this.ink.down, this.ink.up] : [this.ink.memory];
    this.frame(panel, titles.length === 2 ? "links" : titles[0], "≤ " + text(scale));
    const shades = new Pixels(Math.max(1, Math.floor(this.plot)), strips * lists.length), rgb = colours.map(rgbOf);
    for (let strip = 0; strip < strips; ++strip) {
      const first = Math.ceil(strip * run.nodes / strips), last = Math.max(first + 1, Math.ceil((strip + 1) * run.nodes / strips)), top = panel.top + strip * tall;
      lists.forEach((list, which) => {
        const half = (tall - 1) / lists.length, values = last === first + 1 ? list[first] : this.mean(list.slice(first, last));
        if (tall < 12) values.forEach((value, x) => { if (value > 0) shades.set(x, strip * lists.length + which, rgb[which], 0.1 + 0.9 * Math.sqrt(Math.min(1, value / scale))); });
        else this.area(values, top + half, (which === 0 ? 1 : -1) * half / scale, colours[which]);
      });
      pen.fillStyle = this.ink.line;
      if (tall >= 12 && strip > 0) pen.fillRect(LEFT, Math.round(top) - 1, this.plot, 1);
    }
    if (tall < 12) shades.draw(pen, LEFT, panel.top, shades.width, panel.height);
  }
  mean(list) {
    const sum = new Float32Array(list[0].length);
    for (const one of list) for (let x = 0; x < sum.length; ++x) sum[x] += one[x] / list.length;
    return sum;
  }

  // By task: the first that does not start before.
  rowStartingAt(time) {
    const { bars } = this.run.byTask;
    let low = 0;
    for (let high = bars.length; low < high;) {
      const mid = (low + high) >> 1;
      if (this.run.bars.start[bars[mid]] < time) low = mid + 1; else high = mid;
    }
    return low;
  }
  // The bar at a place, or -1.
  barAt(x, y) {
    if (x < LEFT || x > LEFT + this.plot || y < this.gantt.top || y >= this.gantt.top + this.gantt.height) return -1;
    const rows = this.rowsOf(this.view.mode), { start, end } = this.run.bars, near = 3 / this.scale, time = this.time(x);
    const middle = Math.floor(this.rowAt(y)), reach = Math.min(50, Math.ceil(1.5 / this.rowHeight) - 1);
    let best = -1, distance = near;
    for (let row = Math.max(0, middle - reach); row <= Math.min(rows.count - 1, middle + reach); ++row) {
      let i = rows.begin[row];
      for (let high = rows.begin[row + 1]; i < high;) {
        const mid = (i + high) >> 1;
        if (end[rows.bars[mid]] < time - near) i = mid + 1; else high = mid;
      }
      for (; i < rows.begin[row + 1] && start[rows.bars[i]] <= time + near; ++i) {
        const off = Math.max(0, start[rows.bars[i]] - time, time - end[rows.bars[i]]) + Math.abs(row - middle) * near * 0.01;
        if (off <= distance) { distance = off; best = rows.bars[i]; }
      }
    }
    return best;
  }
}
