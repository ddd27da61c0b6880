// Who asks: a key or token that somebody gave, kept for this tab alone, and calls of the API with it.

const KEY = 'millrace-key';
const MODEL = 'millrace-model';

/** What the server answered instead of what was asked for. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.detail || `the server answered ${status}`);
    this.status = status;
    this.problem = problem;
  }

  /** For a person: what is wrong, and what to do. */
  text() {
    return this.problem?.fix ? `${this.message}; ${this.problem.fix}` : this.message;
  }
}

export const session = {
  get key() {
    return sessionStorage.getItem(KEY) ?? '';
  },
  set key(value) {
    if (value) sessionStorage.setItem(KEY, value);
    else sessionStorage.removeItem(KEY);
  },
  get model() {
    return sessionStorage.getItem(MODEL) ?? '';
  },
  set model(value) {
    sessionStorage.setItem(MODEL, value);
  },
};

export function headers(more = {}) {
  return session.key ? { ...more, Authorization: `Bearer ${session.key}` } : more;
}

/** The answer as JSON; throws Refused. */
export async function ask(path, { method = 'GET', body, ifMatch } = {}) {
  const more = { Accept: 'application/json' };
  if (body !== undefined) more['Content-Type'] = 'application/json';
  if (ifMatch !== undefined) more['If-Match'] = `"${ifMatch}"`;
  const response = await fetch(path, { method, headers: headers(more), body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await response.text();
  let read = null;
  try {
    read = JSON.parse(text);
  } catch {
    // A proxy's page: the status says enough.
  }
  if (!response.ok) throw new Refused(response.status, read);
  return read;
}

/** Path of something of a model. */
export function of(model, rest = '') {
  return `v1/models/${encodeURIComponent(model)}${rest}`;
}

/**
 * Calls `look` now and every so often while the page is in view; one that fails is called less often. Returns what calls
 * it at once.
 */
export function watch(look, everyMs) {
  let timer = 0;
  let running = false;
  const run = async () => {
    clearTimeout(timer);
    if (running) return;
    running = true;
    const good = document.hidden ? true : await look().then(() => true, () => false);
    running = false;
    timer = setTimeout(run, good ? everyMs : 5 * everyMs);
  };
  run();
  return run;
}
