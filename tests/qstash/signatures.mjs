import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { promisify } from 'node:util';

const run = promisify(execFile);

const python = `
import base64, hashlib, json, jwt, sys
asked = json.load(sys.stdin)
claims = jwt.decode(asked["token"], asked["key"], algorithms=["HS256"], issuer="Upstash",
                    options={"require": ["iss", "sub", "exp", "nbf"]})
hash = base64.urlsafe_b64encode(hashlib.sha256(asked["body"].encode()).digest()).decode()
assert claims["body"].rstrip("=") == hash.rstrip("="), "another body"
assert claims["sub"] == asked["url"], "another url"
print("verified")
`;

export default async function signatures(claim, { door, receiver }) {
  const { url } = receiver;

  await claim('the token is what its format says', async () => {
    const { current } = await door.ok('GET', '/v2/keys');
    await door.publish(`${url}/signed?a=1`, 'größer');
    const arrived = await receiver.next('/signed');
    const [header, payload, signature] = arrived.headers['upstash-signature'].split('.');
    const expected = createHmac('sha256', current).update(`${header}.${payload}`).digest('base64url');
    assert.equal(signature, expected);
    assert.deepEqual(JSON.parse(Buffer.from(header, 'base64url')), { alg: 'HS256', typ: 'JWT' });
    const claims = JSON.parse(Buffer.from(payload, 'base64url'));
    const now = Date.now() / 1000;
    assert.equal(claims.iss, 'Upstash');
    assert.equal(claims.sub, `${url}/signed?a=1`);
    assert.equal(claims.nbf, 0);
    assert.ok(claims.iat <= now && claims.iat > now - 10);
    assert.ok(claims.exp > now + 280 && claims.exp <= now + 300);
    assert.match(claims.jti, /^jwt_/);
    const hash = createHash('sha256').update(arrived.bytes).digest('base64url');
    assert.equal(claims.body, `${hash}=`);
  });

  await claim('each attempt is signed anew', async () => {
    receiver.answer('/anew', (request, attempt) => ({ status: attempt === 1 ? 500 : 200 }));
    await door.publish(`${url}/anew`, 'x', { 'upstash-retry-delay': '10' });
    const [first, second] = [await receiver.next('/anew'), await receiver.next('/anew')];
    assert.notEqual(first.headers['upstash-signature'], second.headers['upstash-signature']);
  });

  await claim("Debian's python3-jwt accepts the token", async () => {
    const { current: key } = await door.ok('GET', '/v2/keys');
    for (const body of ['', '{"order":42}']) {
      await door.publish(`${url}/python`, body);
      const arrived = await receiver.next('/python');
      const child = run('/usr/bin/python3', ['-c', python]);
      child.child.stdin.end(
        JSON.stringify({ token: arrived.headers['upstash-signature'], key, body: arrived.body, url: `${url}/python` }),
      );
      assert.equal((await child).stdout.trim(), 'verified');
    }
  });

  await claim('rotation makes the next key the current one, at once', async () => {
    const before = await door.ok('GET', '/v2/keys');
    const after = await door.ok('POST', '/v2/keys/rotate');
    assert.equal(after.current, before.next);
    assert.match(after.next, /^sig_\w{20,}$/);
    assert.notEqual(after.next, before.next);
    assert.deepEqual(await door.ok('GET', '/v1/keys'), after);
    await door.publish(`${url}/rotated`, 'x');
    const [header, payload, signature] = (await receiver.next('/rotated')).headers['upstash-signature'].split('.');
    assert.equal(signature, createHmac('sha256', after.current).update(`${header}.${payload}`).digest('base64url'));
  });
}
