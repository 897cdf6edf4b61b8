// A BullMQ worker that posts the body of each job, as many at a time as it is told, over connections that it keeps.
import http from 'node:http';
import { Worker } from 'bullmq';

const [port, concurrency] = process.argv.slice(2).map(Number);
const agent = new http.Agent({ keepAlive: true, maxSockets: concurrency });

function post({ url, body }) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const request = http.request(url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume();
      answer.on('end', () => (answer.statusCode === 200 ? resolve() : reject(new Error(String(answer.statusCode)))));
      answer.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

const worker = new Worker('messages', (job) => post(job.data), {
  concurrency,
  connection: { host: '127.0.0.1', port, maxRetriesPerRequest: null },
  removeOnComplete: { count: 1000 },
});
worker.on('error', (error) => console.error(error.message));
await worker.waitUntilReady();
console.log('ready');
process.on('SIGTERM', () => worker.close(true).then(() => process.exit(0)));
