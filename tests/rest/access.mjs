// Who may do what.
import assert from 'node:assert/strict';
import { check, wrongToken } from './door.mjs';

const noPermission = (name) => `NOPERM this user has no permissions to run the '${name}' command or its subcommand`;

export default async function access(claim, { door, readOnly }) {
  const refused = async (what) => {
    const { status, json, headers } = await door.send({ authorized: false, ...what });
    check(json, wrongToken);
    assert.equal(status, 401);
    assert.equal(headers['content-type'], 'application/json');
  };

  await claim('without a token nothing is answered', async () => {
    await refused({ path: '/get/city' });
    await refused({ path: '', body: '["PING"]' });
    await refused({ path: '/pipeline', body: '[["PING"]]' });
    await refused({ path: '/subscribe/ch', headers: { accept: 'text/event-stream' } });
  });
  await claim('a wrong token is refused', async () => {
    await refused({ path: '/ping', headers: { authorization: 'Bearer wrong' } });
    await refused({ path: '/ping', headers: { authorization: 'Bearer undefined' } });
    await refused({ path: '/ping', headers: { authorization: 'Bearer ' } });
    await refused({ path: '/ping', headers: { authorization: `Basic ${door.token}` } });
    await refused({ path: '/ping', headers: { authorization: door.token } });
    await refused({ path: '/ping?_token=wrong' });
    await refused({ path: '/ping?_token=' });
  });
  await claim('the scheme may be in any case', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const { json } = await door.send({ path: '/ping', headers: { authorization: `${scheme} ${door.token}` } });
      assert.deepEqual(json, { result: 'PONG' });
    }
  });
  await claim('the token may stand in the query', async () => {
    const { json } = await door.send({ path: `/ping?_token=${door.token}`, authorized: false });
    assert.deepEqual(json, { result: 'PONG' });
  });
  await claim('the header wins over the query', async () => {
    await refused({ path: `/ping?_token=${door.token}`, headers: { authorization: 'Bearer wrong' } });
    const { json } = await door.send({ path: '/ping?_token=wrong' });
    assert.deepEqual(json, { result: 'PONG' });
  });
  await claim('the read-only token reads', async () => {
    await door.says(['SET', 'city', 'Ankara'], 'OK');
    await readOnly.says(['GET', 'city'], 'Ankara');
    await readOnly.says(['EXISTS', 'city'], 1);
    await readOnly.says(['PING'], 'PONG');
  });
  await claim('the read-only token neither writes nor looks at everything', async () => {
    await readOnly.fails(['SET', 'a', '1'], noPermission('set'));
    await readOnly.fails(['INCR', 'a'], noPermission('incr'));
    await readOnly.fails(['DEL', 'city'], noPermission('del'));
    await readOnly.fails(['SCAN', '0'], noPermission('scan'));
    await readOnly.fails(['KEYS', '*'], noPermission('keys'));
    await readOnly.fails(['FLUSHALL'], noPermission('flushall'));
    await door.says(['GET', 'city'], 'Ankara');
  });
  await claim('the read-only token runs no scripts', async () => {
    await readOnly.fails(['EVAL', 'return 1', '0'], noPermission('eval'));
    await readOnly.fails(['EVALSHA', 'a'.repeat(40), '0'], noPermission('evalsha'));
  });
  await claim('in a pipeline a missing right is that item alone', async () => {
    const items = await readOnly.pipeline(['GET', 'city'], ['SET', 'a', '1'], ['GET', 'city']);
    assert.deepEqual(items, [{ result: 'Ankara' }, { error: noPermission('set') }, { result: 'Ankara' }]);
  });
  await claim('in a transaction a missing right discards it', async () => {
    const { status, json } = await readOnly.post('/multi-exec', [['GET', 'city'], ['SET', 'a', '1']]);
    assert.equal(status, 400);
    check(json, 'EXECABORT Transaction discarded because of previous errors.');
  });
  await claim('the read-only token does not watch', async () => {
    const { status, json } = await readOnly.send({ path: '/monitor', headers: { accept: 'text/event-stream' } });
    assert.equal(status, 400);
    check(json, noPermission('monitor'));
  });
}
