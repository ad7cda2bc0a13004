// Worker threads that share memory, wait for each other, and one that is ended.
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const count = 8;

if (isMainThread) {
  const words = new Int32Array(new SharedArrayBuffer(1024));
  const got = [];
  let ended = 0;
  for (let i = 0; i < count; i++) {
    const w = new Worker(__filename, { workerData: { i, words } });
    w.on('message', m => got.push(m));
    w.on('exit', () => {
      if (++ended < count) return;
      console.log(got.sort().join(' '), Atomics.load(words, 0));
      const busy = new Worker('while (true);', { eval: true });
      busy.on('online', () => busy.terminate().then(code => console.log('terminated', code)));
    });
  }
} else {
  const { i, words } = workerData;
  for (let k = 0; k < 100000; k++) Atomics.add(words, 0, 1);
  Atomics.add(words, 1, 1);
  Atomics.notify(words, 1);
  for (let v; (v = Atomics.load(words, 1)) < count;) Atomics.wait(words, 1, v, 1000);
  const fib = n => n < 2 ? n : fib(n - 1) + fib(n - 2);
  parentPort.postMessage(i + ':' + fib(20 + i % 3));
}
