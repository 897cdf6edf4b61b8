// A client of the log's REST door that sends exactly what it is told.
//
//   const log = await openLog(server);
//   const topic = await log.topic({ partitions: 3 });         a new one, by the admin's door
//   await log.send({ path: '/fetch/', body: '{…}' })           { status, headers, text, json }
//   await log.post('/fetch', { topic, partition: 0, offset: 0 })   the answer's JSON, which must be 200
//   await log.fails({ path: '/fetch' }, 400, /topic/)
//   await raw(port, 'GET /kafka/… HTTP/1.1\r\n…')              over a socket, byte for byte
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';

let topics = 0;

export async function openLog(server) {
  const credentials = JSON.parse(await readFile(join(server.data, 'credentials.json'), 'utf8'));
  const pair = { username: credentials.kafka_username, password: credentials.kafka_password };
  return new Log(server.http, pair, credentials.admin_secret);
}

export const basic = ({ username, password }) => `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

export class Log {
  #agent = new Agent({ keepAlive: true, maxSockets: 256 });

  constructor(port, pair, adminSecret) {
    this.port = port;
    this.pair = pair;
    this.adminSecret = adminSecret;
    this.url = `http://127.0.0.1:${port}/kafka`;
  }

  // The same door for somebody else.
  as(pair) {
    return new Log(this.port, pair, this.adminSecret);
  }

  get authorization() {
    return this.pair ? { authorization: basic(this.pair) } : {};
  }

  async send({ method, path = '', body, headers = {}, signal }) {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const answer = await new Promise((done, failed) => {
      const sent = request({
        host: '127.0.0.1',
        port: this.port,
        path: `/kafka${path}`,
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: { ...this.authorization, ...length, ...headers },
        agent: this.#agent,
        signal,
      });
      sent.on('response', done).on('error', failed).end(body);
    });
    const pieces = [];
    for await (const piece of answer) pieces.push(piece);
    const text = Buffer.concat(pieces).toString('utf8');
    return { status: answer.statusCode, headers: answer.headers, text, json: JSON.parse(text) };
  }

  async get(path, headers) {
    const { status, json } = await this.send({ path, headers });
    assert.equal(status, 200, JSON.stringify(json));
    return json;
  }

  async post(path, value, headers) {
    const body = value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
    const { status, json } = await this.send({ method: 'POST', path, body, headers });
    assert.equal(status, 200, JSON.stringify(json));
    return json;
  }

  // That it is refused with `status`, as JSON that repeats it.
  async fails(what, status, text) {
    const answer = await this.send(what);
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json.status, status);
    assert.equal(typeof answer.json.error, 'string');
    assert.equal(answer.headers['content-type'], 'application/json');
    if (text) assert.match(answer.json.error, text);
    return answer;
  }

  async admin(path, question) {
    const answer = await fetch(`http://127.0.0.1:${this.port}/admin/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.adminSecret}` },
      body: JSON.stringify(question),
    });
    const json = await answer.json();
    assert.equal(answer.status, 200, JSON.stringify(json));
    return json;
  }

  // The name of a new topic.
  async topic(settings = {}) {
    const name = `topic-${process.pid}-${(topics += 1)}`;
    await this.admin('topics', { do: 'create', name, ...settings });
    return name;
  }

  produce(topic, ...values) {
    return this.post('/produce', values.map((value) => (value?.value === undefined ? { topic, value } : { topic, ...value })));
  }

  fetch(topic, partition = 0, offset = 0, timeout = 0) {
    return this.post('/fetch', { topic, partition, offset, timeout });
  }

  topics() {
    return this.get('/topics');
  }
}

// Sends `bytes` over a socket of its own and gives what came back until the server closed or `enough` says so.
export function raw(port, bytes, enough = () => false) {
  return new Promise((done, failed) => {
    let text = '';
    const socket = connect(port, '127.0.0.1');
    socket.setEncoding('latin1');
    socket.on('data', (piece) => {
      text += piece;
      if (enough(text)) socket.end();
    });
    socket.on('error', failed).on('close', () => done(text));
    socket.write(bytes, 'latin1');
  });
}
