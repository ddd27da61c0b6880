// What the charts show, section by section.

import { bytes, count, durationTick, duration, number, rate, ratio, share, short } from './format.js';

export const GOAL_MS = { p50: 300, p99: 1000 };

const [S, MIN, H, D] = [1e3, 6e4, 36e5, 864e5];
const DURATION_STEPS = [0.1, 0.3, 1, 3, 10, 30, 100, 300, S, 3 * S, 10 * S, 30 * S, 2 * MIN, 10 * MIN, H, 6 * H, D, 10 * D, 100 * D];

const DURATIONS = { scale: 'log', span: 0.5, steps: DURATION_STEPS, tick: durationTick, text: duration };
const RATIOS = { scale: 'linear', span: 0.1, tick: axisRatio, text: ratio };
const RATES = { scale: 'log1p', span: 1, tick: v => short(v), text: rate };
const COUNTS = { scale: 'linear', span: 10, tick: v => short(v), text: count };

function axisRatio(v) {
  return String(Number(v.toPrecision(3)));
}

function percentiles(of) {
  return [
    { name: 'p50', of: s => of(s)?.p50, color: '--main' },
    { name: 'p99', of: s => of(s)?.p99, color: '--second' },
  ];
}

function recentAndTotal(key, fill = false) {
  return [
    { name: 'last minute', of: s => s.quality?.recent?.[key], color: '--main', fill },
    { name: 'overall', of: s => s.quality?.total?.[key], color: '--total', dashed: true },
  ];
}

/** How much a counter has grown a second since the frame before. */
function growth(of) {
  return (s, before) => {
    const grown = number(of(s)) - number(before && of(before));
    return grown < 0 ? null : (grown * 1000) / (s.timeMs - before?.timeMs);
  };
}

const stage = name => ({
  ...DURATIONS,
  title: { join: 'Joining', learn: 'Learning', serve: 'Serving new weights' }[name],
  tip: {
    join: 'From an accepted action until it has met what was shown.',
    learn: 'Until the learner has made a change of weights of it.',
    serve: 'Until that change scores here.',
  }[name],
  series: percentiles(s => s.freshnessMs?.stages?.[name]),
});

