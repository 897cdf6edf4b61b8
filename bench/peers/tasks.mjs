import Redis from 'ioredis';

// The to-do list, event-sourced in Redis: events in the stream `events`, each task as JSON under its id, the ids in the
// set `tasks`, the number of the next event to project in `lastOffset`.
//
// A command appends its event and projects it as one transaction, so that neither is ever there without the other.
// It is done in two ways, chosen by the class. Auto-pipelining sends what one turn of the event loop has to say to
// Redis as one write, in both.
class Tasks {
  constructor(port) {
    this.redis = new Redis({ port, host: '127.0.0.1', enableAutoPipelining: true });
  }

  async create(text) {
    const task = { id: nextId(), text, done: false };
    await this.put({ type: 'create-task', data: task }, task);
    return task;
  }

  async update(task) {
    await this.mustExist(task.id);
    await this.put({ type: 'update-task', data: task }, task);
    return task;
  }

  async delete(id) {
    await this.mustExist(id);
    await this.drop({ type: 'delete-task', data: { id } }, id);
    return id;
  }

  async mustExist(id) {
    if (!(await this.redis.exists(id))) throw new Error(`There is no task '${id}'`);
  }
}

// Command by command: MULTI … EXEC for a mutation, SMEMBERS and MGET for the list. What most people would write.
export class PlainTasks extends Tasks {
  async list() {
    const ids = await this.redis.smembers('tasks');
    return ids.length === 0 ? [] : (await this.redis.mget(ids)).map((json) => JSON.parse(json));
  }

  put(event, task) {
    return this.append(event, (commands) => commands.set(task.id, JSON.stringify(task)).sadd('tasks', task.id));
  }

  drop(event, id) {
    return this.append(event, (commands) => commands.del(id).srem('tasks', id));
  }

  async append(event, project) {
    const commands = this.redis.multi().xadd('events', '*', 'value', JSON.stringify(event));
    const replies = await project(commands).incr('lastOffset').exec();
    for (const [error] of replies) if (error) throw error;
  }
}

// One request and one reply each: a mutation is a Lua function that Redis keeps, the list is SORT … GET. It is the least
// that ioredis can be made to do for the same result.
export class FoldedTasks extends Tasks {
  constructor(port) {
    super(port);
    this.redis.defineCommand('putTask', { numberOfKeys: 0, lua: putTask });
    this.redis.defineCommand('dropTask', { numberOfKeys: 0, lua: dropTask });
  }

  async list() {
    return (await this.redis.sort('tasks', 'BY', 'nosort', 'GET', '*')).map((json) => JSON.parse(json));
  }

  put(event, task) {
    return this.redis.putTask(JSON.stringify(event), task.id, JSON.stringify(task));
  }

  drop(event, id) {
    return this.redis.dropTask(JSON.stringify(event), id);
  }
}

const putTask = `
redis.call('XADD', 'events', '*', 'value', ARGV[1])
redis.call('SET', ARGV[2], ARGV[3])
redis.call('SADD', 'tasks', ARGV[2])
redis.call('INCR', 'lastOffset')`;

const dropTask = `
redis.call('XADD', 'events', '*', 'value', ARGV[1])
redis.call('DEL', ARGV[2])
redis.call('SREM', 'tasks', ARGV[2])
redis.call('INCR', 'lastOffset')`;

// Milliseconds, a dot and three digits that count, unique in this process: the form of millrace's own ids.
let millisecond = 0;
let count = 0;
function nextId() {
  const now = Date.now();
  if (now > millisecond) {
    millisecond = now;
    count = 0;
  } else if (count === 999) {
    millisecond += 1;
    count = 0;
  }
  count += 1;
  return `${millisecond}.${String(count).padStart(3, '0')}`;
}
