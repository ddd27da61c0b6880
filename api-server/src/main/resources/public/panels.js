// Tables beside the charts: hot keys, parts of the traffic, inputs that drift, challengers. What is not there stays hidden.

import { bar, element, scrolling, table } from './dom.js';
import { NONE, count, ratio, share } from './format.js';
import { ask, of, watch } from './session.js';

const EVERY_MS = 5000;

/** `model` gives the name of the one that is shown. Returns what looks at once. */
export function startPanels(model) {
  const looks = [watch(() => hotKeys(model()), EVERY_MS)];
  offered().then(paths => {
    if ('/v1/models/{model}/windows' in paths) looks.push(watch(() => windows(model()), EVERY_MS));
    if ('/v1/experiments' in paths) looks.push(watch(experiments, EVERY_MS));
  }, () => {});
  return () => looks.forEach(look => look());
}

/** What this server has: an older one may lack some of it. */
async function offered() {
  return (await ask('openapi.json')).paths;
}

async function fill(id, asked, make) {
  const section = document.getElementById(id);
  let answer;
  try {
    answer = await asked;
  } catch (failure) {
    if (failure.status !== 404) throw failure;
    section.hidden = true;
    return;
  }
  const made = make(answer);
  section.hidden = made === null;
  if (made !== null) keepPlace(section.querySelector('.body'), made);
}

/** Who reads in a table, scrolled or by keyboard, stays where they are. */
function keepPlace(body, made) {
  const before = body.querySelector('.scroll');
  const [left, focused] = [before?.scrollLeft ?? 0, before !== null && document.activeElement === before];
  body.replaceChildren(...made);
  const after = body.querySelector('.scroll');
  if (after) after.scrollLeft = left;
  if (after && focused) after.focus();
}

async function hotKeys(model) {
  if (!model) return;
  await fill('hot', ask(of(model, '/store')), ({ hotKeys: keys }) => {
    if (!keys.length) return [element('p', { className: 'none', textContent: 'No request was looked at yet.' })];
    const most = keys[0].share;
    const rows = keys.map(key => [key.name, bar(key.share / most, share(key.share))]);
    return [scrolling(table('Keys that requests touch most, of a sample', ['Key', 'Of all look-ups'], rows), 'Hot keys')];
  });
}

async function windows(model) {
  if (!model) return;
  await fill('windows', Promise.all([ask(of(model, '/windows/parts?length=1h')), ask(of(model, '/windows?length=1h'))]), ([{ parts }, { drift, reliability }]) => {
    const rows = Object.entries(parts).map(([name, p]) => [name, count(p.samples), share(p.clickRate), ratio(p.logLoss), ratio(p.normalizedEntropy), ratio(p.auc), ratio(p.impressionAuc), ratio(p.calibration)]);
    const made = [scrolling(table('Parts of the traffic, last hour', ['Part', 'Samples', 'Positive', 'Log loss', 'Norm. entropy', 'AUC', 'Impression AUC', 'Calibration'], rows), 'Parts of the traffic')];
    if (reliability?.length) {
      made.push(scrolling(table('Promised and kept, last hour', ['Promised', 'Kept', 'Weight'], reliability.map(bin => [share(bin.predicted), share(bin.observed), count(bin.weight)])), 'Reliability'));
    }
    if (drift?.slots) {
      const slots = Object.entries(drift.slots).sort(([, a], [, b]) => (b.psi ?? 0) - (a.psi ?? 0));
      made.push(scrolling(table(`Inputs, last hour against ${drift.reference}`, ['Input', 'Drift (PSI)', 'Left out', 'Unknown'], slots.map(([name, slot]) => [name, ratio(slot.psi), share(slot.nullRate), share(slot.unknownRate)])), 'Inputs'));
    }
    return made;
  });
}

function interval(of, format) {
  return of ? `${format(of.value)} (${format(of.low)} to ${format(of.high)})` : NONE;
}

async function experiments() {
  await fill('arms', ask('v1/experiments'), ({ experiments: all }) => (all.length === 0 ? null : all.map(experiment => scrolling(table(
    `Arms of ${experiment.model}; ${experiment.champion} answers`,
    ['Arm', 'Role', 'Share', 'Requests', 'Log loss', 'AUC', 'Liked', 'Gain in log loss', 'Drafts won, lost', 'Verdict'],
    experiment.arms.map(arm => [
      arm.model, role(arm), share(arm.share), count(arm.requests), ratio(arm.logLoss), ratio(arm.impressionAuc), interval(arm.clickRate, share),
      interval(arm.versus?.logLossGain, ratio), drafts(arm.versus?.interleaving), arm.versus?.verdict ?? (arm.role === 'champion' ? 'the champion' : 'not compared'),
    ])), `Arms of ${experiment.model}`))));
}

/** What part it takes, and for whom. */
function role(arm) {
  if (arm.segment) return `${arm.role}: ${arm.segment.by} ${arm.segment.values.join(', ')}`;
  return arm.role === 'challenger' && arm.compare === 'interleave' ? 'challenger, interleaved' : arm.role;
}

function drafts(of) {
  return of ? `${count(of.wins)}, ${count(of.losses)}` : NONE;
}
