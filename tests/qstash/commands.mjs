import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { program } from '../clients/server.mjs';
import { untilSo } from './door.mjs';

export default async function commands(claim, { door, receiver, server }) {
  const { url } = receiver;
  const millrace = async (...words) =>
    (await promisify(execFile)(program, [...words, '--data', server.data])).stdout;
  const json = async (...words) => JSON.parse(await millrace(...words, '--json'));

  await claim('endpoint adds, lists and removes', async () => {
    assert.equal(await millrace('endpoint', 'add', 'shop', `${url}/cli`, '--name', 'web'), 'done\n');
    assert.match(await millrace('endpoint', 'list'), new RegExp(`shop +web +${url}/cli`));
    assert.deepEqual((await json('endpoint', 'list'))[0].endpoints, [{ name: 'web', url: `${url}/cli` }]);
  });

  await claim('message publishes, and shows each attempt', async () => {
    receiver.answer('/cli', (request, attempt) => (attempt === 1 ? { status: 500, body: 'not yet' } : { body: 'thanks' }));
    const [{ messageId }] = await json(
      'message', 'publish', 'shop', '--body', 'from a shell', '--header', 'upstash-retry-delay: 20', '--header', 'content-type: text/plain',
    );
    await door.states(messageId, 'DELIVERED');
    assert.equal((await receiver.next('/cli')).body, 'from a shell');
    const shown = await millrace('message', 'show', messageId);
    assert.match(shown, new RegExp(`url +${url}/cli`));
    assert.match(shown, /ERROR +500 +\d+ ms.*not yet/);
    assert.match(shown, /RETRY.*next/);
    assert.match(shown, /DELIVERED +200 +\d+ ms.*thanks/);
  });

  await claim('message lists and cancels what waits', async () => {
    const { messageId } = await json('message', 'publish', `${url}/wait`, '--header', 'upstash-delay: 1h');
    assert.match(await millrace('message', 'list'), new RegExp(`${messageId}.*${url}/wait`));
    assert.match(await millrace('message', 'cancel', messageId), /cancelled +1/);
  });

  await claim('message lists dead letters, and sends one again', async () => {
    receiver.answer('/dead-cli', () => ({ status: 500 }));
    const { messageId } = await json('message', 'publish', `${url}/dead-cli`, '--header', 'upstash-retries: 0');
    const letter = await untilSo(async () => {
      const { messages } = await json('message', 'dead');
      return messages.find((each) => each.messageId === messageId);
    });
    assert.match(await millrace('message', 'dead'), new RegExp(`${letter.dlqId} +500 +${url}/dead-cli`));
    assert.match(await millrace('message', 'retry', letter.dlqId), /messageId +msg_/);
  });

  await claim('schedule is made, listed, paused, resumed and deleted', async () => {
    await millrace('schedule', 'create', `${url}/s`, '--cron', '0 9 * * 1', '--id', 'weekly', '--body', 'x');
    assert.match(await millrace('schedule', 'list'), /weekly +0 9 \* \* 1 +\d{4}-/);
    await millrace('schedule', 'pause', 'weekly');
    assert.match(await millrace('schedule', 'list'), /weekly.*paused/);
    await millrace('schedule', 'resume', 'weekly');
    assert.match(await millrace('schedule', 'show', 'weekly'), /isPaused +false/);
    await millrace('schedule', 'delete', 'weekly');
    await assert.rejects(millrace('schedule', 'show', 'weekly'), /schedule not found: weekly/);
  });

  await claim('the database of messages is nobody else\'s', async () => {
    assert.doesNotMatch(await millrace('db', 'list'), /millrace\.delivery/);
    for (const action of ['create', 'show', 'delete', 'reset-password']) {
      await assert.rejects(millrace('db', action, 'millrace.delivery'), /'millrace\.delivery' is reserved for the server itself/);
    }
  });

  await claim('what is wrong is said in one line', async () => {
    await assert.rejects(millrace('schedule', 'create', `${url}/s`, '--cron', '61 * * * *'), /millrace: invalid cron: minute: 61 is above 59/);
    await assert.rejects(millrace('endpoint', 'remove', 'nobody', 'x'), /topic not found: nobody/);
    assert.equal(await millrace('endpoint', 'remove', 'shop', 'web'), 'done\n');
    await assert.rejects(
      promisify(execFile)(program, ['message', 'list', '--data', '/nowhere/at/all']), /holds no data yet/,
    );
  });
}
