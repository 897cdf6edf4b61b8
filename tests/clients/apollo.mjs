// The to-do list through @apollo/client with its normalising cache, as a web page would use it.
import assert from 'node:assert/strict';
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { graphql, startServer } from './server.mjs';

const LIST = gql`
  query Tasks {
    list {
      id
      text
      done
    }
  }
`;
const CREATE = gql`
  mutation Create($text: String!) {
    createTask(text: $text) {
      id
      text
      done
    }
  }
`;
const UPDATE = gql`
  mutation Update($id: String!, $text: String!, $done: Boolean!) {
    updateTask(id: $id, text: $text, done: $done) {
      id
      text
      done
    }
  }
`;
const DELETE = gql`
  mutation Delete($id: String!) {
    deleteTask(id: $id)
  }
`;

export default async function apollo(claim) {
  const server = await startServer();
  let requests = 0;
  const link = new HttpLink({
    uri: `${server.url}/graphql`,
    fetch: (...request) => {
      requests += 1;
      return fetch(...request);
    },
  });
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const shown = () => client.readQuery({ query: LIST })?.list.map(({ text, done }) => ({ text, done }));
  const stored = async () => {
    const { data } = await client.query({ query: LIST, fetchPolicy: 'network-only' });
    return data.list.map(({ text, done }) => ({ text, done }));
  };
  let task;

  await claim('Apollo reads an empty list', async () => {
    const { data } = await client.query({ query: LIST });
    assert.deepEqual(data.list, []);
  });
  await claim('Apollo creates tasks and writes them into its cache', async () => {
    for (const text of ['milk', 'bread']) {
      const { data } = await client.mutate({
        mutation: CREATE,
        variables: { text },
        update: (cache, { data: made }) =>
          cache.updateQuery({ query: LIST }, (old) => ({ list: [...old.list, made.createTask] })),
      });
      task ??= data.createTask;
    }
    assert.equal(task.__typename, 'Task');
    assert.deepEqual(shown(), [{ text: 'milk', done: false }, { text: 'bread', done: false }]);
    assert.deepEqual(await stored(), shown());
  });
  await claim('an update reaches the cached list by the id and type of the answer', async () => {
    const before = requests;
    await client.mutate({ mutation: UPDATE, variables: { id: task.id, text: 'oat milk', done: true } });
    assert.deepEqual(shown(), [{ text: 'oat milk', done: true }, { text: 'bread', done: false }]);
    assert.equal(requests, before + 1);
    assert.deepEqual(await stored(), shown());
  });
  await claim('a second read comes from the cache', async () => {
    const before = requests;
    await client.query({ query: LIST });
    assert.equal(requests, before);
  });
  await claim('a deleted task leaves the cache and the server', async () => {
    await client.mutate({
      mutation: DELETE,
      variables: { id: task.id },
      update: (cache, { data }) => {
        cache.evict({ id: cache.identify({ __typename: 'Task', id: data.deleteTask }) });
        cache.gc();
      },
    });
    assert.deepEqual(shown(), [{ text: 'bread', done: false }]);
    assert.deepEqual(await stored(), shown());
  });
  await claim('an unknown task arrives as a GraphQL error with its code', async () => {
    const failure = await client.mutate({ mutation: DELETE, variables: { id: task.id } }).then(
      () => undefined,
      (error) => error,
    );
    assert.ok(CombinedGraphQLErrors.is(failure), String(failure));
    assert.equal(failure.errors[0].extensions.code, 'NOT_FOUND');
  });
  await claim('a watched list shows what another client did, once it is fetched again', async () => {
    const seen = [];
    const watched = client.watchQuery({ query: LIST });
    const subscription = watched.subscribe(({ data }) => seen.push(data?.list?.map((each) => each.text)));
    await graphql(server, 'mutation { createTask(text: "eggs") { id } }');
    await watched.refetch();
    subscription.unsubscribe();
    assert.deepEqual(seen.at(-1), ['bread', 'eggs']);
  });
  client.stop();
  await claim('the server ends well after Apollo', () => server.stop());
}
