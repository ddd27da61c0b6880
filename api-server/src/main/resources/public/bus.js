// Versions, gate and alarms beside the stream, and what somebody with the scope admin may do about them.

import { element } from './dom.js';
import { count } from './format.js';
import { Refused, ask, of, watch } from './session.js';

const LOOK_MS = 2000;
const MAX_LINES = 6;
const MAX_VERSIONS = 50;

const section = document.getElementById('bus');
const fields = Object.fromEntries([...section.querySelectorAll('[data-bus]')].map(e => [e.dataset.bus, e]));
const dialog = document.getElementById('order');
const form = dialog.querySelector('form');
const said = document.getElementById('said');
let shown = null;
let lookAgain = () => {};

/** What each button asks for: method, path, and its body of what the form says. */
const ORDERS = {
  hold: { title: 'Let learning wait', says: 'The weights stay as they are until somebody resumes.', method: 'PUT', path: '/learning', body: why => ({ hold: true, why }) },
  resume: { title: 'Go on learning', says: 'It learns what has come meanwhile.', method: 'PUT', path: '/learning', body: why => ({ hold: false, why }) },
  make: { title: 'Make a version', says: 'The weights as they are now get a number.', method: 'POST', path: '/versions', body: why => ({ why }) },
  promote: { title: 'Promote a version', says: 'Serving goes to this version, and learns on from there.', version: true, method: 'PUT', path: '/aliases/champion', body: (why, version) => ({ version, why }) },
  rollback: { title: 'Roll back', says: 'Serving goes back to this version, and learns on from there.', version: true, method: 'POST', path: '/rollback', body: (why, version) => ({ to: version, why }) },
};

export function startBus(model) {
  lookAgain = watch(() => look(model()), LOOK_MS);
  section.querySelectorAll('button[data-order]').forEach(button => button.addEventListener('click', () => open(button.dataset.order)));
  form.addEventListener('submit', event => {
    event.preventDefault();
    if (event.submitter?.value === 'no') dialog.close();
    else send(model());
  });
  return lookAgain;
}

async function look(model) {
  if (!model) return;
  try {
    const [alarms, versions, audit] = await Promise.all([ask('v1/alarms'), ask(of(model, '/versions')).catch(absent), ask(of(model, `/audit?limit=${MAX_LINES}`)).catch(absent)]);
    shown = versions;
    show(alarms, versions, audit);
    section.hidden = false;
  } catch (failure) {
    fields.alarms.textContent = '–';
    fields.alarmText.textContent = failure instanceof Refused ? failure.text() : 'not known';
    // Who may not see it may still ask, and is told.
    if (failure instanceof Refused) section.hidden = false;
    throw failure;
  }
}

/** A model without versions still has alarms. */
function absent(failure) {
  if (failure instanceof Refused && failure.status === 404) return null;
  throw failure;
}

function show(alarms, versions, audit) {
  const firing = alarms.alarms.filter(alarm => alarm.state === 'firing');
  section.dataset.firing = firing.length > 0;
  set('alarms', count(firing.length));
  set('alarmText', firing.map(alarm => alarm.says || alarm.name).join('; ') || 'nothing fires');
  section.querySelectorAll('[data-of=versions]').forEach(part => (part.hidden = versions === null));
  if (versions === null) return;
  set('gate', versions.gate.frozen ? 'frozen' : 'open');
  set('gateText', versions.gate.frozen ? `${versions.gate.signal}: ${versions.gate.detail}` : 'what comes is as before');
  set('learning', versions.learning);
  set('champion', versions.aliases.champion ? `version ${versions.aliases.champion}` : '–');
  set('newest', versions.versions.length ? `version ${versions.versions[0].version}` : '–');
  set('newestText', versions.versions.length ? `${count(versions.versions[0].samples)} samples, ${time(versions.versions[0].madeMs)}` : 'none made yet');
  fields.audit.replaceChildren(...audit.entries.map(line));
}

function set(field, text) {
  if (fields[field].textContent !== text) fields[field].textContent = text;
}

function line(entry) {
  const when = element('time', { dateTime: new Date(entry.timeMs).toISOString(), textContent: time(entry.timeMs) });
  return element('li', {}, when, ` ${entry.who}: ${entry.what}${entry.why ? ` (${entry.why})` : ''}`);
}

function time(ms) {
  return new Date(ms).toLocaleTimeString('en-GB');
}

// ---- orders

function open(name) {
  const order = ORDERS[name];
  form.dataset.order = name;
  document.getElementById('order-title').textContent = order.title;
  document.getElementById('order-says').textContent = order.says;
  document.getElementById('order-version').hidden = !order.version;
  form.elements.version.replaceChildren(...(shown?.versions ?? []).slice(0, MAX_VERSIONS).map(v => new Option(`${v.version}: ${count(v.samples)} samples, ${time(v.madeMs)}${v.aliases.length ? ` (${v.aliases.join(', ')})` : ''}`, v.version)));
  form.elements.why.value = '';
  dialog.showModal();
}

async function send(model) {
  const order = ORDERS[form.dataset.order];
  const body = { ...order.body(form.elements.why.value, Number(form.elements.version.value)), who: 'page' };
  dialog.close();
  said.textContent = `${order.title}: asked…`;
  try {
    const done = await ask(of(model, order.path), { method: order.method, body, ifMatch: shown?.revision });
    said.textContent = `${order.title}: ${done.inEffect ? `in effect after ${count(done.tookMs)} ms` : done.detail || 'on its way'}.`;
    lookAgain();
  } catch (failure) {
    said.textContent = `${order.title}: nothing was done. ${why(failure)}`;
  }
}

function why(failure) {
  if (!(failure instanceof Refused)) return 'The service did not answer.';
  return { 401: 'This needs a key with the scope admin.', 403: 'The key in use lacks the scope admin.', 412: 'Somebody changed something meanwhile: look again.' }[failure.status] ?? failure.text();
}
