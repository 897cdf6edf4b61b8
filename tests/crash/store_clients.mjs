// The two doors of the store as a crash test sees them: run(batch) sends a batch of commands at once and calls
// answered(reply) for each, in order. A command is a list of words; { atomic: [commands] } is one transaction.
// Throws Gone when the server went.
import net from 'node:net';

import { Gone } from './connection.mjs';

const encode = (words) => `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`).join('')}`;

// Takes one reply of RESP2 from `text` at `at`: [value, next], or undefined when it is not whole.
function parse(text, at) {
  const end = text.indexOf('\r\n', at);
  if (end < 0) return undefined;
  const [kind, rest] = [text[at], text.slice(at + 1, end)];
  if (kind === '+') return [rest, end + 2];
  if (kind === '-') throw new Error(rest);
  if (kind === ':') return [Number(rest), end + 2];
  if (kind === '$') {
    if (rest === '-1') return [null, end + 2];
    const last = end + 2 + Number(rest);
    return text.length < last + 2 ? undefined : [text.slice(end + 2, last), last + 2];
  }
  const values = [];
  let next = end + 2;
  for (let left = Number(rest); left > 0; --left) {
    const one = parse(text, next);
    if (!one) return undefined;
    values.push(one[0]);
    next = one[1];
  }
  return [values, next];
}

export class RedisClient {
  constructor(server, secret) {
    this.secret = secret;
    this.port = server.ports[1];
  }

  async #connect() {
    this.socket = net.connect(this.port, '127.0.0.1').setEncoding('latin1').setNoDelay(true);
    await new Promise((done, fail) => this.socket.once('connect', done).once('error', (error) => fail(new Gone(error.message))));
    await this.run([['AUTH', this.secret]], () => undefined);
  }

  async run(batch, answered) {
    if (!this.socket) await this.#connect();
    let [text, open, inTransaction] = ['', 0, []];
    const request = batch.map((one) => {
      const commands = one.atomic ? [['MULTI'], ...one.atomic, ['EXEC']] : [one];
      inTransaction.push(...commands.map((_, at) => at < commands.length - 1));
      open += commands.length;
      return commands.map(encode).join('');
    });
    await new Promise((done, fail) => {
      const gone = (error) => fail(new Gone(error?.message ?? 'the connection was closed'));
      this.socket.removeAllListeners().on('error', gone).on('close', gone);
      this.socket.on('data', (piece) => {
        text += piece;
        try {
          for (let one = parse(text, 0); one; one = open > 0 ? parse(text, 0) : undefined) {
            text = text.slice(one[1]);
            open -= 1;
            if (!inTransaction.shift()) answered(one[0]);
          }
        } catch (error) {
          fail(error);
        }
        if (open === 0) done();
      });
      this.socket.write(request.join(''));
    });
  }

  close() {
    this.socket?.removeAllListeners().on('error', () => undefined).destroy();
  }
}

export class RestClient {
  constructor(server, secret) {
    this.url = `${server.url}/redis`;
    this.headers = { authorization: `Bearer ${secret}` };
  }

  async #post(path, body) {
    const answer = await fetch(this.url + path, { method: 'POST', headers: this.headers, body: JSON.stringify(body) })
      .then((response) => response.text())
      .catch((error) => {
        throw new Gone(error.message);
      });
    return JSON.parse(answer);
  }

  async run(batch, answered) {
    for (const one of batch) {
      const reply = one.atomic ? await this.#post('/multi-exec', one.atomic) : await this.#post('', one);
      if (reply.error) throw new Error(reply.error);
      answered(one.atomic ? reply.map((item) => item.result) : reply.result);
    }
  }

  close() {}
}
