// Numbers as text, with their units. Anything that is not a finite number is NONE.

export const NONE = '–';

const NBSP = '\u00a0';
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** A finite number, or NaN: what charts draw as a gap. */
export const number = x => (typeof x === 'number' && Number.isFinite(x) ? x : NaN);

const shown = format => x => (Number.isNaN(number(x)) ? NONE : format(x));

/** 128,402 or 8.8T. */
export const count = shown(n => (Math.abs(n) < 1e9 ? whole : compact).format(n));

/** Short, for axes: 0.5, 40, 1.2K. */
export const short = shown(n => compact.format(n));

/** 52 /s. */
export const rate = shown(n => `${n > 0 && n < 10 ? n.toFixed(1) : n < 1e5 ? whole.format(n) : compact.format(n)}${NBSP}/s`);

/** 0.781: three decimals, which is as far as a minute of samples can tell. */
export const ratio = shown(x => (Math.abs(x) < 10 ? x.toFixed(3) : compact.format(x)));

/** Milliseconds in the unit that fits: 4.2 ms, 312 ms, 1.24 s, 2 min 5 s. */
export const duration = shown(millis => {
  const ms = Math.max(0, millis);
  if (ms < 0.05) return `${ms === 0 ? '0' : '< 0.1'}${NBSP}ms`;
  if (ms < 9.95) return `${ms.toFixed(1)}${NBSP}ms`;
  if (ms < 999.5) return `${ms.toFixed(0)}${NBSP}ms`;
  if (ms < 9995) return `${(ms / 1e3).toFixed(2)}${NBSP}s`;
  if (ms < 59950) return `${(ms / 1e3).toFixed(1)}${NBSP}s`;
  const seconds = Math.round(ms / 1e3);
  if (seconds < 3600) return pair(seconds, 60, 'min', 's');
  if (seconds < 172800) return pair(Math.floor(seconds / 60), 60, 'h', 'min');
  return `${whole.format(seconds / 86400)}${NBSP}days`;
});

/** Ages of what comes once a second: 5 s, 2 min 5 s. */
export const seconds = millis => (millis < 59500 ? `${Math.round(millis / 1e3)}${NBSP}s` : duration(millis));

/** Durations without a fraction that means nothing on an axis: 100 ms, 1 s, 10 min. */
export const durationTick = ms => {
  const [unit, name] = ms < 1e3 ? [1, 'ms'] : ms < 6e4 ? [1e3, 's'] : ms < 36e5 ? [6e4, 'min'] : ms < 864e5 ? [36e5, 'h'] : [864e5, 'd'];
  return `${compact.format(Number((ms / unit).toPrecision(2)))}${NBSP}${name}`;
};

/** 412 MiB. */
export const bytes = shown(n => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, n < 1 ? 0 : Math.floor(Math.log2(n) / 10));
  return `${Number((n / 1024 ** power).toPrecision(3))}${NBSP}${units[power]}`;
});

function pair(value, base, big, small) {
  const rest = value % base;
  return `${Math.floor(value / base)}${NBSP}${big}${rest ? `${NBSP}${rest}${NBSP}${small}` : ''}`;
}

/** 12.3 %: a part of a whole. */
export const share = shown(x => `${x < 0 ? '−' : ''}${(100 * Math.abs(x)).toFixed(Math.abs(x) < 0.0995 ? 2 : 1)}${NBSP}%`);

/** 14:05:09, where the reader is. */
export const clock = shown(ms => new Date(ms).toLocaleTimeString('en-GB'));
