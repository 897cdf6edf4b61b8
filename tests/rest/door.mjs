// A client of the REST door that sends exactly what it is told: no path is tidied up, no header is added.
//
//   const door = new Door(port, token);
//   await door.send({ path: '/set/a%2Fb', body: 'v' })     { status, headers, text, json }
//   await door.says(['GET', 'k'], 'v')                      the result of a command, asserted
//   await door.fails(['INCR', 'k'], /not an integer/)       its error, with status 400
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';

export class Door {
  #agent = new Agent({ keepAlive: true, maxSockets: 64 });

  constructor(port, token) {
    this.port = port;
    this.token = token;
  }

  // What `http.request` gives, once its head is there.
  open({ method, path = '', body, headers = {}, authorized = true, agent = this.#agent }) {
    const authorization = authorized ? { authorization: `Bearer ${this.token}` } : {};
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    return new Promise((done, failed) => {
      const sent = request({
        host: '127.0.0.1',
        port: this.port,
        path: `/redis${path}`,
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: { ...authorization, ...length, ...headers },
        agent,
      });
      sent.on('response', done).on('error', failed).end(body);
    });
  }

  async send(what) {
    const answer = await this.open(what);
    const pieces = [];
    for await (const piece of answer) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    const text = bytes.toString('utf8');
    let json;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status: answer.statusCode, headers: answer.headers, bytes, text, json };
  }

  post(path, value, headers) {
    return this.send({ method: 'POST', path, body: JSON.stringify(value), headers });
  }

  async command(...words) {
    const { json } = await this.post('', words);
    return json;
  }

  // A pipeline's items.
  async pipeline(...commands) {
    const { status, json } = await this.post('/pipeline', commands);
    assert.equal(status, 200, JSON.stringify(json));
    return json;
  }

  async says(words, result) {
    const { status, json } = await this.post('', words);
    assert.deepEqual(json, { result });
    assert.equal(status, 200);
  }

  async fails(words, error) {
    const { status, json } = await this.post('', words);
    check(json, error);
    assert.equal(status, 400);
  }
}

// That `json` is {"error": …} and nothing else.
export function check(json, error) {
  assert.deepEqual(Object.keys(json ?? {}), ['error'], JSON.stringify(json));
  if (error instanceof RegExp) assert.match(json.error, error);
  else assert.equal(json.error, error);
}

export const unavailable = (name) => `ERR Command is not available: '${name}'`;
export const notAllowed = (name) => `ERR Command "${name}" is not allowed in REST or it has a special context path`;
export const wrongToken = 'WRONGPASS invalid or missing auth token';
