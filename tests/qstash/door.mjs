// Calls of the HTTP door with its token.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

export class Door {
  constructor(url, token) {
    this.url = url;
    this.token = token;
  }

  // { status, body (parsed), headers } of any call.
  async call(method, path, { headers = {}, body, token = this.token } = {}) {
    const answer = await fetch(this.url + path, {
      method,
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
      body: body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array) ? JSON.stringify(body) : body,
    });
    const text = await answer.text();
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/, `${method} ${path}: ${text}`);
    return { status: answer.status, body: JSON.parse(text), headers: answer.headers };
  }

  // The body of a call that succeeds.
  async ok(method, path, options) {
    const answer = await this.call(method, path, options);
    assert.ok(answer.status >= 200 && answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  // A call that is refused with this status and text.
  async refused(status, text, method, path, options) {
    const answer = await this.call(method, path, options);
    assert.deepEqual([answer.status, Object.keys(answer.body)], [status, ['error']], JSON.stringify(answer.body));
    if (text instanceof RegExp) assert.match(answer.body.error, text);
    else assert.equal(answer.body.error, text);
  }

  publish(url, body, headers = {}) {
    return this.ok('POST', `/v2/publish/${url}`, { body, headers: { 'content-type': 'text/plain', ...headers } });
  }

  // The states that a message went through, earliest first, once the last is among them.
  async states(id, ...last) {
    const entries = await this.entries(id, ...last);
    return entries.map((entry) => entry.state);
  }

  async entries(id, ...last) {
    return untilSo(async () => {
      const { events } = await this.ok('GET', `/v2/events?messageId=${id}&order=earliestFirst`);
      return events.some((event) => last.includes(event.state)) && events;
    }, `message ${id} is ${last.join(' or ')}`);
  }
}

// Asks again and again until there is an answer.
export async function untilSo(ask, what = 'it is so', within = 20_000) {
  const deadline = Date.now() + within;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${within} ms: ${what}`);
    await pause(20);
  }
}
