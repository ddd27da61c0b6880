// Looking into one request, event or item: what made its score, what became of it, what has changed since.

import { bar, element, scrolling, table } from './dom.js';
import { NONE, clock, count, duration, ratio } from './format.js';
import { Refused, ask, of } from './session.js';

const RECENT = 12;
const TOP = 12;
const STEPS = [['acceptedAt', 'accepted'], ['joinedAt', 'joined'], ['learnedAt', 'learned'], ['servedAt', 'served']];

const section = document.getElementById('look');
const form = section.querySelector('form');
const list = section.querySelector('.recent');
const found = section.querySelector('.found');
const told = section.querySelector('.told');
let current = () => '';

export function startLook(model) {
  current = model;
  form.addEventListener('submit', event => {
    event.preventDefault();
    search(form.elements.id.value.trim(), form.elements.user.value.trim());
  });
  section.querySelector('[data-do=recent]').addEventListener('click', recent);
  section.addEventListener('toggle', () => section.open && recent(), true);
  recent();
}

async function recent() {
  if (!current()) return void setTimeout(recent, 500);
  await guarded(async () => {
    const { requests } = await ask(of(current(), `/requests?limit=${RECENT}`));
    if (requests.length === 0) {
      list.replaceChildren(element('p', { className: 'none', textContent: 'No request was answered here yet.' }));
      return;
    }
    const rows = requests.map(r => [
      element('button', { type: 'button', className: 'link', textContent: r.requestId, onclick: () => search(r.requestId, '') }),
      clock(r.timeMs), r.user ?? r.session ?? 'nobody known', `${count(r.shown)} of ${count(r.candidates)}`, r.best ?? NONE, count(r.actions),
    ]);
    list.replaceChildren(scrolling(table('The last requests', ['Request', 'At', 'Of whom', 'Shown', 'First', 'Actions'], rows), 'The last requests'));
  });
}

/** Tells what went wrong instead of throwing it. */
async function guarded(work) {
  try {
    await work();
  } catch (failure) {
    told.textContent = failure instanceof Refused ? failure.text() : 'The service did not answer.';
  }
}

/** The id may be a request's, an event's, or an item's. */
async function search(id, user) {
  form.elements.id.value = id;
  if (!id || !current()) return;
  told.textContent = 'Looking…';
  await guarded(async () => {
    const request = await known(ask(of(current(), `/requests/${encodeURIComponent(id)}`)));
    const trace = request ? null : await known(ask(`v1/events/${encodeURIComponent(id)}`));
    if (request) await showRequest(request);
    else if (trace) showEvent(trace);
    else await showItem(id, user);
    found.focus();
  });
}

async function known(asked) {
  try {
    return await asked;
  } catch (failure) {
    if (failure instanceof Refused && failure.status === 404) return null;
    throw failure;
  }
}

async function showRequest(request) {
  const scored = new Map(request.items.map(item => [item.item, item.score]));
  told.textContent = `Request ${request.requestId} of ${request.explain.user ?? request.explain.session ?? 'somebody unknown'}, answered at ${clock(request.timeMs)} by version ${count(request.modelVersion)}: ${count(request.shown)} of ${count(request.candidates)} items shown.`;
  found.replaceChildren(timelines(request.actions), await explained(request.explain, request.modelVersion, scored));
}

function showEvent(trace) {
  told.textContent = `Event ${trace.id}: ${trace.status}.`;
  found.replaceChildren(timelines([{ id: trace.id, type: 'event', item: '', trace }]));
}

async function showItem(item, user) {
  const profile = await known(ask(`v1/items/${encodeURIComponent(item)}`));
  told.textContent = `Item ${item}${user ? ` for ${user}` : ''}: ${profile ? 'its profile is stored' : 'no profile is stored; no request or event has this id either'}.`;
  const body = { candidates: [{ item }] };
  if (user) body.user = user;
  const facts = Object.entries(profile?.features ?? {}).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : String(value)]);
  found.replaceChildren(...(facts.length ? [scrolling(table('Profile', ['Feature', 'Value'], facts), 'Profile')] : []), await explained(body, null, new Map()));
}

