// A connection that sends bytes and takes HTTP/1.1 answers apart without being clever about it.
import { once } from 'node:events';
import net from 'node:net';

const patience = 10_000; // ms for an answer

export class Wire {
  #socket;
  #received = Buffer.alloc(0);
  #ended = false;
  #changed = () => undefined;

  static async open(port) {
    const wire = new Wire();
    wire.#socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
    await once(wire.#socket, 'connect');
    wire.#socket.on('data', (piece) => {
      wire.#received = Buffer.concat([wire.#received, piece]);
      wire.#changed();
    });
    const end = () => {
      wire.#ended = true;
      wire.#changed();
    };
    wire.#socket.on('end', end).on('error', end).on('close', end);
    return wire;
  }

  get ended() {
    return this.#ended;
  }

  send(bytes) {
    this.#socket.write(bytes);
  }

  close() {
    this.#socket.destroy();
  }

  async closed() {
    await this.#until(() => this.#ended, 'the end of the connection');
  }

  // { status, headers (a Map; names in lower case), body }
  async answer(method) {
    const head = await this.#take('\r\n\r\n');
    const [first, ...lines] = head.toString('latin1').split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(first)?.[1]);
    if (!status) throw new Error(`no status line: ${first}`);
    const headers = new Map(
      lines.filter(Boolean).map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    if (status === 100) return this.answer(method);
    const body = await this.#body(method, status, headers);
    return { status, headers, body: body.toString('utf8') };
  }

  async #body(method, status, headers) {
    if (method === 'HEAD' || status === 204 || status === 304) return Buffer.alloc(0);
    if (headers.get('transfer-encoding') === 'chunked') return this.#chunks();
    if (headers.has('content-length')) return this.#takeBytes(Number(headers.get('content-length')));
    await this.closed();
    return this.#takeBytes(this.#received.length);
  }

  async #chunks() {
    const pieces = [];
    for (;;) {
      const size = parseInt((await this.#take('\r\n')).toString('latin1'), 16);
      pieces.push(await this.#takeBytes(size));
      await this.#take('\r\n');
      if (size === 0) return Buffer.concat(pieces);
    }
  }

  async #take(mark) {
    await this.#until(() => this.#received.includes(mark), 'an answer');
    return this.#takeBytes(this.#received.indexOf(mark) + mark.length);
  }

  async #takeBytes(count) {
    await this.#until(() => this.#received.length >= count, 'the rest of an answer');
    const bytes = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return bytes;
  }

  async #until(condition, what) {
    const deadline = Date.now() + patience;
    while (!condition()) {
      if (this.#ended) throw new Error(`the connection ended instead of ${what}; received ${this.#received}`);
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`waited too long for ${what}; received ${this.#received}`);
      let timer;
      await new Promise((resolve) => {
        this.#changed = resolve;
        timer = setTimeout(resolve, left);
      });
      clearTimeout(timer);
    }
  }
}
