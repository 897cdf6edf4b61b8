// What becomes of clients when the server stops.
import { startServer } from '../clients/server.mjs';
import { bulk, Client, encoded } from './client.mjs';

const secret = 'another-secret-for-it';

async function withServer(use) {
  const server = await startServer({ options: ['--quiet'], environment: { MILLRACE_TOKEN: secret } });
  const client = async () => {
    const one = await Client.open(server.redis);
    await one.ask(['AUTH', secret], '+OK\r\n');
    return one;
  };
  await use(server, client);
}

export default async function play(claim) {
  await claim('idle, listening and blocked clients do not hold up the end', () =>
    withServer(async (server, client) => {
      const [idle, listening, blocked] = [await client(), await client(), await client()];
      await listening.asked('SUBSCRIBE', 'a');
      blocked.command('XREAD', 'BLOCK', '0', 'STREAMS', 'a', '$');
      await server.stop();
      for (const one of [idle, listening, blocked]) await one.closed();
    }),
  );

  await claim('what was acknowledged before a kill is there after it', async () => {
    const server = await startServer({ options: ['--quiet'], environment: { MILLRACE_TOKEN: secret } });
    const one = await Client.open(server.redis);
    await one.ask(['AUTH', secret], '+OK\r\n');
    const writes = Array.from({ length: 200 }, (_, number) => encoded('SET', `k${number}`, `${number}`));
    one.send(Buffer.concat(writes));
    await one.gives('+OK\r\n'.repeat(200));
    await server.kill();

    const again = await startServer({ options: ['--quiet'], data: server.data, environment: { MILLRACE_TOKEN: secret } });
    const other = await Client.open(again.redis);
    await other.ask(['AUTH', secret], '+OK\r\n');
    for (let number = 0; number < 200; number += 1) await other.ask(['GET', `k${number}`], bulk(`${number}`));
    other.close();
    await again.stop();
  });
}
