// A connection that sends what it is told and takes replies of the Redis protocol as bytes, or apart.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';

const patience = 20_000; // ms for a reply

// A command as clients send it: an array of bulk strings.
export function encoded(...words) {
  const parts = [Buffer.from(`*${words.length}\r\n`)];
  for (const word of words) {
    const bytes = Buffer.from(word);
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
  }
  return Buffer.concat(parts);
}

export const bulk = (text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
export const array = (...words) => `*${words.length}\r\n${words.map(bulk).join('')}`;
export const push = (...words) => `>${words.length}\r\n${words.map(bulk).join('')}`;

export class Client {
  encoding = 'utf8'; // of the strings that reply() gives; 'latin1' keeps all bytes apart
  #socket;
  #pieces = [];
  #received = Buffer.alloc(0);
  #ended = false;
  #changed = () => undefined;

  static async open(port) {
    const client = new Client();
    client.#socket = net.connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
    await once(client.#socket, 'connect');
    client.#socket.on('data', (piece) => {
      client.#pieces.push(piece);
      client.#changed();
    });
    const end = () => {
      client.#ended = true;
      client.#changed();
    };
    client.#socket.on('end', end).on('error', end).on('close', end);
    return client;
  }

  get address() {
    return `127.0.0.1:${this.#socket.localPort}`;
  }

  send(bytes) {
    return this.#socket.write(bytes);
  }

  command(...words) {
    this.send(encoded(...words));
  }

  // Sends a command and expects these very bytes.
  async ask(words, expected) {
    this.command(...words);
    await this.gives(expected);
  }

  async gives(expected) {
    const bytes = Buffer.from(expected);
    const given = await this.#take(bytes.length).catch((error) => {
      throw new Error(`${error.message}; wanted ${JSON.stringify(`${expected}`.slice(0, 200))}`);
    });
    assert.equal(given.toString('latin1'), bytes.toString('latin1'));
  }

  // Nothing but what was taken has come, for all that a round trip tells.
  async quiet() {
    this.command('PING');
    await this.gives('+PONG\r\n');
  }

  // The next reply: a string with its mark for a line ('+OK', ':1', '-ERR …'), a string for a bulk, null, an array for
  // arrays, sets and pushes, a Map for maps.
  async reply() {
    const line = await this.#line();
    const [mark, rest] = [line[0], line.slice(1)];
    if (mark === '$' || mark === '=') return rest === '-1' ? null : this.#bulk(Number(rest));
    if (mark === '_') return null;
    if (mark === '%') {
      const map = new Map();
      for (let left = Number(rest); left > 0; left -= 1) map.set(await this.reply(), await this.reply());
      return map;
    }
    if (!'*~>'.includes(mark)) return line;
    if (rest === '-1') return null;
    const all = [];
    for (let left = Number(rest); left > 0; left -= 1) all.push(await this.reply());
    return all;
  }

  async asked(...words) {
    this.command(...words);
    return this.reply();
  }

  // The server ends the connection, and says nothing more before.
  async closed() {
    await this.#until(() => this.#ended, 'the end of the connection');
    this.#gather();
    assert.equal(this.#received.toString('latin1'), '');
  }

  pause() {
    this.#socket.pause();
  }

  resume() {
    this.#socket.resume();
  }

  endSending() {
    this.#socket.end();
  }

  close() {
    this.#socket.destroy();
  }

  async #bulk(size) {
    const bytes = await this.#take(size + 2);
    return bytes.subarray(0, size).toString(this.encoding);
  }

  async #line() {
    await this.#until(() => this.#received.includes('\r\n'), 'a line');
    const end = this.#received.indexOf('\r\n');
    const line = this.#received.subarray(0, end).toString();
    this.#received = this.#received.subarray(end + 2);
    return line;
  }

  async #take(size) {
    await this.#until(() => this.#received.length >= size, `${size} bytes`);
    const taken = this.#received.subarray(0, size);
    this.#received = this.#received.subarray(size);
    return taken;
  }

  #gather() {
    if (this.#pieces.length > 0) this.#received = Buffer.concat([this.#received, ...this.#pieces.splice(0)]);
  }

  async #until(done, what) {
    const deadline = Date.now() + patience;
    for (;;) {
      this.#gather();
      if (done()) return;
      const had = JSON.stringify(this.#received.toString('latin1').slice(0, 200));
      if (this.#ended) throw new Error(`the connection ended before ${what}; it gave ${had}`);
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`${what} did not come; it gave ${had}`);
      let timer;
      await new Promise((resolve) => {
        this.#changed = resolve;
        timer = setTimeout(resolve, left);
      });
      clearTimeout(timer);
    }
  }
}
