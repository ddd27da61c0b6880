// The live page: frames in, answers, texts and charts out.

import { showAnswers } from './answers.js';
import { startBus } from './bus.js';
import { Chart } from './chart.js';
import { CHARTS } from './charts.js';
import { NONE, bytes, count, duration, number, rate, seconds } from './format.js';
import { History } from './history.js';
import { startLook } from './look.js';
import { startPanels } from './panels.js';
import { Refused, ask, session } from './session.js';
import { Stream } from './stream.js';
import { addTips } from './tips.js';

/** The charts' time axis grows with what there is to show. */
const SPANS_MS = [1, 2, 5, 10].map(minutes => minutes * 60 * 1000);

const STATES = {
  connecting: 'connecting',
  live: 'live',
  behind: 'live, catching up with the log',
  lost: 'connection lost, trying again',
  refused: 'a key is needed',
};

/** What each element with data-text says of a frame. */
const TEXTS = {
  samples: s => count(s.samplesLearned),
  version: s => count(s.version),
  rows: s => count(s.rows),
  sampleRate: s => rate(s.rates?.samples),
  ranks: s => rate(s.rates?.ranks),
  candidates: s => rate(s.rates?.candidates),
  events: s => rate(s.rates?.events),
  freshP50: s => duration(s.freshnessMs?.p50),
  joinP50: s => duration(s.freshnessMs?.stages?.join?.p50),
  joinP99: s => duration(s.freshnessMs?.stages?.join?.p99),
  learnP50: s => duration(s.freshnessMs?.stages?.learn?.p50),
  learnP99: s => duration(s.freshnessMs?.stages?.learn?.p99),
  serveP50: s => duration(s.freshnessMs?.stages?.serve?.p50),
  serveP99: s => duration(s.freshnessMs?.stages?.serve?.p99),
  rankP99: s => duration(s.rankMs?.p99),
  late: s => count(s.outcomes?.late),
  orphan: s => count(s.outcomes?.orphan),
  duplicate: s => count(s.outcomes?.duplicate),
  ignored: s => count(s.outcomes?.ignored),
  storeBytes: s => bytes(s.store?.bytes),
  inMemory: s => count(s.store?.rowsInMemory),
  removed: s => count(s.store?.removed),
  evicted: s => count(s.store?.evicted),
  weightsAge: s => duration(s.weightsAgeMs),
  lag: s => duration(s.learningLagMs),
  traced: s => count(s.traced),
  heap: s => bytes(s.heapUsedBytes),
};

const history = new History();
const palette = new Map();
const charts = [];
const texts = [...document.querySelectorAll('[data-text]')];
const stateText = document.getElementById('state');
const detailText = document.getElementById('detail');
const ageText = document.getElementById('age');
let stream = null;
let model = '';
let frame = null;
let arrivedAt = NaN;
let looks = [];

// ---- what comes

function receive(received) {
  const fresh = history.add(received);
  if (!fresh && frame && received.timeMs < frame.timeMs) return;
  frame = received;
  document.body.dataset.frames = history.times.length;
  arrivedAt = performance.now();
  setState(frame.ready === false ? 'behind' : 'live');
  redraw();
}

function setState(state, detail = '') {
  detailText.textContent = detail;
  if (document.body.dataset.state === state) return;
  document.body.dataset.state = state;
  stateText.textContent = STATES[state];
  if (state === 'refused') openKey();
  redraw();
}

/** Shows one model, from the beginning. */
function connect(name) {
  stream?.close();
  if (name !== model) {
    history.clear();
    frame = null;
  }
  model = name;
  session.model = name;
  const query = name ? `?model=${encodeURIComponent(name)}` : '';
  setState('connecting');
  // One answer now, while the stream tells what was.
  ask(`v1/monitor${query}`).then(first => frame ?? receive(first), () => {});
  stream = new Stream(`v1/monitor/stream${query}`, { frame: receive, state: setState });
  looks.forEach(look => look());
}

async function start() {
  let names = [];
  try {
    names = (await ask('v1/models')).models.map(state => state.model);
  } catch (failure) {
    if (failure instanceof Refused && (failure.status === 401 || failure.status === 403)) return setState('refused', failure.text());
    setState('lost', failure instanceof Refused ? failure.text() : '');
    return void setTimeout(start, 1000);
  }
  const picker = document.getElementById('model');
  picker.replaceChildren(...names.map(name => new Option(name, name)));
  picker.value = names.includes(session.model) ? session.model : names[0];
  picker.onchange = () => connect(picker.value);
  connect(picker.value);
}

// ---- what is shown

let scheduled = 0;
let waiting = [];

function redraw() {
  scheduled ||= requestAnimationFrame(render);
}

function render() {
  scheduled = 0;
  const age = performance.now() - arrivedAt;
  const state = document.body.dataset.state;
  if (frame) {
    showAnswers(frame);
    for (const element of texts) setText(element, TEXTS[element.dataset.text](frame));
    document.body.dataset.flow = state !== 'lost' && number(frame.rates?.samples) > 0 ? 'on' : 'off';
    if (performance.getEntriesByName('answered').length === 0) performance.mark('answered');
  }
  setText(ageText, Number.isNaN(age) ? 'no data yet' : age < 1500 ? 'updated now' : `data ${seconds(age)} old`);
  document.title = `${state === 'lost' || state === 'refused' ? '⚠ ' : ''}${model ? `${model} · ` : ''}Millrace`;
  if (waiting.length === 0) requestAnimationFrame(drawSome);
  waiting = [...charts];
}

/** One chart an animation frame: beside a busy service two would miss the next one. */
function drawSome() {
  const now = history.last ? history.last.timeMs + Math.max(0, performance.now() - arrivedAt) : 0;
  const age = history.times.length ? now - history.times[0] * 1000 : 0;
  const span = SPANS_MS.find(ms => ms >= age) ?? SPANS_MS.at(-1);
  waiting.shift()?.draw(now, span);
  if (waiting.length) requestAnimationFrame(drawSome);
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text ?? NONE;
}

/** Charts draw with the style sheet's colors. */
function readPalette() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ['--main', '--second', '--third', '--total', '--muted', '--grid', '--card', '--main-tint']) palette.set(name, style.getPropertyValue(name).trim());
  charts.forEach(chart => chart.repaint());
}

// ---- the key

const keyForm = document.getElementById('key-form');

function openKey() {
  document.getElementById('key-box').open = true;
  keyForm.elements.key.focus();
}

keyForm.addEventListener('submit', event => {
  event.preventDefault();
  session.key = keyForm.elements.key.value.trim();
  keyForm.elements.key.value = '';
  showKey();
  start();
});

document.getElementById('forget').addEventListener('click', () => {
  session.key = '';
  showKey();
  start();
});

function showKey() {
  document.getElementById('key-state').textContent = session.key ? 'a key is in use, in this tab only' : 'none is in use';
}

// ---- start

const sizes = new ResizeObserver(entries => {
  for (const { target, contentRect } of entries) charts.find(chart => chart.plot === target)?.resize(contentRect.width);
  redraw();
});

function build() {
  for (const [section, specs] of Object.entries(CHARTS)) {
    for (const spec of specs) {
      const chart = new Chart(spec, history, palette);
      document.querySelector(`#${section} .charts`).append(chart.card);
      charts.push(chart);
      sizes.observe(chart.plot);
    }
  }
}

readPalette();
build();
addTips();
showKey();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', readPalette);
start();
looks = [startPanels(() => model), startBus(() => model)];
startLook(() => model);
// Ages grow and charts move on though nothing arrives.
setInterval(() => performance.now() - arrivedAt > 1400 && redraw(), 1000);