// ---- what became of it

function timelines(actions) {
  if (actions.length === 0) return element('p', { className: 'none', textContent: 'Nobody has acted on it, as far as this server knows.' });
  return element('div', {}, element('h3', { textContent: 'What people did, and how far it came' }), ...actions.map(timeline));
}

function timeline(action) {
  const trace = action.trace ?? { status: 'not known any more' };
  const begin = trace.acceptedAt;
  const steps = STEPS.filter(([at]) => trace[at]).map(([at, name]) => element('li', {}, element('b', { textContent: name }), ` ${at === 'acceptedAt' ? clock(begin) : `+${duration(trace[at] - begin)}`}`));
  if (!STEPS.some(([, name]) => name === trace.status)) steps.push(element('li', { textContent: trace.status }));
  const ends = trace.modelVersion ? ` in version ${count(trace.modelVersion)}` : '';
  return element('div', { className: 'way' }, element('p', { textContent: `${action.type} ${action.item} (${action.id}): ${trace.status}${ends}` }), element('ol', { ariaLabel: `Way of ${action.id}` }, ...steps));
}

// ---- what made the score

async function explained(body, since, scored) {
  const room = element('div', {});
  const input = element('input', { type: 'number', min: '0', id: 'since', value: since ?? '' });
  const ways = element('form', { className: 'since' }, element('label', { htmlFor: 'since', textContent: 'What has changed since version' }), input, element('button', { type: 'submit', textContent: 'Compare' }));
  const answers = element('div', { ariaLive: 'polite' });
  const show = async version => {
    const asked = { ...body, top: TOP };
    if (version) asked.sinceVersion = version;
    try {
      answers.replaceChildren(...explanations(await ask(of(current(), '/explain'), { method: 'POST', body: asked }), scored));
    } catch (failure) {
      if (!(failure instanceof Refused)) throw failure;
      const now = version ? explanations(await ask(of(current(), '/explain'), { method: 'POST', body: { ...body, top: TOP } }), scored) : [];
      answers.replaceChildren(element('p', { className: 'none', textContent: failure.text() }), ...now);
    }
  };
  ways.addEventListener('submit', event => {
    event.preventDefault();
    guarded(() => show(Number(input.value)));
  });
  await show(since ?? 0);
  room.append(element('h3', { textContent: 'What makes the scores' }), ways, answers);
  return room;
}

function explanations(answer, scored) {
  const since = answer.sinceVersion;
  const summary = scrolling(table(
    `Scores now, by version ${count(answer.modelVersion)}`,
    ['Item', 'Served', 'Now', ...(since === undefined || since === null ? [] : [`In version ${since}`])],
    answer.items.map(i => [i.item, ratio(scored.get(i.item)), ratio(i.score), ...(i.was ? [ratio(i.was.score)] : [])]),
  ), 'Scores');
  return [summary, ...answer.items.map((item, i) => contributions(item, i === 0))];
}

function contributions(item, open) {
  const most = Math.max(1e-9, ...item.contributions.map(c => Math.abs(c.contribution)));
  const was = item.contributions.some(c => typeof c.was === 'number');
  const rows = item.contributions.map(c => [c.feature, bar(Math.abs(c.contribution) / most, signed(c.contribution), c.contribution < 0), ...(was ? [signed(c.contribution - c.was)] : [])]);
  const made = table(`Contributions to the log-odds ${signed(item.logit)} of ${item.item}`, ['Feature', 'Adds', ...(was ? ['Changed by'] : [])], rows);
  return element('details', { open }, element('summary', { textContent: `Why ${item.item} scores ${ratio(item.score)}` }), scrolling(made, `Contributions of ${item.item}`));
}

function signed(x) {
  return `${x < 0 ? '−' : '+'}${ratio(Math.abs(x))}`;
}
