// One chart: a card with a title, a legend that tells values, a plot by uPlot, and a table of the same numbers.

import { NONE, clock, seconds } from './format.js';
import { SCALES, domain, ticks } from './scale.js';

const HEIGHT = 168;
const TABLE_ROWS = 20;
/** Screen readers are told no oftener. */
const LABEL_MS = 10000;
const FONT = '11px system-ui, sans-serif';

export class Chart {
  /**
   * spec: { title, tip, scale, span, tick, text, steps, zero, series: [{ name, of, color, dashed, fill }], levels: [{ at, label, color }] }
   * of: (frame, the frame before) -> value, where null is a gap; span: the least height of the axis in scaled units;
   * levels: objectives and baselines, always in view; color: the name of a CSS variable.
   */
  constructor(spec, history, palette) {
    this.spec = spec;
    this.history = history;
    this.palette = palette;
    this.columns = spec.series.map(series => history.column(series.of));
    this.card = document.getElementById('chart').content.cloneNode(true).firstElementChild;
    this.title = this.card.querySelector('h3');
    this.title.textContent = spec.title;
    this.title.dataset.tip = spec.tip;
    this.values = spec.series.map(series => this.legend(series));
    this.plot = this.card.querySelector('.plot');
    this.plot.addEventListener('keydown', event => this.key(event));
    this.plot.addEventListener('blur', () => this.leave());
    this.table = this.card.querySelector('details');
    this.table.querySelector('summary').setAttribute('aria-label', `Table of ${spec.title}`);
    this.table.addEventListener('toggle', () => this.fillTable());
    this.labelledAt = -Infinity;
    this.uplot = null;
  }

  legend(series) {
    const item = document.createElement('li');
    const value = document.createElement('b');
    value.dataset.series = series.name;
    value.textContent = NONE;
    item.dataset.color = series.color.slice(2);
    item.append(`${series.name} `, value);
    this.card.querySelector('.legend').append(item);
    return value;
  }

  /** Sizes are told, never read from the layout while drawing. */
  resize(width) {
    this.width = Math.round(width);
    if (this.uplot) this.uplot.setSize({ width: this.width, height: HEIGHT });
  }

  /** Draws what is known, in a window that ends now. */
  draw(now, spanMs) {
    const times = this.history.times;
    const some = this.columns.some(column => column.some(v => v !== null));
    this.card.classList.toggle('empty', !some);
    if (this.width > 0 && times.length) {
      this.window = [(now - spanMs) / 1000, now / 1000];
      this.uplot ??= this.make();
      this.uplot.batch(() => {
        this.uplot.setData([times, ...this.columns], false);
        this.uplot.setScale('x', { min: this.window[0], max: this.window[1] });
        this.uplot.setScale('y', this.range());
      });
    }
    if (this.at === undefined) this.tell(times.length - 1);
    if (this.table.open) this.fillTable();
    this.label(times.length - 1);
  }

  make() {
    const { spec, palette } = this;
    const grid = () => ({ stroke: palette.get('--grid'), width: 1 });
    const series = spec.series.map(s => ({
      label: s.name,
      stroke: () => palette.get(s.color),
      width: s.dashed ? 1.5 : 2,
      dash: s.dashed ? [5, 4] : undefined,
      fill: s.fill ? () => palette.get(`${s.color}-tint`) : undefined,
      points: { show: false },
      spanGaps: false,
    }));
    return new uPlot(
      {
        width: this.width,
        height: HEIGHT,
        padding: [8, 6, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, sync: { key: 'time' }, points: { size: 7 } },
        scales: { x: { time: true, auto: false }, y: { auto: false, distr: SCALES[spec.scale].distr, asinh: 1 } },
        series: [{}, ...series],
        axes: [
          { stroke: () => palette.get('--muted'), font: FONT, size: 22, gap: 3, grid: { show: false }, ticks: { show: false }, space: 60,
            splits: () => [0, 0.5, 1].map(part => this.window[0] + part * (this.window[1] - this.window[0])),
            values: (u, at) => at.map((t, i) => (i === 2 ? 'now' : `−${seconds((this.window[1] - t) * 1000)}`)),
            align: 2 },
          { stroke: () => palette.get('--muted'), font: FONT, size: 54, gap: 4, grid: grid(), ticks: { show: false },
            splits: u => apart(u, ticks(spec, u.scales.y.min, u.scales.y.max)),
            filter: (u, at) => at,
            values: (u, at) => at.map(spec.tick) },
        ],
        hooks: { draw: [u => this.drawLevels(u)], setCursor: [u => this.point(u.cursor.idx)] },
      },
      [this.history.times, ...this.columns],
      this.plot,
    );
  }

