// Learning? Fresh? Better than the baseline? A word for each, the number behind it, and nothing that is not known.

import { GOAL_MS } from './charts.js';
import { NONE, count, duration, number, rate, ratio, share } from './format.js';

/** Event time in the weights stays seconds behind now while the loop lives, with or without traffic. */
const STANDSTILL_MS = 30000;
/** Fewer requests tell too little of a minute. */
const FEW = 30;

/** Each answer: { mood: good | bad | unsure, word, number, unit, more }. */
export function answers(s) {
  return { learning: learning(s), fresh: fresh(s), better: better(s) };
}

function learning(s) {
  const lag = number(s.learningLagMs);
  const samples = number(s.rates?.samples);
  const more = `${count(s.samplesLearned)} samples learned, now in version ${count(s.version)}`;
  if (Number.isNaN(lag)) return { mood: 'unsure', word: 'Nothing learned yet', number: NONE, unit: 'new samples', more: 'It begins with the first action of a person.' };
  const numbers = { number: rate(samples), unit: `new samples, ${duration(lag)} behind now`, more };
  if (lag > STANDSTILL_MS) return { mood: 'bad', word: 'No, it stands still', ...numbers };
  if (samples > 0) return { mood: 'good', word: 'Yes, learning', ...numbers };
  return { mood: 'good', word: 'Yes, waiting for actions', ...numbers };
}

function fresh(s) {
  const [p50, p99] = [number(s.freshnessMs?.p50), number(s.freshnessMs?.p99)];
  const hour = s.freshnessObjective?.hour;
  const canaries = hour?.canaries > 0 ? ` This hour ${share(hour.goodRatio)} of the canaries were in time.` : '';
  if (Number.isNaN(p50 + p99)) return { mood: 'unsure', word: 'Not measured now', number: NONE, unit: 'from an action to new scores', more: `No action was followed all the way in the last minute.${canaries}` };
  const met = p50 <= GOAL_MS.p50 && p99 <= GOAL_MS.p99;
  return {
    mood: met ? 'good' : 'bad',
    word: met ? 'Yes, fresh' : 'No, later than promised',
    number: duration(p50),
    unit: `median from an action to new scores; 99 % within ${duration(p99)}`,
    more: `Promised: ${duration(GOAL_MS.p50)} and ${duration(GOAL_MS.p99)}.${canaries}`,
  };
}

function better(s) {
  const recent = s.baseline?.recent;
  const [window, name] = number(recent?.requests) >= FEW ? [recent, 'recent'] : [s.baseline?.total, 'total'];
  const when = name === 'recent' ? 'last minute' : 'since the start';
  const [gain, low, high] = [number(window?.gain), number(window?.low), number(window?.high)];
  const base = { popularity: 'popularity', 'base rate': 'the base rate' }[s.baseline?.name] ?? 'the baseline';
  if (Number.isNaN(gain)) return { mood: 'unsure', word: 'Nothing to compare yet', number: NONE, unit: `on ${base}`, more: 'Labels come when a request’s time to react is over.' };
  const interval = Number.isNaN(low) ? '' : ` (95 %: ${share(low)} to ${share(high)})`;
  const numbers = {
    number: `${gain > 0 ? '+' : ''}${share(gain)}`,
    unit: `gain on ${base}${interval}`,
    more: `AUC ${ratio(s.quality?.[name]?.auc)} against ${ratio(window.auc)}; normalized entropy ${ratio(s.quality?.[name]?.normalizedEntropy)}; ${count(window.requests)} requests, ${when}`,
  };
  if (low > 0) return { mood: 'good', word: 'Yes, better', ...numbers };
  if (high < 0) return { mood: 'bad', word: 'No, worse', ...numbers };
  return { mood: 'unsure', word: 'Not clear yet', ...numbers };
}

const SIGNS = { good: '✓', bad: '✗', unsure: '…' };

/** Writes them into the cards. */
export function showAnswers(frame) {
  for (const [name, answer] of Object.entries(answers(frame))) {
    const card = document.querySelector(`[data-answer=${name}]`);
    card.dataset.mood = answer.mood;
    set(card, 'sign', SIGNS[answer.mood]);
    for (const part of ['word', 'number', 'unit', 'more']) set(card, part, answer[part]);
  }
}

function set(card, part, text) {
  const element = card.querySelector(`[data-part=${part}]`);
  if (element.textContent !== text) element.textContent = text;
}
