// http over a Unix socket and over TCP: 52 requests each, 50 of them at once.
const http = require('http');
const os = require('os');
const fs = require('fs');

async function serve(listen, where) {
  const server = http.createServer((q, r) => {
    let size = 0;
    q.on('data', d => size += d.length);
    q.on('end', () => r.end(q.method + ' ' + q.url + ' ' + size));
  });
  await new Promise(done => server.listen(listen, done));
  const ask = (method, path, body) => new Promise((done, fail) => {
    http.request({ ...where(server), method, path }, r => {
      let text = '';
      r.on('data', d => text += d);
      r.on('end', () => done(r.statusCode + ' ' + text));
    }).on('error', fail).end(body);
  });
  console.log(await ask('GET', '/a'), await ask('POST', '/b', 'z'.repeat(100000)));
  const all = await Promise.all(Array.from({ length: 50 }, (_, i) => ask('GET', '/' + i)));
  console.log(all.length, all[49]);
  server.close();
  server.closeAllConnections();
}

const d = fs.mkdtempSync(os.tmpdir() + '/node-');
serve({ path: d + '/s' }, () => ({ socketPath: d + '/s' }))
  .then(() => serve({ port: 0, host: '127.0.0.1' }, s => ({ host: '127.0.0.1', port: s.address().port })))
  .then(() => fs.rmSync(d, { recursive: true }));
