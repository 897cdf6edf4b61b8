// The to-do list with nothing but fetch: queries as text, variables, GET, errors.
import assert from 'node:assert/strict';
import { graphql, startServer } from './server.mjs';

const create = 'mutation Mutation($text: String!) { createTask(text: $text) { id text done } }';
const update =
  'mutation Mutation($id: String!, $text: String!, $done: Boolean!) { updateTask(id: $id, text: $text, done: $done) { id text done } }';
const remove = 'mutation Mutation($id: String!) { deleteTask(id: $id) }';
const list = 'query Query { list { id text done } }';

export default async function plainFetch(claim) {
  const server = await startServer();
  const data = async (query, variables) => {
    const { status, body } = await graphql(server, query, variables);
    assert.equal(status, 200);
    assert.equal(body.errors, undefined, JSON.stringify(body.errors));
    return body.data;
  };
  let first;
  let second;

  await claim('a new server has an empty list', async () => {
    assert.deepEqual(await data(list), { list: [] });
  });
  await claim('createTask gives the task with an id and not done', async () => {
    ({ createTask: first } = await data(create, { text: 'buy milk' }));
    assert.match(first.id, /^\d+\.\d+$/);
    assert.deepEqual(first, { id: first.id, text: 'buy milk', done: false });
  });
  await claim('ids are unique, however fast tasks are made', async () => {
    const made = await Promise.all(Array.from({ length: 50 }, (_, i) => data(create, { text: `quick ${i}` })));
    const ids = made.map((each) => each.createTask.id);
    assert.equal(new Set(ids).size, 50);
    for (const id of ids) await data(remove, { id });
  });
  await claim('the list shows tasks in the order of their creation, at once', async () => {
    ({ createTask: second } = await data(create, { text: 'größer 你好 "quoted"\n\u{1F600}' }));
    assert.deepEqual(await data(list), { list: [first, second] });
  });
  await claim('updateTask changes what it names', async () => {
    const changed = { ...first, text: 'buy oat milk', done: true };
    assert.deepEqual(await data(update, changed), { updateTask: changed });
    assert.deepEqual(await data(list), { list: [changed, second] });
  });
  await claim('deleteTask gives the id and removes the task', async () => {
    assert.deepEqual(await data(remove, { id: first.id }), { deleteTask: first.id });
    assert.deepEqual(await data(list), { list: [second] });
  });
  await claim('an unknown id is NOT_FOUND and changes nothing', async () => {
    for (const [query, name] of [[update, 'updateTask'], [remove, 'deleteTask']]) {
      const { status, body } = await graphql(server, query, { id: first.id, text: 'x', done: true }, {});
      assert.equal(status, 200);
      assert.deepEqual(body.data, { [name]: null });
      assert.equal(body.errors[0].extensions.code, 'NOT_FOUND');
      assert.deepEqual(body.errors[0].path, [name]);
    }
    assert.deepEqual(await data(list), { list: [second] });
  });
  await claim('two fields of one mutation happen in their order', async () => {
    const made = await data('mutation { a: createTask(text: "x") { id } b: createTask(text: "y") { id } }');
    const { list: tasks } = await data(list);
    assert.deepEqual(tasks.slice(-2).map((task) => task.id), [made.a.id, made.b.id]);
  });
  await claim('an integer is no id', async () => {
    const { body } = await graphql(server, 'mutation { deleteTask(id: 1) }');
    assert.equal(body.data, undefined);
    assert.equal(body.errors.length, 1);
  });
  await claim('a missing variable is an error and nothing happens', async () => {
    const before = await data(list);
    const { body } = await graphql(server, create, {});
    assert.equal(body.data, undefined);
    assert.match(body.errors[0].message, /\$text/);
    assert.deepEqual(await data(list), before);
  });
  await claim('a query may come by GET', async () => {
    const answer = await fetch(`${server.url}/graphql?${new URLSearchParams({ query: '{ list { text } }' })}`);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type'), /^application\/json; charset=utf-8$/);
    assert.equal((await answer.json()).data.list[0].text, second.text);
  });
  await claim('a mutation by GET is refused', async () => {
    const query = 'mutation { createTask(text: "by GET") { id } }';
    const answer = await fetch(`${server.url}/graphql?${new URLSearchParams({ query })}`);
    assert.equal(answer.status, 405);
    assert.equal(answer.headers.get('allow'), 'POST');
    await answer.arrayBuffer();
  });
  await claim('the schema is there as text', async () => {
    const answer = await fetch(`${server.url}/graphql/schema.graphql`);
    assert.equal(answer.status, 200);
    const text = await answer.text();
    assert.match(text, /type Task \{/);
    assert.doesNotMatch(text, /@entity/);
  });
  await claim('the server ends well, and a new one on the same data has the same list', async () => {
    const before = await data(list);
    server.child.kill('SIGTERM');
    assert.deepEqual(await server.exit, { code: 0, signal: null });
    const again = await startServer({ data: server.data });
    assert.deepEqual((await graphql(again, list)).body.data, before);
    await again.stop();
    await server.removeData();
  });
}
