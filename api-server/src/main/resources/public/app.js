// The live page: one stream of snapshots in, texts and charts out. Keeps ten minutes of them, here and nowhere else.

import { Chart } from './chart.js';
import { NONE, bytes, count, duration, durationTick, number, rate, ratio, seconds, short } from './format.js';

const STREAM = 'v1/monitor/stream';
const WINDOW_MS = 10 * 60 * 1000;
/** The charts' time axis grows with what there is to show. */
const SPANS_MS = [1, 2, 5, 10].map(minutes => minutes * 60 * 1000);
const MAX_SNAPSHOTS = 1200;
/** The server sends one a second: this long without one and the stream counts as lost. */
const SILENCE_MS = 5000;
const RETRY_MS = [1000, 2000, 4000, 8000];
const GOAL_MS = { p50: 300, p99: 1000 };

const [S, MIN, H, D] = [1e3, 6e4, 36e5, 864e5];
const DURATION_STEPS = [0.1, 0.3, 1, 3, 10, 30, 100, 300, S, 3 * S, 10 * S, 30 * S, 2 * MIN, 10 * MIN, H, 6 * H, D, 10 * D, 100 * D];

const STATES = {
  connecting: 'connecting',
  live: 'live',
  behind: 'live, catching up with the log',
  lost: 'stream lost, reconnecting',
};

const CHARTS = [
  {
    title: 'Freshness',
    tip: 'Time from an action in the log to scores served by a model that learned from it: half of the actions are faster than p50, 99 % faster than p99.',
    scale: 'log', span: 0.5, steps: DURATION_STEPS, tick: durationTick, text: duration, wide: true,
    series: percentiles(s => s.freshnessMs),
    lines: [{ at: GOAL_MS.p50, label: 'goal for p50: 300 ms', color: '--main' }, { at: GOAL_MS.p99, label: 'goal for p99: 1 s', color: '--second' }],
  },
  {
    title: 'Rank latency',
    tip: 'Time that the server takes to answer a ranking request, its write to the log included.',
    scale: 'log', span: 0.5, steps: DURATION_STEPS, tick: durationTick, text: duration,
    series: percentiles(s => s.rankMs),
  },
  {
    title: 'AUC',
    tip: 'Probability that a positive sample had a higher score than a negative one: 0.5 is chance, 1 is perfect.',
    scale: 'linear', span: 0.1, tick: axisRatio, text: ratio,
    series: recentAndTotal('auc', 0.5),
    lines: [{ at: 0.5, label: 'chance', color: '--muted' }],
  },
  {
    title: 'Impression AUC',
    tip: 'AUC within one answer, averaged over answers with both outcomes: how well the order shown to one person was right.',
    scale: 'linear', span: 0.1, tick: axisRatio, text: ratio,
    series: recentAndTotal('impressionAuc', 0.5),
    lines: [{ at: 0.5, label: 'chance', color: '--muted' }],
  },
  {
    title: 'Calibration',
    tip: 'Predicted positives divided by real ones: 1 is right, above 1 the model promises too much.',
    scale: 'log', span: 0.15, tick: axisRatio, text: ratio,
    series: recentAndTotal('calibration', 1),
    lines: [{ at: 1, label: 'as predicted', color: '--muted' }],
  },
  {
    title: 'Log loss',
    tip: 'Mean surprise at what happened, given the score that was served: lower is better, 0 is perfect.',
    scale: 'linear', span: 0.02, tick: axisRatio, text: ratio,
    series: recentAndTotal('logLoss'),
  },
  {
    title: 'Normalized entropy',
    tip: 'Log loss divided by that of always predicting the average rate: below 1 the model knows more than the average.',
    scale: 'linear', span: 0.1, tick: axisRatio, text: ratio,
    series: recentAndTotal('normalizedEntropy', 1),
    lines: [{ at: 1, label: 'knows only the average', color: '--muted' }],
  },
  {
    title: 'Throughput',
    tip: 'Rankings answered, events accepted and samples learned in a second, over the last five.',
    scale: 'log1p', span: 1, tick: v => short(v), text: rate,
    series: [
      { name: 'samples', of: s => s.rates?.samples, color: '--main', fillTo: 0 },
      { name: 'events', of: s => s.rates?.events, color: '--second' },
      { name: 'ranks', of: s => s.rates?.ranks, color: '--third' },
    ],
  },
];

