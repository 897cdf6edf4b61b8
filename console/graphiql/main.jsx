import './workers.js';
import { createGraphiQLFetcher, createLocalStorage } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { buildClientSchema, getIntrospectionQuery } from 'graphql';
import { createRoot } from 'react-dom/client';
import { exampleOf } from './example.js';
import 'graphiql/style.css';
import './millrace.css';

// The page is served at the endpoint itself, whichever application's it is.
const endpoint = location.pathname;
const socket = Object.assign(new URL(endpoint, location.href), { protocol: location.protocol.replace('http', 'ws') });
const fetcher = createGraphiQLFetcher({
  url: endpoint,
  subscriptionUrl: socket.href,
  enableIncrementalDelivery: false,
});

async function loadSchema() {
  const answer = await fetcher({ query: getIntrospectionQuery(), operationName: 'IntrospectionQuery' });
  return buildClientSchema(answer.data);
}

// Without a schema (introspection is off, or the server is not there) GraphiQL asks again by itself and says why.
const schema = await loadSchema().catch(() => undefined);

createRoot(document.getElementById('graphiql')).render(
  <GraphiQL
    fetcher={fetcher}
    schema={schema}
    storage={createLocalStorage({ namespace: `millrace:${endpoint}` })}
    defaultQuery={schema && exampleOf(schema)}
    shouldPersistHeaders={false}
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>
      <a className="millrace-logo" href="/console" title="What this server serves">
        millrace
      </a>
    </GraphiQL.Logo>
  </GraphiQL>,
);
