// Small HTTP requests to a server on this machine, for readiness and for checking what it holds.
import http from 'node:http';

const REQUEST_MAX_MS = 60_000;

function send(port, method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = { accept: 'application/json', ...(body && { 'content-type': 'application/json' }) };
    const options = { host: '127.0.0.1', port, method, path, headers, agent: false, timeout: REQUEST_MAX_MS };
    const request = http.request(options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString() }));
    });
    request.on('timeout', () => request.destroy(new Error(`no answer from port ${port}`)));
    request.on('error', reject);
    request.end(body);
  });
}

// Whether a GET of `path` is answered with 200; false while nobody listens.
export const answers = (port, path) =>
  send(port, 'GET', path).then(
    ({ status }) => status === 200,
    () => false,
  );

// The body of a GraphQL answer, as text. Throws unless it has data and no errors.
export async function graphqlText(port, query, variables) {
  const { status, body } = await send(port, 'POST', '/graphql', JSON.stringify({ query, variables }));
  const answer = status === 200 ? JSON.parse(body) : {};
  if (!answer.data || answer.errors) throw new Error(`'${query}' was answered with ${status} ${body.slice(0, 500)}`);
  return body;
}

export const graphql = async (port, query, variables) => JSON.parse(await graphqlText(port, query, variables)).data;

export const speaksGraphql = (port) =>
  graphql(port, '{ __typename }').then(
    () => true,
    () => false,
  );
