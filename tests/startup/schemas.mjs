// Schema files that cannot be served, and files that change while they are served.
import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { graphql, startServer } from '../clients/server.mjs';
import { createTask, eventually, freePort, inFolder, listTexts, refuses, run } from './program.mjs';

const note = `type Note @entity(key: "{id}", set: "notes", topic: "notes") {
  id: String! @id(gen: CLOCK)
  text: String!
}

type Query {
  notes: [Note]
}

type Mutation {
  createNote(text: String!): Note @event
}
`;

async function withFile(text, use) {
  await inFolder(async (folder) => {
    const file = join(folder, 'notes.graphql');
    await writeFile(file, text);
    await use(file, ['dev', file, '--data', join(folder, 'data'), '--http', `127.0.0.1:${await freePort()}`]);
  });
}

// Starting and checking say the same about a file, and fail.
async function isFaulty(text, patterns) {
  await withFile(text, async (file, start) => {
    const checked = await run(['check', file]);
    const started = await run(start);
    for (const { code, err } of [checked, started]) {
      assert.equal(code, 1, err);
      for (const pattern of patterns) assert.match(err, pattern);
    }
  });
}

export default async function play(claim) {
  await claim('a missing file is named', () =>
    inFolder(async (folder) => {
      const data = join(folder, 'data');
      await refuses(['dev', '/nowhere/x.graphql', '--data', data], [/\/nowhere\/x\.graphql/]);
      await refuses(['check', '/nowhere/x.graphql'], [/\/nowhere\/x\.graphql/]);
      await refuses(['explain', '/nowhere/x.graphql'], [/\/nowhere\/x\.graphql/]);
    }),
  );

  await claim('a folder is no schema file', () =>
    inFolder((folder) => refuses(['dev', folder, '--data', join(folder, 'data')], [/folder/])),
  );

  await claim('a file that cannot be read is named', () =>
    withFile(note, async (file) => {
      if (process.getuid() !== 0) {
        await chmod(file, 0);
        return refuses(['check', file], [/cannot read/]);
      }
      await chmod(join(file, '..'), 0o755);
      await chmod(file, 0o600);
      await refuses(['check', file], [/cannot read/, /notes\.graphql/], { uid: 65534, cwd: '/' }).catch((error) => {
        if (error.code !== 'EACCES') throw error;
        console.log('   skipped: the program lies where other users cannot run it');
      });
    }),
  );

  await claim('a syntax error has file, line and column', () =>
    isFaulty(note.replace('createNote(text: String!)', 'createNote(text String!)'), [/notes\.graphql:11:19: /]),
  );

  await claim('an unknown type has file, line, column and a suggestion', () =>
    isFaulty(note.replace('text: String!\n', 'text: Strin!\n'), [/notes\.graphql:3:9: /, /Strin\b/, /String/]),
  );

  await claim('an unknown directive has file, line, column and a suggestion', () =>
    isFaulty(note.replace('@event', '@evnt'), [/notes\.graphql:11:35: /, /evnt/, /event/]),
  );

  await claim('all errors are told at once', () =>
    isFaulty(note.replace('[Note]', '[Nothing]').replace('@event', '@nothing'), [
      /notes\.graphql:7:\d+: /,
      /notes\.graphql:11:\d+: /,
    ]),
  );

  await claim('check --json has file, line, column and message', () =>
    withFile(note.replace('[Note]', '[Nothing]'), async (file) => {
      const { code, out } = await run(['check', file, '--json']);
      const [fault] = JSON.parse(out);
      assert.equal(code, 1);
      assert.deepEqual({ file: fault.file, line: fault.line }, { file, line: 7 });
      assert.ok(fault.column > 0 && fault.message);
    }),
  );

  await claim('empty files and files of other kinds are refused', async () => {
    for (const text of ['', '   \n', '{"a":1}', '\u0000\u0001', '{ list { id } }', '\ufffd'.repeat(1000)]) {
      await isFaulty(text, [/notes\.graphql/]);
    }
  });

  await claim('nesting without end is refused', () =>
    isFaulty(`type Query { a(x: ${'['.repeat(100_000)} }`, [/notes\.graphql:1:/]),
  );

  await claim('two apps with the same name or topic are refused', () =>
    withFile(note, async (file, start) => {
      const other = file.replace('notes.graphql', 'other.graphql');
      await writeFile(other, note);
      await refuses([...start, other], [/notes\.graphql/, /other\.graphql/, /topic/]);
    }),
  );

  await claim('a saved file is served at once, and what was stored stays', () =>
    withFile(note, async (file) => {
      const server = await startServer({ files: [file] });
      const made = await graphql(server, 'mutation { createNote(text: "x") { id } }');
      assert.equal(made.body.errors, undefined);
      await writeFile(file, note.replace('notes: [Note]', 'all: [Note]'));
      const list = await eventually(
        async () => (await graphql(server, '{ all { text } }')).body.data?.all,
        'the new schema',
      );
      const output = server.output();
      await server.stop();

      assert.deepEqual(list, [{ text: 'x' }]);
      assert.match(output, /the new schema is served/);
    }),
  );

  await claim('a faulty file is told and the former schema stays', () =>
    withFile(note, async (file) => {
      const server = await startServer({ files: [file] });
      await writeFile(file, note.replace('[Note]', '[Nothing]'));
      await eventually(() => /the former schema stays/.test(server.output()), 'the word that the former schema stays');
      const { body } = await graphql(server, '{ notes { text } }');
      await server.stop();

      assert.match(server.output(), /notes\.graphql:7:\d+: /);
      assert.deepEqual(body, { data: { notes: [] } });
    }),
  );

  await claim('several files are several apps with data of their own', () =>
    withFile(note, async (file) => {
      const server = await startServer({ files: ['apps/tasks.graphql', file] });
      await createTask(server, 'a task');
      const notes = { url: `${server.url}/apps/notes` };
      await graphql(notes, 'mutation { createNote(text: "a note") { id } }');
      const { body } = await graphql(notes, '{ notes { text } }');
      const texts = await listTexts(server);
      await server.stop();

      assert.deepEqual(body.data.notes, [{ text: 'a note' }]);
      assert.deepEqual(texts, ['a task']);
    }),
  );
}
