// What the clients did, and whether a list of tasks can be what became of it.
//
// A request is a list of changes, one a root field, that the server makes one after another. Of a request that was not
// answered any number of the first changes may have happened, each of them wholly. Every text is used once, so that a
// task shows which change it comes from.
//
// A change is { kind: 'create' | 'update' | 'delete', id, text, done }; the id of a create is known with its answer.
// The changes of one request are to different tasks. A task is shared when several connections change it, each by
// requests of one change: the order of such changes is that of their offsets.
import assert from 'node:assert/strict';

export class History {
  tasks = new Map(); // id -> { id, text, done }, as they are known to be; in the order of creation
  shared = new Map(); // id -> { offset, text, done, deleted, doubtful: [change] }: what the answers of this round say
  events = 0; // that are known to be in the log
  offsets = new Map(); // offset of a request's last event -> the request
  doubts = []; // requests of this round without an answer
  created = new Map(); // id -> the offset of a creation by a request of one change

  // A connection got `answer` ({ tasks: [task or id or null for each change], offset }) to a request.
  acknowledge(request, answer) {
    const { changes } = request;
    const made = changes.filter((_, at) => answer.tasks[at] !== null);
    if (made.length === 0) return;
    this.events += made.length;
    this.#claimOffset(request, answer.offset, made.length);
    changes.forEach((change, at) => {
      if (answer.tasks[at] === null) return;
      if (change.kind === 'create') change.id = answer.tasks[at].id;
      if (this.shared.has(change.id)) this.#changeShared(change, answer.offset);
      else this.#apply(change);
      if (change.kind === 'create' && changes.length === 1) this.created.set(change.id, answer.offset);
    });
  }

  // The request was sent and the server was gone before the answer.
  doubt(request) {
    this.doubts.push(request);
    for (const change of request.changes) this.shared.get(change.id)?.doubtful.push(change);
  }

  share(id) {
    const { text, done } = this.tasks.get(id);
    this.shared.set(id, { offset: this.created.get(id) ?? 0, text, done, deleted: false, doubtful: [] });
  }

  // Whether somebody may have deleted the shared task.
  mayBeDeleted(id) {
    const task = this.shared.get(id);
    return task.deleted || task.deleting > 0 || task.doubtful.some((change) => change.kind === 'delete');
  }

  // Checks what is served after a crash; from then on that is what is known. `events` is how many events the log has.
  settle(list, events) {
    const there = new Map(list.map((task) => [task.id, task]));
    const byText = new Map(list.map((task) => [task.text, task]));
    assert.equal(there.size, list.length, 'an id is listed twice');
    assert.equal(byText.size, list.length, 'a text is listed twice: a task was made twice');

    const shared = this.#settleShared(there);
    let happened = shared.visible;
    for (const request of this.doubts) happened += this.#settleDoubt(request, there, byText);
    this.doubts = [];

    const expected = [...this.tasks.values()].sort((a, b) => a.id.localeCompare(b.id));
    const actual = [...list].sort((a, b) => a.id.localeCompare(b.id));
    assert.deepEqual(actual, expected, 'the list differs from what was acknowledged');
    this.#checkOrder(list);

    const least = this.events + happened;
    assert.ok(
      events >= least && events <= least + shared.hidden,
      `${events} events are in the log, and not ${least}${shared.hidden ? ` to ${least + shared.hidden}` : ''}`,
    );
    this.events = events;
    this.tasks = new Map(list.map((task) => [task.id, task]));
    this.shared.clear();
    return happened;
  }

  #claimOffset(request, offset, count) {
    assert.ok(Number.isInteger(offset) && offset >= count, `offset ${offset} for ${count} events`);
    assert.ok(!this.offsets.has(offset), `offset ${offset} was given to two requests`);
    this.offsets.set(offset, request);
    const { connection } = request;
    assert.ok(offset > connection.offset, `offset ${offset} came after ${connection.offset} on one connection`);
    connection.offset = offset;
  }

  #apply({ kind, id, text, done = false }) {
    if (kind === 'delete') this.tasks.delete(id);
    else this.tasks.set(id, { id, text, done });
  }

  #changeShared(change, offset) {
    const task = this.shared.get(change.id);
    assert.ok(!(task.deleted && offset > task.offset), `task ${change.id} was changed after it was deleted`);
    if (offset < task.offset) {
      assert.notEqual(change.kind, 'delete', `task ${change.id} was changed after it was deleted`);
      return;
    }
    Object.assign(task, { offset, text: change.text, done: change.done, deleted: change.kind === 'delete' });
  }

  // A shared task is what the answer with the highest offset made it, or what an unanswered change after that did.
  #settleShared(there) {
    let [visible, hidden] = [0, 0];
    for (const [id, task] of this.shared) {
      const actual = there.get(id);
      if (!actual) {
        const deleted = task.deleted || task.doubtful.some((change) => change.kind === 'delete');
        assert.ok(deleted, `shared task ${id} is gone`);
        if (!task.deleted) visible += 1;
        hidden += task.doubtful.length - (task.deleted ? 0 : 1);
        this.tasks.delete(id);
        continue;
      }
      assert.ok(!task.deleted, `shared task ${id} was deleted and is back`);
      const isAcknowledged = actual.text === task.text && actual.done === task.done;
      const doubtful = task.doubtful.filter((change) => change.kind === 'update');
      const by = doubtful.find((change) => actual.text === change.text && actual.done === change.done);
      assert.ok(isAcknowledged || by, `shared task ${id} is ${JSON.stringify(actual)}, not ${JSON.stringify(task)}`);
      if (by && !isAcknowledged) visible += 1;
      hidden += doubtful.length - (by ? 1 : 0);
      this.tasks.set(id, actual);
    }
    return { visible, hidden };
  }

  // How many of the changes happened: none after one that did not.
  #settleDoubt({ changes }, there, byText) {
    if (changes.some((change) => this.shared.has(change.id))) return 0;
    const happened = changes.map((change) => {
      if (change.kind === 'delete') return !there.has(change.id);
      if (change.kind === 'create') return byText.has(change.text);
      return there.get(change.id)?.text === change.text;
    });
    const count = happened.filter(Boolean).length;
    assert.ok(happened.slice(0, count).every(Boolean), `a later change happened without an earlier one: ${happened}`);
    for (const change of changes.slice(0, count)) {
      if (change.kind === 'create') change.id = byText.get(change.text).id;
      this.#apply(change);
    }
    return count;
  }

  #checkOrder(list) {
    let last = 0;
    for (const { id } of list) {
      const offset = this.created.get(id);
      if (offset === undefined) continue;
      assert.ok(offset > last, `task ${id}, created at offset ${offset}, is listed after one created at ${last}`);
      last = offset;
    }
  }
}
