import { FoldedTasks, PlainTasks } from './tasks.mjs';

// The to-do list's schema: the same for every stack.
export const typeDefs = `
  type Task { id: String! text: String! done: Boolean! }
  type Query { list: [Task] }
  type Mutation {
    createTask(text: String!): Task
    updateTask(id: String!, text: String!, done: Boolean!): Task
    deleteTask(id: String!): String
  }
`;

// What a peer is told on its command line: HTTP_PORT REDIS_PORT plain|folded.
export function readArguments() {
  const [port, redisPort, use] = process.argv.slice(2);
  const Tasks = { plain: PlainTasks, folded: FoldedTasks }[use];
  if (!Tasks) throw new Error('usage: HTTP_PORT REDIS_PORT plain|folded');
  return { port: Number(port), resolvers: resolversOver(new Tasks(Number(redisPort))) };
}

const resolversOver = (tasks) => ({
  Query: { list: () => tasks.list() },
  Mutation: {
    createTask: (_, { text }) => tasks.create(text),
    updateTask: (_, task) => tasks.update(task),
    deleteTask: (_, { id }) => tasks.delete(id),
  },
});
