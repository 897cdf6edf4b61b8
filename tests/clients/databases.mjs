// Databases of a running server, made as an operator makes them.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { program } from './server.mjs';

// { name, secret, read_only_secret, ... } of a new database.
export async function createDatabase(server, name) {
  const { stdout } = await promisify(execFile)(program, ['db', 'create', name, '--data', server.data, '--json']);
  return JSON.parse(stdout);
}
