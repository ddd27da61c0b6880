// Server-sent events read by fetch, since an EventSource can send no key. Goes on behind the last id whatever breaks.

import { Refused, headers } from './session.js';

/** The server sends one a second: this long without one and the stream counts as lost. */
const SILENCE_MS = 5000;
const RETRY_MS = [500, 1000, 2000, 4000, 8000];

export class Stream {
  /** on: { frame(data), state(name, detail) } with the states live, lost and refused. */
  constructor(path, on) {
    this.path = path;
    this.on = on;
    // Everything that the server keeps: the charts begin full.
    this.lastId = '0';
    this.retry = 0;
    this.closed = false;
    this.open();
  }

  async open() {
    this.abort = new AbortController();
    this.hear();
    try {
      const response = await fetch(this.path, { headers: headers({ Accept: 'text/event-stream', 'Last-Event-ID': this.lastId }), signal: this.abort.signal, cache: 'no-store' });
      if (!response.ok) throw new Refused(response.status, await response.json().catch(() => null));
      await this.read(response.body.pipeThrough(new TextDecoderStream()).getReader());
      this.lose();
    } catch (failure) {
      if (failure instanceof Refused && (failure.status === 401 || failure.status === 403)) this.refuse(failure);
      else this.lose(failure);
    }
  }

  async read(reader) {
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (rest + value).split(/\r?\n\r?\n/);
      rest = parts.pop();
      parts.forEach(part => this.event(part));
    }
  }

  event(text) {
    let data = '';
    for (const line of text.split(/\r?\n/)) {
      const [, field, value] = /^(\w*): ?(.*)$/.exec(line) ?? [];
      if (field === 'id') this.lastId = value;
      if (field === 'data') data += value;
    }
    if (!data || this.closed) return;
    this.retry = 0;
    this.hear();
    this.on.frame(JSON.parse(data));
  }

  hear() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.abort.abort(), SILENCE_MS);
  }

  lose(failure) {
    this.stop();
    if (this.closed) return;
    this.on.state('lost', failure instanceof Refused ? failure.text() : '');
    this.timer = setTimeout(() => this.open(), RETRY_MS[Math.min(this.retry++, RETRY_MS.length - 1)]);
  }

  /** Somebody must give a key: asking again and again would not help. */
  refuse(failure) {
    this.stop();
    if (!this.closed) this.on.state('refused', failure.text());
  }

  stop() {
    clearTimeout(this.silence);
    clearTimeout(this.timer);
    this.abort.abort();
  }

  close() {
    this.closed = true;
    this.stop();
  }
}
