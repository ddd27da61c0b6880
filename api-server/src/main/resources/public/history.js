// The frames of the last ten minutes, in columns that grow with each frame: what charts draw.

const WINDOW_MS = 10 * 60 * 1000;
const MAX_FRAMES = 1200;
/** Points further apart than this are not joined by a line. */
const GAP_MS = 3500;
/** A frame that is not newer is one seen before, unless the clock was set back. */
const AGAIN_MS = 60000;

export class History {
  /** Seconds since the epoch, as uPlot wants them; between two that are far apart stands one without values. */
  times = [];
  /** The newest frame. */
  last = null;
  #columns = [];
  #firstMs = 0;

  /** An array that has a value of each frame: of(frame, the frame before it). */
  column(of) {
    const values = [];
    this.#columns.push({ of, values });
    return values;
  }

  /** Whether it is new. */
  add(frame) {
    if (!Number.isFinite(frame?.timeMs)) return false;
    if (this.last && frame.timeMs <= this.last.timeMs) {
      if (this.last.timeMs - frame.timeMs < AGAIN_MS || frame.timeMs >= this.#firstMs) return false;
      this.clear();
    }
    const gap = this.last && frame.timeMs - this.last.timeMs > GAP_MS;
    if (gap) this.#push((frame.timeMs + this.last.timeMs) / 2000, null, null);
    this.#push(frame.timeMs / 1000, frame, gap ? null : this.last);
    this.last = frame;
    while (this.times.length > MAX_FRAMES || this.times[0] * 1000 < frame.timeMs - WINDOW_MS) this.#shift();
    this.#firstMs = this.times[0] * 1000;
    return true;
  }

  #push(seconds, frame, before) {
    this.times.push(seconds);
    for (const { of, values } of this.#columns) {
      const value = frame && of(frame, before);
      values.push(typeof value === 'number' && Number.isFinite(value) ? value : null);
    }
  }

  #shift() {
    this.times.shift();
    for (const { values } of this.#columns) values.shift();
  }

  /** Nothing of what was is history any more: another model. */
  clear() {
    this.times.length = 0;
    for (const { values } of this.#columns) values.length = 0;
    this.last = null;
  }
}