/** What each element with data-text says of a snapshot. */
const TEXTS = {
  model: s => s.model ?? '',
  samples: s => count(s.samplesLearned),
  version: s => count(s.version),
  rows: s => count(s.rows),
  sampleRate: s => rate(s.rates?.samples),
  ranks: s => rate(s.rates?.ranks),
  candidates: s => rate(s.rates?.candidates),
  events: s => rate(s.rates?.events),
  auc: s => ratio(s.quality?.recent?.auc),
  aucVerdict: s => `${ratio(s.quality?.total?.auc)} overall · 0.5 is chance, 1 is perfect`,
  freshP50: s => duration(s.freshnessMs?.p50),
  freshP99: s => duration(s.freshnessMs?.p99),
  goal: s => ({ true: '✓ goals met', false: '✗ goals missed' })[goalsMet(s)] ?? '',
  joinP50: s => duration(s.freshnessMs?.stages?.join?.p50),
  joinP99: s => duration(s.freshnessMs?.stages?.join?.p99),
  learnP50: s => duration(s.freshnessMs?.stages?.learn?.p50),
  learnP99: s => duration(s.freshnessMs?.stages?.learn?.p99),
  serveP50: s => duration(s.freshnessMs?.stages?.serve?.p50),
  serveP99: s => duration(s.freshnessMs?.stages?.serve?.p99),
  late: s => count(s.outcomes?.late),
  orphan: s => count(s.outcomes?.orphan),
  duplicate: s => count(s.outcomes?.duplicate),
  ignored: s => count(s.outcomes?.ignored),
  weightsAge: s => duration(s.weightsAgeMs),
  watermark: s => ago(number(s.timeMs) - number(s.watermarkMs)),
  traced: s => count(s.traced),
  heap: s => bytes(s.heapUsedBytes),
};

function percentiles(of) {
  return [
    { name: 'p50', of: s => of(s)?.p50, color: '--main' },
    { name: 'p99', of: s => of(s)?.p99, color: '--second' },
  ];
}

/** fillTo: the value to be compared with. */
function recentAndTotal(key, fillTo) {
  return [
    { name: 'last minute', of: s => s.quality?.recent?.[key], color: '--main', fillTo },
    { name: 'overall', of: s => s.quality?.total?.[key], color: '--total', dashed: true },
  ];
}

function axisRatio(v) {
  return String(Number(v.toPrecision(3)));
}

function ago(ms) {
  const text = duration(ms);
  return text === NONE ? text : `${text} ago`;
}

/** Undefined where nothing was measured. */
function goalsMet({ freshnessMs }) {
  const [p50, p99] = [number(freshnessMs?.p50), number(freshnessMs?.p99)];
  return Number.isNaN(p50 + p99) ? undefined : p50 <= GOAL_MS.p50 && p99 <= GOAL_MS.p99;
}

// ---- what is known

/** Snapshots in order of the server's clock, which is the charts' clock too. */
const snapshots = [];
let arrivedAt = NaN;
let cursorTime = null;
let palette = {};

function add(snapshot) {
  if (Number.isNaN(number(snapshot?.timeMs))) return;
  // A clock that was set back, or a server that was replaced: what lies after is not history.
  while (snapshots.length && snapshots.at(-1).timeMs >= snapshot.timeMs) snapshots.pop();
  snapshots.push(snapshot);
  while (snapshots.length > MAX_SNAPSHOTS || snapshots[0].timeMs < snapshot.timeMs - WINDOW_MS - 5000) snapshots.shift();
  arrivedAt = performance.now();
}

/** The server's time now, as far as the last snapshot and our own clock tell. */
function serverNow() {
  return snapshots.length ? snapshots.at(-1).timeMs + (performance.now() - arrivedAt) : 0;
}

// ---- the stream

let source = null;
let retry = 0;
let retryTimer = 0;
let silenceTimer = 0;

function connect() {
  source = new EventSource(STREAM);
  source.onmessage = ({ data }) => {
    retry = 0;
    watchSilence();
    add(JSON.parse(data));
    setState(snapshots.at(-1)?.ready === false ? 'behind' : 'live');
    redraw();
  };
  // The browser's own retry gives up at the first answer that is not a stream: we always start anew.
  source.onerror = lose;
  watchSilence();
}

function lose() {
  source.close();
  clearTimeout(silenceTimer);
  clearTimeout(retryTimer);
  setState('lost');
  retryTimer = setTimeout(connect, RETRY_MS[Math.min(retry++, RETRY_MS.length - 1)]);
}

function watchSilence() {
  clearTimeout(silenceTimer);
  silenceTimer = setTimeout(lose, SILENCE_MS);
}

// ---- what is shown

const charts = CHARTS.map(build);
const texts = [...document.querySelectorAll('[data-text]')];
const stateText = document.getElementById('state');
const ageText = document.getElementById('age');

