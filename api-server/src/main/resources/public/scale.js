// How the height of a chart is cut: the values that are in view, and those that the axis names.

/** How values become heights, the inverse, the least value that can be shown, and uPlot's name for it. */
export const SCALES = {
  linear: { to: v => v, from: y => y, floor: -Infinity, distr: 1 },
  log: { to: Math.log10, from: y => 10 ** y, floor: 0.01, distr: 3 },
  // Zero has a place; above ten it is close to a log scale.
  log1p: { to: v => Math.asinh(v), from: y => Math.sinh(y), floor: 0, distr: 4 },
};

/** [low, high] with air around all values, which are in view from index `from` on, and levels. */
export function domain(spec, columns, from) {
  const scale = SCALES[spec.scale];
  let low = Infinity;
  let high = -Infinity;
  const take = v => {
    if (v === null || v === undefined) return;
    if (v < low) low = v;
    if (v > high) high = v;
  };
  for (const column of columns) for (let i = from; i < column.length; i++) take(column[i]);
  for (const level of spec.levels ?? []) take(level.at);
  if (spec.scale === 'log1p' || spec.zero) take(0);
  if (low > high) [low, high] = [Math.max(scale.floor, 0), Math.max(scale.floor, 0) + 1];
  [low, high] = [scale.to(Math.max(scale.floor, low)), scale.to(Math.max(scale.floor, high))];
  const missing = Math.max(0, spec.span - (high - low)) / 2;
  const air = (high - low + 2 * missing) * 0.08;
  const bottom = spec.scale === 'log1p' || (spec.zero && low === 0) ? 0 : low - missing - air;
  return [scale.from(bottom), scale.from(high + missing + air)];
}

/** Some round values between two, ascending. */
export function ticks(spec, low, high) {
  if (spec.steps) return spec.steps.filter(v => v >= low && v <= high);
  const decades = spec.scale === 'linear' ? 0 : Math.log10(Math.max(high, 1e-9) / Math.max(low, spec.scale === 'log' ? 1e-9 : 1));
  if (decades < 0.7) {
    const step = roundStep((high - low) / 4);
    const list = [];
    for (let k = Math.ceil(low / step); k * step <= high && list.length < 12; k++) list.push(k * step);
    return list;
  }
  const list = spec.scale === 'log1p' ? [0] : [];
  const stride = Math.ceil(decades / 4);
  for (let e = spec.scale === 'log1p' ? 0 : Math.floor(Math.log10(low)); 10 ** e <= high; e += stride) {
    if (10 ** e >= low) list.push(10 ** e);
  }
  return list;
}

/** 1, 2 or 5 times a power of ten, not below the given step. */
function roundStep(step) {
  const power = 10 ** Math.floor(Math.log10(step));
  const m = step / power;
  return power * (m <= 1 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10);
}
