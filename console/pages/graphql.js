// A plain page for the endpoint that it is served at, for servers built without GraphiQL.
const endpoint = location.pathname;
const by = (id) => document.getElementById(id);
const kept = `millrace:${endpoint}:query`;

by('endpoint').textContent = endpoint;
by('query').value = localStorage.getItem(kept) ?? '{\n  __schema {\n    queryType {\n      fields {\n        name\n      }\n    }\n  }\n}\n';

function show(text, bad) {
  by('result').textContent = text;
  by('result').classList.toggle('bad', bad);
}

async function run() {
  const request = { query: by('query').value };
  try {
    if (by('variables').value.trim()) request.variables = JSON.parse(by('variables').value);
  } catch (error) {
    return show(`The variables are not JSON: ${error.message}`, true);
  }
  localStorage.setItem(kept, request.query);
  try {
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(request),
    });
    const body = await answer.text();
    try {
      const result = JSON.parse(body);
      show(JSON.stringify(result, null, 2), Boolean(result.errors));
    } catch {
      show(`${answer.status} ${body}`, true);
    }
  } catch (error) {
    show(`The server does not answer: ${error.message}`, true);
  }
}

by('request').addEventListener('submit', (event) => {
  event.preventDefault();
  run();
});
by('request').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    by('request').requestSubmit();
  }
});

const answer = await fetch(`${endpoint}/schema.graphql`).catch(() => undefined);
by('schema').textContent = answer?.ok ? await answer.text() : 'The server does not give its schema.';