function build(spec) {
  const card = document.getElementById('chart').content.cloneNode(true).firstElementChild;
  const title = card.querySelector('h2');
  title.textContent = spec.title;
  title.dataset.tip = spec.tip;
  card.classList.toggle('wide', spec.wide === true);
  const values = spec.series.map(series => {
    const item = document.createElement('li');
    const value = document.createElement('b');
    item.dataset.color = series.color.slice(2);
    item.append(`${series.name} `, value);
    card.querySelector('.legend').append(item);
    return value;
  });
  const canvas = card.querySelector('canvas');
  canvas.setAttribute('aria-label', `${spec.title} over the last ten minutes; its latest values stand above it`);
  document.getElementById('charts').append(card);
  return { chart: new Chart(canvas, spec), spec, canvas, card, values };
}

function setState(state) {
  if (document.body.dataset.state === state) return;
  document.body.dataset.state = state;
  stateText.textContent = STATES[state];
  redraw();
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

let frame = 0;
function redraw() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    render();
  });
}

function render() {
  const last = snapshots.at(-1);
  const state = document.body.dataset.state;
  if (last) {
    for (const element of texts) setText(element, TEXTS[element.dataset.text](last));
    document.querySelector('.goal').dataset.met = goalsMet(last);
    const flows = state !== 'lost' && number(last.rates?.samples) > 0;
    document.body.dataset.flow = flows ? 'on' : 'off';
  }
  const age = performance.now() - arrivedAt;
  setText(ageText, Number.isNaN(age) ? 'no data yet' : age < 1500 ? 'updated now' : `data ${seconds(age)} old`);
  document.title = `${state === 'lost' ? '⚠ ' : ''}${last?.model ? `${last.model} · ` : ''}Millrace`;
  drawCharts();
}

function drawCharts() {
  const now = serverNow();
  const cursor = cursorTime === null || !snapshots.length ? null : nearest(cursorTime);
  const age = snapshots.length ? now - snapshots[0].timeMs : 0;
  const span = SPANS_MS.find(ms => ms >= age) ?? WINDOW_MS;
  const shown = snapshots[cursor ?? snapshots.length - 1];
  for (const { chart, spec, card, values } of charts) {
    const some = chart.draw(snapshots, now, span, cursor, palette);
    card.classList.toggle('empty', !some);
    card.dataset.at = cursor === null ? '' : `${seconds(now - shown.timeMs)} ago`;
    spec.series.forEach((series, i) => setText(values[i], shown ? spec.text(series.of(shown)) : NONE));
  }
}

/** Index of the snapshot closest to a time. */
function nearest(time) {
  let best = 0;
  snapshots.forEach((s, i) => {
    if (Math.abs(s.timeMs - time) < Math.abs(snapshots[best].timeMs - time)) best = i;
  });
  return best;
}

/** Charts draw with the style sheet's colors. */
function readPalette() {
  const style = getComputedStyle(document.documentElement);
  palette = Object.fromEntries(['--main', '--second', '--third', '--total', '--muted', '--grid', '--card'].map(name => [name, style.getPropertyValue(name).trim()]));
  redraw();
}

// ---- explanations

const tip = document.getElementById('tip');

function addTip(element) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'tip';
  button.textContent = '?';
  button.setAttribute('aria-label', `What is “${element.textContent}”? ${element.dataset.tip}`);
  for (const event of ['pointerenter', 'focus', 'click']) button.addEventListener(event, () => showTip(button, element.dataset.tip));
  for (const event of ['pointerleave', 'blur']) button.addEventListener(event, hideTip);
  element.after(button);
}

function showTip(button, text) {
  tip.textContent = text;
  tip.hidden = false;
  const at = button.getBoundingClientRect();
  const left = Math.min(at.left, document.documentElement.clientWidth - tip.offsetWidth - 8);
  const below = at.bottom + 6 + tip.offsetHeight < innerHeight;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${below ? at.bottom + 6 : at.top - tip.offsetHeight - 6}px`;
}

function hideTip() {
  tip.hidden = true;
}

// ---- start

const sizes = new ResizeObserver(entries => {
  for (const { target, contentRect } of entries) {
    charts.find(c => c.canvas.parentElement === target).chart.resize(contentRect.width, contentRect.height, devicePixelRatio);
  }
  render();
});
for (const { chart, canvas } of charts) {
  sizes.observe(canvas.parentElement);
  canvas.addEventListener('pointermove', e => {
    cursorTime = chart.timeAt(e.offsetX, serverNow());
    redraw();
  });
  canvas.addEventListener('pointerleave', () => {
    cursorTime = null;
    redraw();
  });
}
document.querySelectorAll('[data-tip]').forEach(addTip);
document.addEventListener('keydown', e => e.key === 'Escape' && hideTip());
for (const event of ['scroll', 'pointerdown']) document.addEventListener(event, hideTip, { passive: true });
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', readPalette);
readPalette();
connect();
// Ages grow and charts move on though nothing arrives.
setInterval(() => performance.now() - arrivedAt > 1400 && redraw(), 1000);
