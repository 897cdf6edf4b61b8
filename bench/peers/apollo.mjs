// The to-do list on Apollo Server, behind Fastify by Apollo's integration with it (less processor time than its own
// standalone server). What costs time and is not needed is off: cache-control hints, the landing page, introspection,
// stack traces in errors.
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import fastifyApollo from '@as-integrations/fastify';
import Fastify from 'fastify';
import { readArguments, typeDefs } from './schema.mjs';

const { port, resolvers } = readArguments();
const server = new ApolloServer({
  typeDefs,
  resolvers,
  introspection: false,
  includeStacktraceInErrorResponses: false,
  stopOnTerminationSignals: false,
  plugins: [ApolloServerPluginCacheControlDisabled(), ApolloServerPluginLandingPageDisabled()],
});
await server.start();

const app = Fastify();
await app.register(fastifyApollo(server));
await app.listen({ port, host: '127.0.0.1' });
