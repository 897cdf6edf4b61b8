// Where the editor finds its workers: beside this page's script. Has to be set before the editor loads.
const files = { json: 'json.worker.js', graphql: 'graphql.worker.js' };

globalThis.MonacoEnvironment = {
  getWorker: (_, label) => new Worker(new URL(files[label] ?? 'editor.worker.js', import.meta.url)),
};
