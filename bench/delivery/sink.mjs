// The receiver: answers every POST with 200. GET /count tells how many came and the latencies of those that carry the
// time of their publish, and begins anew.
import http from 'node:http';

let count = 0;
let latencies = [];

const server = http.createServer((request, answer) => {
  if (request.method === 'GET') {
    answer.end(JSON.stringify({ count, latencies }));
    if (request.url === '/reset') [count, latencies] = [0, []];
    return;
  }
  let body = '';
  request.on('data', (piece) => (body += piece));
  request.on('end', () => {
    answer.end('ok');
    count += 1;
    const sent = /^\{"at":(\d+\.?\d*)/.exec(body);
    if (sent) latencies.push(performance.timeOrigin + performance.now() - Number(sent[1]));
  });
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.argv[2]), '127.0.0.1');
