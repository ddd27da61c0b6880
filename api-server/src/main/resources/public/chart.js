// A line chart on a canvas: one draw of 600 points takes a fraction of a millisecond, and it draws once a second.

import { durationTick, number } from './format.js';

const GUTTER = { left: 52, right: 8, top: 8, bottom: 20 };
const FONT = '11px system-ui, sans-serif';
/** Points further apart than this are not joined by a line. */
const GAP_MS = 3500;

/** How values become heights, the inverse, and the least value that it can show. */
const SCALES = {
  linear: { to: v => v, from: y => y, floor: -Infinity },
  log: { to: Math.log10, from: y => 10 ** y, floor: 0.01 },
  // Zero has a place; above ten it is a log scale.
  log1p: { to: v => Math.log10(1 + v), from: y => 10 ** y - 1, floor: 0 },
};

export class Chart {
  /**
   * spec: { scale, tick, span, series: [{ of, color, dashed, fillTo }], lines: [{ at, label, color }] }
   * of: snapshot -> value (null is a gap); fillTo: the value down or up to which the area is tinted;
   * span: the least height of the axis, in scaled units; tick: value -> text of the axis;
   * steps: the levels that the axis may show, ascending, where powers of ten are not what people think in;
   * lines: objectives and baselines, always in view; color: the name of a CSS variable.
   */
  constructor(canvas, spec) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.spec = spec;
    this.scale = SCALES[spec.scale];
  }

  /** Sizes are told, never read from the layout while drawing. */
  resize(width, height, density) {
    [this.width, this.height, this.density] = [width, height, density];
    this.canvas.width = Math.round(width * density);
    this.canvas.height = Math.round(height * density);
  }

  timeAt(x, now) {
    const inner = this.width - GUTTER.left - GUTTER.right;
    return now - this.spanMs * (1 - Math.min(1, Math.max(0, (x - GUTTER.left) / inner)));
  }

  /** Draws the snapshots that lie in the span before now; false where there was nothing to draw. */
  draw(snapshots, now, spanMs, cursor, palette) {
    if (!this.width || !this.height) return false;
    this.spanMs = spanMs;
    const values = this.spec.series.map(s => snapshots.map(p => this.clamp(number(s.of(p)))));
    const some = values.some(list => list.some(v => !Number.isNaN(v)));
    const [low, high] = this.domain(values);
    const bottom = this.height - GUTTER.bottom;
    this.x = t => this.width - GUTTER.right - ((now - t) / this.spanMs) * (this.width - GUTTER.left - GUTTER.right);
    this.y = v => bottom - ((this.scale.to(v) - low) / (high - low)) * (bottom - GUTTER.top);

    const g = this.context;
    g.setTransform(this.density, 0, 0, this.density, 0, 0);
    g.clearRect(0, 0, this.width, this.height);
    g.font = FONT;
    g.fillStyle = palette['--muted'];
    this.drawTimes(now);
    if (!some) return false;
    this.drawGrid(this.spec.steps ?? ticks(low, high, this.scale), palette);
    g.save();
    g.beginPath();
    g.rect(GUTTER.left, 0, this.width - GUTTER.left, bottom + 1);
    g.clip();
    this.spec.series.forEach((series, i) => this.drawSeries(series, snapshots, values[i], palette));
    g.restore();
    for (const line of this.spec.lines ?? []) this.drawLevel(line, palette);
    if (cursor !== null) this.drawCursor(snapshots, values, cursor, palette);
    return true;
  }

  clamp(v) {
    return v < this.scale.floor ? this.scale.floor : v;
  }

  /** Scaled [low, high] with air around all values and lines. */
  domain(values) {
    let low = Infinity;
    let high = -Infinity;
    const take = v => {
      if (v < low) low = v;
      if (v > high) high = v;
    };
    for (const list of values) list.forEach(take);
    for (const line of this.spec.lines ?? []) take(line.at);
    if (this.spec.scale === 'log1p') take(0);
    if (low > high) [low, high] = [this.clamp(0), 1];
    [low, high] = [this.scale.to(low), this.scale.to(high)];
    const missing = Math.max(0, this.spec.span - (high - low)) / 2;
    const air = (high - low + 2 * missing) * 0.08;
    return [this.spec.scale === 'log1p' ? 0 : low - missing - air, high + missing + air];
  }

  /** Those of the levels that are in view and leave each other room. */
  drawGrid(levels, palette) {
    const g = this.context;
    let free = this.height - GUTTER.bottom;
    g.strokeStyle = palette['--grid'];
    g.lineWidth = 1;
    g.textBaseline = 'middle';
    g.textAlign = 'right';
    g.beginPath();
    for (const v of levels) {
      const y = Math.round(this.y(v)) + 0.5;
      if (y > free + 1 || y < GUTTER.top) continue;
      free = y - 20;
      g.moveTo(GUTTER.left, y);
      g.lineTo(this.width - GUTTER.right, y);
      g.fillText(this.spec.tick(v), GUTTER.left - 6, y);
    }
    g.stroke();
    g.textBaseline = 'alphabetic';
  }

  drawTimes(now) {
    const g = this.context;
    for (const part of [1, 0.5, 0]) {
      const ms = this.spanMs * part;
      g.textAlign = part === 0 ? 'right' : part === 1 ? 'left' : 'center';
      g.fillText(part === 0 ? 'now' : `−${durationTick(ms)}`, this.x(now - ms), this.height - 3);
    }
  }

  drawLevel({ at, label, color }, palette) {
    const g = this.context;
    const y = Math.round(this.y(at)) + 0.5;
    g.strokeStyle = g.fillStyle = palette[color];
    g.lineWidth = 1;
    g.setLineDash([2, 3]);
    g.beginPath();
    g.moveTo(GUTTER.left, y);
    g.lineTo(this.width - GUTTER.right, y);
    g.stroke();
    g.setLineDash([]);
    g.textAlign = 'left';
    // A halo keeps it readable on top of a line.
    g.strokeStyle = palette['--card'];
    g.lineWidth = 4;
    g.strokeText(label, GUTTER.left + 4, y - 5);
    g.fillText(label, GUTTER.left + 4, y - 5);
  }

  drawSeries(series, snapshots, values, palette) {
    const g = this.context;
    g.strokeStyle = g.fillStyle = palette[series.color];
    g.lineWidth = series.dashed ? 1.5 : 2;
    g.lineJoin = 'round';
    g.lineCap = 'round';
    for (const [from, to] of runs(snapshots, values)) {
      const path = new Path2D();
      for (let i = from; i < to; i++) path.lineTo(this.x(snapshots[i].timeMs), this.y(values[i]));
      if (to - from === 1) {
        g.beginPath();
        g.arc(this.x(snapshots[from].timeMs), this.y(values[from]), 1.5, 0, 7);
        g.fill();
        continue;
      }
      g.setLineDash(series.dashed ? [5, 4] : []);
      g.stroke(path);
      if (series.fillTo !== undefined) this.drawFill(path, snapshots[from].timeMs, snapshots[to - 1].timeMs, this.y(series.fillTo));
    }
    g.setLineDash([]);
  }

  drawFill(path, from, to, base) {
    const g = this.context;
    path.lineTo(this.x(to), base);
    path.lineTo(this.x(from), base);
    g.globalAlpha = 0.12;
    g.fill(path);
    g.globalAlpha = 1;
  }

  drawCursor(snapshots, values, cursor, palette) {
    const g = this.context;
    const { timeMs } = snapshots[cursor];
    const x = this.x(timeMs);
    g.strokeStyle = palette['--muted'];
    g.lineWidth = 1;
    g.beginPath();
    g.moveTo(Math.round(x) + 0.5, GUTTER.top);
    g.lineTo(Math.round(x) + 0.5, this.height - GUTTER.bottom);
    g.stroke();
    this.spec.series.forEach((series, i) => {
      if (Number.isNaN(values[i][cursor])) return;
      g.fillStyle = palette[series.color];
      g.beginPath();
      g.arc(x, this.y(values[i][cursor]), 3.5, 0, 7);
      g.fill();
    });
  }
}

