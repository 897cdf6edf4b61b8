// Commands by path, body and query.
import assert from 'node:assert/strict';
import { check, unavailable } from './door.mjs';

export default async function paths(claim, { door }) {
  const result = async (what, expected) => {
    const { status, json, headers } = await door.send(what);
    assert.deepEqual(json, { result: expected });
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'application/json');
  };

  await claim('the segments of the path are the command', async () => {
    await result({ path: '/set/k/v/EX/60' }, 'OK');
    await result({ path: '/get/k' }, 'v');
    await result({ path: '/ttl/k' }, 60);
    await result({ path: '/SeT/k/w/eX/60' }, 'OK');
  });
  await claim('GET, POST and PUT are alike', async () => {
    for (const method of ['GET', 'POST', 'PUT']) {
      await result({ method, path: `/set/by/${method}` }, 'OK');
      await result({ method, path: '/get/by' }, method);
    }
  });
  await claim('HEAD runs the command and answers no body', async () => {
    const { status, text, headers } = await door.send({ method: 'HEAD', path: '/set/head/1' });
    assert.equal(status, 200);
    assert.equal(text, '');
    assert.equal(headers['content-length'], String('{"result":"OK"}'.length));
    await result({ path: '/get/head' }, '1');
  });
  await claim('a slash that is encoded stays inside its argument', async () => {
    await result({ path: '/set/a%2Fb/c%20d' }, 'OK');
    await door.says(['GET', 'a/b'], 'c d');
  });
  await claim('a plus in the path is a plus', async () => {
    await result({ path: '/set/a+b/1+1' }, 'OK');
    await door.says(['GET', 'a+b'], '1+1');
  });
  await claim('an empty segment is an empty argument', async () => {
    await result({ path: '/set/empty//EX/60' }, 'OK');
    await door.says(['GET', 'empty'], '');
  });
  await claim('slashes in front count as one', async () => {
    await result({ path: '//set/slashes/1' }, 'OK');
    await result({ path: '///get/slashes' }, '1');
    assert.deepEqual((await door.post('//pipeline', [['GET', 'slashes']])).json, [{ result: '1' }]);
    assert.deepEqual((await door.post('/', ['GET', 'slashes'])).json, { result: '1' });
    assert.deepEqual((await door.post('//', ['GET', 'slashes'])).json, { result: '1' });
  });
  await claim('the body is the last argument, byte for byte', async () => {
    const value = Buffer.from([0, 255, 254, 10, 13, 34, 92, 91, 128]);
    await result({ path: '/set/bytes', body: value }, 'OK');
    const { json } = await door.send({ path: '/get/bytes', headers: { 'upstash-encoding': 'base64' } });
    assert.deepEqual(Buffer.from(json.result, 'base64'), value);
  });
  await claim('an empty body adds nothing', async () => {
    await result({ method: 'POST', path: '/get/a%2Fb', body: '' }, 'c d');
  });
  await claim('the query follows the body, in its order', async () => {
    await result({ path: '/set/lock?NX&PX=30000', body: 'u1' }, 'OK');
    await result({ path: '/set/lock?NX&PX=30000', body: 'u2' }, null);
    await result({ path: '/get/lock' }, 'u1');
    await result({ path: '/set/q?EX=60', body: 'v' }, 'OK');
    await result({ path: '/ttl/q' }, 60);
    await result({ path: '/mset?x1=a%26b&x2=%20' }, 'OK');
    await result({ path: '/mget/x1/x2' }, ['a&b', ' ']);
    await result({ path: '/mset?x3=' }, 'OK');
    await result({ path: '/get/x3' }, '');
  });
  await claim('the token of the query is no argument', async () => {
    await result({ path: `/get/q?_token=${door.token}`, authorized: false }, 'v');
    await result({ path: `/set/q?EX=60&_token=${door.token}&XX`, body: 'w', authorized: false }, 'OK');
  });
  await claim('an unknown command is a 400, there is no 404', async () => {
    const { status, json } = await door.send({ path: '/nope/k' });
    check(json, unavailable('NOPE'));
    assert.equal(status, 400);
  });
  await claim('sub-commands are segments of their own', async () => {
    const { status, json } = await door.send({ path: '/memory/nosuch' });
    assert.equal(status, 400);
    check(json, unavailable('MEMORY NOSUCH'));
  });
  await claim('the Content-Type does not matter', async () => {
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/octet-stream', 'x']) {
      await result({ path: '', body: '["SET","type","1"]', headers: { 'content-type': type } }, 'OK');
    }
  });
  await claim('publish is an ordinary command, its message the body', async () => {
    await result({ path: '/publish/nobody/hi' }, 0);
    await result({ path: '/publish/nobody', body: 'hi there' }, 0);
  });
}
