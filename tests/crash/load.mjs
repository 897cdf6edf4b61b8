// Connections that change tasks until the server is gone. Each has tasks of its own; some tasks are everybody's.
import assert from 'node:assert/strict';

import { Connection, Gone } from './connection.mjs';
import { makeDice } from './dice.mjs';

const sharedTasks = 4;

// Shared by the connections of one round.
export class Load {
  answers = 0;
  #texts = 0;
  #keys = 0;

  // history  what is known; `name` makes the texts and keys of this round unlike those of any other
  constructor(server, history, name, seed) {
    Object.assign(this, { server, history, name, seed });
    const ids = [...history.tasks.keys()];
    this.common = ids.slice(0, sharedTasks);
    for (const id of this.common) history.share(id);
    this.ids = ids.slice(sharedTasks);
  }

  // Returns when the server is gone; throws when it answered wrongly.
  run(connections) {
    return Promise.all(
      Array.from({ length: connections }, (_, number) =>
        this.#change(
          new Connection(this.server),
          makeDice(this.seed + number),
          this.ids.filter((_, at) => at % connections === number),
        ),
      ),
    );
  }

  async #change(connection, dice, own) {
    for (;;) {
      const request = { connection, ...this.#makeRequest(dice, own) };
      let answer;
      try {
        answer = await connection.send(request);
      } catch (error) {
        connection.close();
        if (!(error instanceof Gone)) throw error;
        this.history.doubt(request);
        return;
      }
      this.#take(request, answer, own);
      if (request.key && dice.chance(0.3)) {
        if (await this.#isGone(this.#repeat(connection, request, answer))) return connection.close();
      }
    }
  }

  async #isGone(work) {
    try {
      await work;
      return false;
    } catch (error) {
      if (error instanceof Gone) return true;
      throw error;
    }
  }

  async #repeat(connection, request, answer) {
    assert.deepEqual(await connection.send(request), answer, 'a repeated request had another answer');
  }

  #take(request, answer, own) {
    this.answers += 1;
    request.answer = answer;
    request.changes.forEach((change, at) => {
      if (answer.tasks[at] !== null) return;
      assert.ok(this.history.shared.has(change.id), `task ${change.id} was not found`);
      assert.ok(this.history.mayBeDeleted(change.id), `shared task ${change.id} was not found`);
    });
    this.history.acknowledge(request, answer);
    for (const change of request.changes) {
      if (change.kind === 'create') own.push(change.id);
      if (change.kind === 'delete' && own.includes(change.id)) own.splice(own.indexOf(change.id), 1);
    }
  }

  #makeRequest(dice, own) {
    const key = dice.chance(0.4) ? `${this.name}-key${++this.#keys}` : undefined;
    if (this.common.length > 0 && dice.chance(0.2)) return { changes: [this.#changeCommon(dice)], key };
    const changes = [];
    const count = dice.chance(0.3) ? dice.between(2, 5) : 1;
    while (changes.length < count) {
      const ids = own.filter((id) => !changes.some((change) => change.id === id));
      changes.push(this.#makeChange(dice, ids));
    }
    return { changes, key };
  }

  #changeCommon(dice) {
    const id = dice.pick(this.common);
    const kind = dice.chance(0.02) ? 'delete' : 'update';
    if (kind === 'delete') this.history.shared.get(id).deleting = 1;
    return { kind, id, text: this.#newText(), done: dice.chance(0.5) };
  }

  // Deletes as often as it creates once there are many tasks, so that lists stay short.
  #makeChange(dice, ids) {
    if (ids.length === 0 || dice.chance(0.35)) return { kind: 'create', text: this.#newText() };
    const id = dice.pick(ids);
    if (dice.chance(ids.length > 20 ? 0.6 : 0.2)) return { kind: 'delete', id };
    return { kind: 'update', id, text: this.#newText(), done: dice.chance(0.5) };
  }

  #newText() {
    return `${this.name} ${++this.#texts} ✓`;
  }
}