/** [from, to) of the stretches without a gap in value or time. */
function runs(snapshots, values) {
  const found = [];
  let from = -1;
  for (let i = 0; i <= values.length; i++) {
    const ends = i === values.length || Number.isNaN(values[i]);
    const jumps = !ends && from >= 0 && snapshots[i].timeMs - snapshots[i - 1].timeMs > GAP_MS;
    if (from >= 0 && (ends || jumps)) found.push([from, i]);
    if (ends) from = -1;
    else if (from < 0 || jumps) from = i;
  }
  return found;
}

/** Some round values between scaled low and high, ascending. */
function ticks(low, high, scale) {
  const from = scale.from(low);
  const to = scale.from(high);
  const decades = high - low;
  if (scale === SCALES.linear || decades < 0.7) {
    const step = roundStep((to - from) / 4);
    const list = [];
    for (let k = Math.ceil(from / step); k * step <= to; k++) list.push(k * step);
    return list;
  }
  const list = scale === SCALES.log1p ? [0] : [];
  const stride = Math.ceil(decades / 5);
  for (let e = scale === SCALES.log1p ? 0 : Math.floor(low); e <= high; e += stride) {
    list.push(10 ** e);
    if (decades < 2.2) list.push(3 * 10 ** e);
  }
  return list;
}

/** 1, 2 or 5 times a power of ten, not below the given step. */
function roundStep(step) {
  const power = 10 ** Math.floor(Math.log10(step));
  const m = step / power;
  return power * (m <= 1 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10);
}