  range() {
    let from = this.history.times.length;
    while (from > 0 && this.history.times[from - 1] >= this.window[0]) from--;
    const [min, max] = domain(this.spec, this.columns, from);
    return { min, max };
  }

  drawLevels(u) {
    const g = u.ctx;
    const { left, width } = u.bbox;
    g.save();
    g.textAlign = 'left';
    g.textBaseline = 'alphabetic';
    g.lineWidth = devicePixelRatio;
    g.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    for (const { at, label, color } of this.spec.levels ?? []) {
      const y = Math.round(u.valToPos(at, 'y', true)) + 0.5;
      g.strokeStyle = g.fillStyle = this.palette.get(color);
      g.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
      g.beginPath();
      g.moveTo(left, y);
      g.lineTo(left + width, y);
      g.stroke();
      g.setLineDash([]);
      // A halo keeps it readable on top of a line.
      g.strokeStyle = this.palette.get('--card');
      g.lineWidth = 4 * devicePixelRatio;
      g.strokeText(label, left + 4, y - 5 * devicePixelRatio);
      g.fillText(label, left + 4, y - 5 * devicePixelRatio);
      g.lineWidth = devicePixelRatio;
    }
    g.restore();
  }

  /** The pointer is at a frame, here or in another chart. */
  point(index) {
    const at = index ?? undefined;
    if (this.at === at && at === undefined) return;
    this.at = at;
    this.card.dataset.at = at === undefined ? '' : clock(this.history.times[at] * 1000);
    this.tell(at ?? this.history.times.length - 1);
  }

  tell(index) {
    this.spec.series.forEach((series, i) => {
      const text = index < 0 ? NONE : this.spec.text(this.columns[i][index]);
      if (this.values[i].textContent !== text) this.values[i].textContent = text;
    });
  }

  key(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -30, PageDown: 30, Home: -Infinity, End: Infinity };
    if (event.key === 'Escape') this.leave();
    if (!(event.key in steps) || !this.uplot) return;
    event.preventDefault();
    const last = this.history.times.length - 1;
    const index = Math.max(0, Math.min(last, (this.at ?? last) + steps[event.key]));
    this.uplot.setCursor({ left: this.uplot.valToPos(this.history.times[index], 'x'), top: 10 });
    this.plot.setAttribute('aria-label', `${this.spec.title} at ${clock(this.history.times[index] * 1000)}: ${this.said(index)}`);
  }

  leave() {
    this.labelledAt = -Infinity;
    if (this.uplot && this.at !== undefined) this.uplot.setCursor({ left: -10, top: -10 });
  }

  said(index) {
    return this.spec.series.map((s, i) => `${s.name} ${index < 0 ? NONE : this.spec.text(this.columns[i][index])}`).join(', ');
  }

  label(last) {
    const now = performance.now();
    if (this.at !== undefined || now - this.labelledAt < LABEL_MS) return;
    this.labelledAt = now;
    this.plot.setAttribute('aria-label', `Chart of ${this.spec.title}: ${this.said(last)}. Arrow keys go through time; a table follows.`);
  }

  /** The same numbers, at most so many rows, newest first. */
  fillTable() {
    const body = this.table.querySelector('table');
    if (!this.table.open) {
      body.replaceChildren();
      return;
    }
    const { times } = this.history;
    const step = Math.max(1, Math.ceil(times.length / TABLE_ROWS));
    const head = row('th', ['Time', ...this.spec.series.map(s => s.name)]);
    const rows = [];
    for (let i = times.length - 1; i >= 0; i -= step) {
      rows.push(row('td', [clock(times[i] * 1000), ...this.columns.map(column => this.spec.text(column[i]))]));
    }
    body.replaceChildren(head, ...rows);
  }

  /** Colors have changed. */
  repaint() {
    if (this.uplot) this.uplot.redraw(false, true);
  }
}

/** Those that leave each other room on the axis. */
function apart(u, levels) {
  let free = Infinity;
  return levels.filter(v => {
    const y = u.valToPos(v, 'y');
    if (free - y < 18) return false;
    free = y;
    return true;
  });
}

function row(cell, texts) {
  const made = document.createElement('tr');
  texts.forEach(text => {
    const one = document.createElement(cell);
    if (cell === 'th') one.scope = 'col';
    one.textContent = text;
    made.append(one);
  });
  return made;
}
