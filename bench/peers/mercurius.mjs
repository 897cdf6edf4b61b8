// The to-do list on mercurius (Fastify), operations compiled by its JIT from their first run on.
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { readArguments, typeDefs } from './schema.mjs';

const { port, resolvers } = readArguments();
const app = Fastify();
app.register(mercurius, { schema: typeDefs, resolvers, jit: 1, graphiql: false });
await app.listen({ port, host: '127.0.0.1' });
