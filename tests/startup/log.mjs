// millrace credential, and what env tells of the log.
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';

import { startServer, temporaryFolder } from '../clients/server.mjs';
import { basic } from '../kafka/log.mjs';
import { refuses, run } from './program.mjs';

async function json(...line) {
  const { code, out, err } = await run(['credential', ...line, '--json']);
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

const topics = (server, pair) =>
  fetch(`${server.url}/kafka/topics`, { headers: { authorization: basic(pair) } }).then(({ status }) => status);

export default async function play(claim) {
  await claim('env prints what the SDK needs, and that opens the log', async () => {
    const server = await startServer();
    const env = JSON.parse((await run(['env', '--data', server.data, '--json'])).out);
    assert.equal(env.UPSTASH_KAFKA_REST_URL, `${server.url}/kafka`);
    const answer = await fetch(`${env.UPSTASH_KAFKA_REST_URL}/topics`, {
      headers: { authorization: basic({ username: env.UPSTASH_KAFKA_REST_USERNAME, password: env.UPSTASH_KAFKA_REST_PASSWORD }) },
    });
    const found = await answer.json();
    await server.stop();
    assert.deepEqual(found, { events: 1 });
  });

  await claim('credentials are made, listed, shown and deleted, with a server and without one', async () => {
    const folder = await temporaryFolder();
    let server = await startServer({ data: folder });
    const phone = await json('create', 'phone', '--topics', 'clicks.*', '--permissions', 'produce', '--data', folder);
    assert.equal(phone.permissions, 'PRODUCE');
    assert.equal(await topics(server, phone), 200);
    await server.stop();

    const worker = await json('create', 'worker', '--data', folder);
    const { credentials } = await json('list', '--data', folder);
    assert.deepEqual(credentials.map(({ name }) => name), ['phone', 'worker']);
    assert.ok(credentials.every((one) => one.password === undefined));
    assert.deepEqual(await json('delete', 'phone', '--data', folder), { deleted: 'phone' });

    server = await startServer({ data: folder });
    assert.equal(await topics(server, phone), 401);
    assert.equal(await topics(server, worker), 200);
    const shown = await json('show', 'worker', '--data', folder);
    assert.equal(shown.username, worker.username);
    await json('delete', 'worker', '--data', folder);
    assert.equal(await topics(server, worker), 401);
    await server.stop();
    await rm(folder, { recursive: true });
  });

  await claim('a credential that cannot be is refused', async () => {
    const server = await startServer();
    const data = ['--data', server.data];
    await refuses(['credential', 'create', 'a b', ...data], [/a b/]);
    await refuses(['credential', 'create', 'a', '--topics', '*x', ...data], [/\*x/]);
    await refuses(['credential', 'create', 'a', '--permissions', 'READ', ...data], [/READ/, /CONSUME/]);
    await refuses(['credential', 'show', 'nosuch', ...data], [/nosuch/]);
    await refuses(['credential', 'delete', 'nosuch', ...data], [/nosuch/]);
    await json('create', 'a', ...data);
    await refuses(['credential', 'create', 'a', ...data], [/already/]);
    const { out } = await run(['credential', 'list', ...data]);
    assert.match(out, /^NAME +MAY +TOPICS +USER NAME\na +ALL +\* +\w{32}\n$/);
    await server.stop();
  });
}
