// Sessions of an Express application, kept by connect-redis.
import assert from 'node:assert/strict';
import { once } from 'node:events';

import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import { createClient } from 'redis';

import { startServer } from './server.mjs';

const token = 'a-token-of-the-tests';

async function startShop(client) {
  const store = new RedisStore({ client, prefix: 'shop:', ttl: 600 });
  const shop = express();
  const options = { store, secret: 'secret of the tests', resave: false, saveUninitialized: false };
  shop.use(session({ ...options, cookie: { maxAge: 300_000 } }));
  shop.post('/add/:item', (request, response) => {
    request.session.cart = [...(request.session.cart ?? []), request.params.item];
    response.json(request.session.cart);
  });
  shop.get('/cart', (request, response) => response.json(request.session.cart ?? []));
  shop.post('/renew', (request, response, next) => {
    const { cart } = request.session;
    request.session.regenerate((error) => {
      if (error) return next(error);
      request.session.cart = cart;
      return response.json({ id: request.sessionID });
    });
  });
  shop.post('/leave', (request, response, next) =>
    request.session.destroy((error) => (error ? next(error) : response.json({ left: true }))),
  );
  const listener = shop.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return { store, listener, url: `http://127.0.0.1:${listener.address().port}` };
}

// Asks as a browser does: it sends the cookie that it was given last.
function browser(url) {
  let cookie = '';
  return async (method, path) => {
    const answer = await fetch(url + path, { method, headers: cookie ? { cookie } : {} });
    const given = answer.headers.get('set-cookie');
    if (given) [cookie] = given.split(';');
    return answer.json();
  };
}

export default async function connectRedis(claim) {
  const server = await startServer({ options: ['--quiet'], environment: { MILLRACE_TOKEN: token } });
  const name = (text, check) => claim(`connect-redis: ${text}`, check);
  const client = await createClient({ url: `redis://:${token}@127.0.0.1:${server.redis}` }).connect();
  const shop = await startShop(client);
  const [ana, bo] = [browser(shop.url), browser(shop.url)];
  const keys = async () => (await client.keys('shop:*')).sort();

  await name('a visitor who did nothing has no session', async () => {
    assert.deepEqual(await ana('GET', '/cart'), []);
    assert.deepEqual(await keys(), []);
  });
  await name('each visitor has a session with a time to live', async () => {
    await ana('POST', '/add/tea');
    assert.deepEqual(await ana('POST', '/add/milk'), ['tea', 'milk']);
    assert.deepEqual(await bo('POST', '/add/bread'), ['bread']);
    assert.deepEqual(await ana('GET', '/cart'), ['tea', 'milk']);
    assert.equal((await keys()).length, 2);
    for (const key of await keys()) {
      const left = await client.ttl(key);
      assert.ok(left > 290 && left <= 300, `${left} s`);
    }
  });
  await name('a request that changes nothing prolongs the session', async () => {
    for (const key of await keys()) await client.expire(key, 20);
    await ana('GET', '/cart');
    const times = (await Promise.all((await keys()).map((key) => client.ttl(key)))).sort((a, b) => a - b);
    assert.ok(times[0] <= 20 && times[1] > 290, String(times));
  });
  await name('a renewed session has another name and the same content', async () => {
    const before = await keys();
    const { id } = await ana('POST', '/renew');
    assert.ok(!before.includes(`shop:${id}`));
    assert.equal((await keys()).length, 2);
    assert.deepEqual(await ana('GET', '/cart'), ['tea', 'milk']);
  });
  await name('the store counts, lists and finds its sessions', async () => {
    await client.set('another:key', 'x');
    assert.equal(await shop.store.length(), 2);
    assert.equal((await shop.store.ids()).length, 2);
    const all = await shop.store.all();
    assert.deepEqual(all.map(({ cart }) => cart.length).sort(), [1, 2]);
  });
  await name('a session that was left or is over is gone', async () => {
    await ana('POST', '/leave');
    assert.deepEqual(await ana('GET', '/cart'), []);
    const [last] = await keys();
    await client.pExpire(last, 1);
    while (await client.exists(last)) await new Promise((done) => setTimeout(done, 2));
    assert.deepEqual(await bo('GET', '/cart'), []);
  });
  await name('the store is cleared of its own keys only', async () => {
    for (let i = 0; i < 150; ++i) await browser(shop.url)('POST', '/add/thing');
    assert.equal(await shop.store.length(), 150);
    await shop.store.clear();
    assert.deepEqual(await client.keys('*').then((all) => all.filter((key) => !key.startsWith('millrace:') && key !== 'lastOffset')), ['another:key']);
  });
  shop.listener.closeAllConnections();
  shop.listener.close();
  await client.close();
  await claim('the server ends well after connect-redis', () => server.stop());
}
