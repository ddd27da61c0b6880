// Versions, gate and alarms: looked at every two seconds, beside the stream. What is not there stays hidden.

import { count } from './format.js';

const LOOK_MS = 2000;
const MAX_LINES = 6;

const section = document.getElementById('bus');
const fields = Object.fromEntries([...section.querySelectorAll('[data-bus]')].map(e => [e.dataset.bus, e]));
let model = '';

async function json(path) {
  const response = await fetch(path, { headers: { Accept: 'application/json' } });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

async function look() {
  try {
    model ||= (await json('v1/models')).models[0]?.model ?? '';
    const root = `v1/models/${encodeURIComponent(model)}`;
    const [alarms, versions, audit] = await Promise.all([json('v1/alarms'), json(`${root}/versions`), json(`${root}/audit?limit=${MAX_LINES}`)]);
    show(alarms, versions, audit);
    section.hidden = false;
    setTimeout(look, LOOK_MS);
  } catch {
    // A service that stops, or one without versions: seldom, so that nobody's console fills.
    fields.alarms.textContent = '–';
    fields.alarmText.textContent = 'not known';
    setTimeout(look, 10 * LOOK_MS);
  }
}

function show(alarms, versions, audit) {
  const firing = alarms.alarms.filter(alarm => alarm.state === 'firing');
  section.dataset.firing = firing.length > 0;
  fields.alarms.textContent = count(firing.length);
  fields.alarmText.textContent = firing.map(alarm => alarm.says || alarm.name).join('; ') || 'nothing fires';
  fields.gate.textContent = versions.gate.frozen ? 'frozen' : 'open';
  fields.gateText.textContent = versions.gate.frozen ? `${versions.gate.signal}: ${versions.gate.detail}` : 'what comes is as before';
  fields.learning.textContent = versions.learning;
  fields.champion.textContent = versions.aliases.champion ? `version ${versions.aliases.champion}` : '–';
  fields.newest.textContent = versions.versions.length ? `version ${versions.versions[0].version}` : '–';
  fields.newestText.textContent = versions.versions.length ? `${count(versions.versions[0].samples)} samples, ${time(versions.versions[0].madeMs)}` : 'none made yet';
  fields.audit.replaceChildren(...audit.entries.map(line));
}

function line(entry) {
  const item = document.createElement('li');
  const when = document.createElement('time');
  when.dateTime = new Date(entry.timeMs).toISOString();
  when.textContent = time(entry.timeMs);
  item.append(when, ` ${entry.who}: ${entry.what}${entry.why ? ` (${entry.why})` : ''}`);
  return item;
}

function time(ms) {
  return new Date(ms).toLocaleTimeString();
}

look();
