// child_process: output, input, signals, time limits, fork with messages.
const cp = require('child_process');

if (process.argv[2] === 'child') {
  process.send({ hello: [1, 2, 3] });
  process.on('message', m => process.exit(m.bye + 6));
} else {
  main();
}

async function main() {
  console.log(cp.execSync('echo hi; cat', { input: 'stdin\n' }).toString());
  console.log(cp.spawnSync('sh', ['-c', 'exit 3']).status, cp.spawnSync('sh', ['-c', 'kill -9 $$']).signal);
  console.log(cp.spawnSync('/missing').error.code, cp.spawnSync('sleep', ['60'], { timeout: 100 }).signal);

  const cat = cp.spawn('cat');
  let size = 0;
  cat.stdout.on('data', d => size += d.length);
  cat.stdin.end('x'.repeat(300000));
  await new Promise(done => cat.on('close', done));
  console.log(size);

  const sleep = cp.spawn('sleep', ['60']);
  sleep.kill('SIGTERM');
  console.log(await new Promise(done => sleep.on('exit', (code, signal) => done(signal))));

  const child = cp.fork(__filename, ['child']);
  child.on('message', m => {
    console.log(m);
    child.send({ bye: 1 });
  });
  console.log(await new Promise(done => child.on('exit', done)));

  const echo = i => new Promise(done => cp.execFile('sh', ['-c', 'echo ' + i], (e, out) => done(out.trim())));
  console.log((await Promise.all(Array.from({ length: 20 }, (_, i) => echo(i)))).join());
}
