// Settings by option, environment and file, and what a production server refuses to start with.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { graphql, root } from '../clients/server.mjs';
import { freePort, inFolder, launch, refuses, run, spawnProgram } from './program.mjs';

const tasks = join(root, 'apps/tasks.graphql');

async function withConfig(settings, use) {
  await inFolder(async (folder) => {
    const file = join(folder, 'millrace.toml');
    const all = { schema: [tasks], data: join(folder, 'data'), http: `127.0.0.1:${await freePort()}`, ...settings };
    const lines = Object.entries(all).filter(([, value]) => value !== undefined);
    await writeFile(file, lines.map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`).join(''));
    await use(file, folder);
  });
}

const file404 = '/no-such.pem';

// Posts a query over TLS, once somebody listens; only the certificate itself is trusted.
async function secure(port, certificate, body) {
  const ca = await readFile(certificate);
  for (const deadline = Date.now() + 20_000; ; ) {
    const answer = await new Promise((done, fail) => {
      const options = { port, host: '127.0.0.1', servername: 'localhost', ca, path: '/graphql', method: 'POST' };
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const request = https.request({ ...options, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => (text += part));
        response.on('end', () => done({ status: response.statusCode, text }));
      });
      request.on('error', fail).end(body);
    }).catch((error) => {
      if (error.code !== 'ECONNREFUSED' || Date.now() > deadline) throw error;
    });
    if (answer) return answer;
    await pause(10);
  }
}

const faulty = (settings, patterns, options) =>
  withConfig(settings, (file) => refuses(['serve', '--config', file], patterns, options));

export default async function play(claim) {
  await claim('the environment sets what options set', () =>
    inFolder(async (folder) => {
      const port = await freePort();
      const environment = {
        MILLRACE_DATA: join(folder, 'by-environment'),
        MILLRACE_HTTP: `127.0.0.1:${port}`,
        MILLRACE_PLAYGROUND: 'off',
        MILLRACE_STATUSES: 'draft-2026',
      };
      const server = await launch(['dev'], port, { environment });
      const page = await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } });
      const { status } = await graphql(server, '{ nope }');
      await server.stop();

      assert.equal(page.status, 406);
      assert.equal(status, 422);
      assert.match(server.texts.out, /by-environment/);
    }),
  );

  await claim('an option beats the environment, which beats the file', async () => {
    const [byFile, byEnvironment, byOption] = [await freePort(), await freePort(), await freePort()];
    await withConfig({ http: `127.0.0.1:${byFile}` }, async (file) => {
      const words = ['serve', '--config', file];
      const environment = { MILLRACE_HTTP: `127.0.0.1:${byEnvironment}` };
      const first = await launch(words, byFile);
      await first.stop();
      const second = await launch(words, byEnvironment, { environment });
      await second.stop();
      const third = await launch([...words, '--http', `127.0.0.1:${byOption}`], byOption, { environment });
      await third.stop();
    });
  });

  await claim('serve shows neither pages nor the schema unless it is told to', async () => {
    for (const shown of [undefined, true]) {
      const port = await freePort();
      await withConfig({ http: `127.0.0.1:${port}`, introspection: shown, playground: shown }, async (file) => {
        const server = await launch(['serve', '--config', file], port);
        const page = await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } });
        const schema = await fetch(`${server.url}/graphql/schema.graphql`);
        const { body } = await graphql(server, '{ __schema { queryType { name } } }');
        const made = await graphql(server, 'mutation { createTask(text: "x") { id } }');
        await server.stop();

        assert.equal(page.status, shown ? 200 : 406);
        assert.equal(schema.status, shown ? 200 : 404);
        assert.equal(body.data?.__schema?.queryType?.name, shown ? 'Query' : undefined);
        assert.equal(made.body.errors, undefined);
      });
    }
  });

  await claim('a wrong value names its source: option, variable, or file and line', async () => {
    await refuses(['dev', '--durability', 'never'], [/--durability/, /never/, /always/]);
    await refuses(['dev', '--cache', 'much'], [/--cache/, /64MiB/]);
    await refuses(['dev', '--playground', 'maybe'], [/--playground/, /maybe/]);
    await refuses(['dev'], [/MILLRACE_HTTP/], { environment: { MILLRACE_HTTP: 'here' } });
    await faulty({ durability: 'never' }, [/millrace\.toml/, /line 4/, /durability/]);
    await faulty({ 'body-max': '1 GB' }, [/millrace\.toml/, /line 4/, /body-max/]);
    await faulty({ schema: 'x' }, [/millrace\.toml/, /line 1/, /schema/]);
    await faulty({ nothing: 1 }, [/millrace\.toml/, /line 4/, /nothing/]);
  });

  await claim('a configuration file that is missing or no TOML is named', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'millrace.toml');
      await refuses(['serve', '--config', file], [/millrace\.toml/]);
      await writeFile(file, 'data = "x"\nhttp = = 1\n');
      await refuses(['serve', '--config', file], [/millrace\.toml/, /line 2/]);
      await refuses(['serve', '--config', folder], [/cannot read/, /is a folder/]);
    }),
  );

  await claim('serve refuses no schema, a short token, and to serve beyond this machine in the clear', async () => {
    await faulty({ schema: undefined }, [/schema/]);
    await faulty({ token: 'short' }, [/token/, /16/]);
    await faulty({}, [/token/], { environment: { MILLRACE_TOKEN: 'short' } });
    await faulty({ http: `0.0.0.0:${await freePort()}` }, [/behind-proxy/]);
    await faulty({ http: `[::]:${await freePort()}` }, [/behind-proxy/]);
  });

  await claim('the plain Redis protocol is not served beyond this machine', () =>
    faulty({ redis: '0.0.0.0:0' }, [/0\.0\.0\.0/, /proxy/], { environment: { MILLRACE_REDIS: '0.0.0.0:0' } }),
  );

  await claim('with a certificate it speaks TLS, beyond this machine too, and its own commands reach it', () =>
    inFolder(async (folder) => {
      const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
      const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost`;
      execFileSync('openssl', [...words.split(' '), '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out',
        certificate], { stdio: 'ignore' });
      const [port, redis] = [await freePort(), await freePort()];
      const settings = { http: `0.0.0.0:${port}`, redis: `0.0.0.0:${redis}`, 'tls-certificate': certificate, 'tls-key': key };
      await withConfig(settings, async (file, data) => {
        const { child, exit } = spawnProgram(['serve', '--config', file]);
        const body = JSON.stringify({ query: `{ list { id } a: list { text } }` });
        const answer = await secure(port, certificate, body);
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual(JSON.parse(answer.text), { data: { list: [], a: [] } });
        const large = await secure(port, certificate, JSON.stringify({ query: `{ list { id } } #${'x'.repeat(600_000)}` }));
        assert.equal(large.status, 200, large.text.slice(0, 200));
        const made = await run(['db', 'create', 'shop', '--data', join(data, 'data'), '--json']);
        assert.equal(JSON.parse(made.out).name, 'shop', made.err);
        await assert.rejects(fetch(`http://127.0.0.1:${port}/health`));
        child.kill('SIGTERM');
        assert.equal((await exit).code, 0);
      });
      await faulty({ ...settings, 'tls-key': undefined }, [/tls-key/]);
      await faulty({ ...settings, 'tls-key': file404 }, [/private key/, /no-such/]);
      await faulty({ ...settings, 'tls-certificate': key }, [/certificate/]);
    }),
  );

  await claim('behind a proxy it may serve beyond this machine', async () => {
    const port = await freePort();
    await withConfig({ http: `0.0.0.0:${port}`, 'behind-proxy': true }, async (file) => {
      const server = await launch(['serve', '--config', file], port);
      await server.stop();
    });
  });

  await claim('dev serves this machine only', () =>
    inFolder(async (folder) => {
      const words = ['dev', '--data', folder, '--http', `0.0.0.0:${await freePort()}`];
      await refuses(words, [/this machine/, /serve/]);
      await refuses(['dev', '--data', folder, '--redis', '0.0.0.0:0'], [/this machine/, /serve/]);
    }),
  );

  await claim('the durability is told at the start', () =>
    inFolder(async (folder) => {
      for (const durability of ['always', 'interval', 'os']) {
        const port = await freePort();
        const words = ['dev', '--data', folder, '--port', String(port), '--durability', durability];
        const server = await launch(words, port);
        await server.stop();
        assert.match(server.texts.out, new RegExp(`Durability +${durability}: `));
      }
    }),
  );

  await claim('a larger body is taken when the limit is raised', () =>
    inFolder(async (folder) => {
      const port = await freePort();
      const server = await launch(['dev', '--data', folder, '--port', String(port), '--body-max', '3MiB'], port);
      const body = JSON.stringify({ query: '{ __typename }', more: 'x'.repeat(2 << 20) });
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body });
      await answer.arrayBuffer();
      await server.stop();
      assert.equal(answer.status, 200);
    }),
  );

  await claim('options of other commands are refused', async () => {
    const { code } = await run(['check', tasks, '--http', '127.0.0.1:1']);
    assert.equal(code, 2);
  });
}