/** Section id to its charts. */
export const CHARTS = {
  quality: [
    {
      ...RATIOS,
      title: 'Gain on the baseline',
      tip: 'How much less the served scores are surprised by what people do than the baseline; above 0 the model is better. Low and high bound its 95 % interval.',
      text: share, tick: v => share(v),
      series: [
        { name: 'gain', of: s => s.baseline?.recent?.gain, color: '--main' },
        { name: 'low', of: s => s.baseline?.recent?.low, color: '--total', dashed: true },
        { name: 'high', of: s => s.baseline?.recent?.high, color: '--total', dashed: true },
      ],
      levels: [{ at: 0, label: 'the baseline', color: '--muted' }],
    },
    {
      ...RATIOS,
      title: 'AUC',
      tip: 'Probability that a positive sample had a higher score than a negative one: 0.5 is chance, 1 is perfect.',
      series: [...recentAndTotal('auc'), { name: 'baseline', of: s => s.baseline?.total?.auc, color: '--second', dashed: true }],
      levels: [{ at: 0.5, label: 'chance', color: '--muted' }],
    },
    {
      ...RATIOS,
      title: 'Impression AUC',
      tip: 'AUC within one answer, averaged over answers with both outcomes: how well the order shown to one person was right.',
      series: recentAndTotal('impressionAuc'),
      levels: [{ at: 0.5, label: 'chance', color: '--muted' }],
    },
    {
      ...RATIOS, span: 0.02,
      title: 'Log loss',
      tip: 'Mean surprise at what happened, given the score that was served: lower is better, 0 is perfect.',
      series: recentAndTotal('logLoss'),
    },
    {
      ...RATIOS,
      title: 'Normalized entropy',
      tip: 'Log loss divided by that of always predicting the average rate: below 1 the model knows more than the average.',
      series: recentAndTotal('normalizedEntropy'),
      levels: [{ at: 1, label: 'knows only the average', color: '--muted' }],
    },
    {
      ...RATIOS, scale: 'log', span: 0.15,
      title: 'Calibration',
      tip: 'Predicted positives divided by real ones: 1 is right, above 1 the model promises too much.',
      series: recentAndTotal('calibration'),
      levels: [{ at: 1, label: 'as predicted', color: '--muted' }],
    },
    {
      ...RATIOS, text: share, tick: v => share(v), zero: true,
      title: 'Positive rate',
      tip: 'Share of the samples that people liked.',
      series: ['recent', 'total'].map((window, i) => ({
        name: ['last minute', 'overall'][i],
        of: s => number(s.quality?.[window]?.positives) / number(s.quality?.[window]?.samples),
        color: ['--main', '--total'][i],
        dashed: i === 1,
      })),
    },
  ],
  freshness: [
    {
      ...DURATIONS,
      title: 'Freshness',
      tip: 'Time from an action in the log to scores served by a model that learned from it: half of the actions are faster than p50, 99 % faster than p99.',
      series: percentiles(s => s.freshnessMs),
      levels: [{ at: GOAL_MS.p50, label: 'goal for p50: 300 ms', color: '--main' }, { at: GOAL_MS.p99, label: 'goal for p99: 1 s', color: '--second' }],
    },
    stage('join'),
    stage('learn'),
    stage('serve'),
    {
      ...DURATIONS,
      title: 'Learning lag',
      tip: 'How far the weights that serve lie behind now: what happened before that is in the scores. And how old the last change is.',
      series: [
        { name: 'lag', of: s => s.learningLagMs, color: '--main' },
        { name: 'last change', of: s => s.weightsAgeMs, color: '--second' },
      ],
    },
  ],
  joining: [
    {
      ...RATES,
      title: 'Throughput',
      tip: 'Rankings answered, events accepted and samples learned in a second, over the last five.',
      series: [
        { name: 'samples', of: s => s.rates?.samples, color: '--main' },
        { name: 'events', of: s => s.rates?.events, color: '--second' },
        { name: 'ranks', of: s => s.rates?.ranks, color: '--third' },
      ],
    },
    {
      ...RATES,
      title: 'Actions that taught nothing',
      tip: 'Late: after the window had closed. Orphan: no request shows what it answers. Duplicate: counted already. Ignored: not what the model learns from.',
      series: ['late', 'orphan', 'duplicate', 'ignored'].map((end, i) => ({
        name: end, of: growth(s => s.outcomes?.[end]), color: ['--main', '--second', '--third', '--total'][i],
      })),
    },
  ],
  serving: [
    {
      ...DURATIONS,
      title: 'Rank latency',
      tip: 'Time that the server takes to answer a ranking request, its write to the log included.',
      series: percentiles(s => s.rankMs),
    },
    {
      ...RATES,
      title: 'Items scored',
      tip: 'Candidates of the requests that were ranked, a second.',
      series: [{ name: 'items', of: s => s.rates?.candidates, color: '--main' }],
    },
  ],
  store: [
    {
      ...COUNTS,
      title: 'Rows',
      tip: 'Feature values with weights of their own, and how many of them lie in memory.',
      series: [
        { name: 'rows', of: s => s.rows, color: '--main' },
        { name: 'in memory', of: s => s.store?.rowsInMemory, color: '--total', dashed: true },
      ],
    },
    {
      ...COUNTS, text: bytes, tick: bytes, span: 1 << 20, zero: true,
      title: 'Memory',
      tip: 'What the rows take off the heap, empty places included, and what the heap holds.',
      series: [
        { name: 'rows', of: s => s.store?.bytes, color: '--main' },
        { name: 'heap', of: s => s.heapUsedBytes, color: '--second' },
      ],
    },
    {
      ...RATES,
      title: 'Rows that went',
      tip: 'Removed: expired, or made room at the learner. Evicted: left a bounded memory for the disk.',
      series: [
        { name: 'removed', of: growth(s => s.store?.removed), color: '--main' },
        { name: 'evicted', of: growth(s => s.store?.evicted), color: '--second' },
      ],
    },
  ],
  drift: [
    {
      ...RATIOS, zero: true,
      title: 'Drift of scores',
      tip: 'Population stability index of the served scores against the hour before: below 0.1 nothing moved, above 0.25 much did.',
      series: [
        { name: '1 min', of: s => s.windows?.['1m']?.predictionPsi, color: '--main' },
        { name: '1 h', of: s => s.windows?.['1h']?.predictionPsi, color: '--total', dashed: true },
      ],
      levels: [{ at: 0.25, label: 'much', color: '--muted' }],
    },
    {
      ...RATIOS, zero: true,
      title: 'Drift of the worst input',
      tip: 'The same index of the input that moved most.',
      series: [
        { name: '1 min', of: s => s.windows?.['1m']?.worstSlotPsi, color: '--main' },
        { name: '1 h', of: s => s.windows?.['1h']?.worstSlotPsi, color: '--total', dashed: true },
      ],
      levels: [{ at: 0.25, label: 'much', color: '--muted' }],
    },
  ],
};
