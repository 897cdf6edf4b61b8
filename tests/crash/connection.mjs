// One connection that sends requests of changes, one after another, as fast as they are answered.
import assert from 'node:assert/strict';
import http from 'node:http';

const fields = {
  create: ({ text }) => `createTask(text: ${JSON.stringify(text)}) { id text done }`,
  update: ({ id, text, done }) =>
    `updateTask(id: ${JSON.stringify(id)}, text: ${JSON.stringify(text)}, done: ${done}) { id text done }`,
  delete: ({ id }) => `deleteTask(id: ${JSON.stringify(id)})`,
};

export class Gone extends Error {} // the server was not there, or no longer

export class Connection {
  offset = 0; // of the last answer in this round
  #agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  #url;

  constructor(server) {
    this.#url = `${server.url}/graphql`;
  }

  // The parsed body of the answer. Throws Gone.
  async ask(query, headers = {}) {
    const { status, text } = await this.#post(JSON.stringify({ query }), headers);
    assert.equal(status, 200, text);
    return JSON.parse(text);
  }

  // { tasks, offset }: for each change the task (of a deletion its id), or null where there is no such task.
  async send({ changes, key }) {
    const document = changes.map((change, at) => `f${at}: ${fields[change.kind](change)}`).join(' ');
    const { data, errors = [], extensions } = await this.ask(
      `mutation { ${document} }`,
      key ? { 'idempotency-key': key } : {},
    );
    for (const error of errors) assert.equal(error.extensions?.code, 'NOT_FOUND', JSON.stringify(error));
    const tasks = changes.map((_, at) => data[`f${at}`]);
    changes.forEach((change, at) => checkAnswer(change, tasks[at]));
    return { tasks, offset: extensions?.offset };
  }

  async list() {
    const { data, errors } = await this.ask('{ list { id text done } }');
    assert.equal(errors, undefined, JSON.stringify(errors));
    return data.list;
  }

  close() {
    this.#agent.destroy();
  }

  #post(body, headers) {
    return new Promise((resolve, reject) => {
      const gone = (error) => reject(new Gone(error?.message ?? 'the connection was closed'));
      const request = http.request(
        this.#url,
        { method: 'POST', agent: this.#agent, headers: { 'content-type': 'application/json', ...headers } },
        (answer) => {
          const pieces = [];
          answer.on('data', (piece) => pieces.push(piece));
          answer.on('end', () => resolve({ status: answer.statusCode, text: Buffer.concat(pieces).toString() }));
          answer.on('error', gone).on('aborted', gone);
        },
      );
      request.on('error', gone);
      request.end(body);
    });
  }
}

function checkAnswer({ kind, id, text, done = false }, task) {
  if (task === null) return;
  if (kind === 'delete') return assert.equal(task, id);
  assert.deepEqual({ text: task.text, done: task.done }, { text, done });
  if (kind === 'update') assert.equal(task.id, id);
}
