// Promises and fs: everything a build tool does with files.
const fs = require('fs');
const fsp = require('fs/promises');
const os = require('os');
const path = require('path');

async function main() {
  console.log(await Promise.all([1, 2, 3].map(async x => {
    await new Promise(done => setTimeout(done, 10 * x));
    return x * 2;
  })));
  const d = await fsp.mkdtemp(path.join(os.tmpdir(), 'node-'));
  await fsp.writeFile(d + '/a', 'hello');
  await fsp.appendFile(d + '/a', ' world');
  await fsp.rename(d + '/a', d + '/b');
  await fsp.copyFile(d + '/b', d + '/c');
  await fsp.symlink('c', d + '/l');
  console.log((await fsp.readdir(d)).sort(), await fsp.readlink(d + '/l'), (await fsp.stat(d + '/l')).size);
  await fsp.chmod(d + '/c', 0o600);
  await fsp.utimes(d + '/c', 100, 200);
  const st = await fsp.stat(d + '/c');
  console.log((st.mode & 0o777).toString(8), st.mtimeMs);
  await fsp.truncate(d + '/c', 3);
  console.log(await fsp.readFile(d + '/c', 'utf8'));
  const big = await fsp.open(d + '/big', 'w+');
  await big.write(Buffer.alloc(1 << 20, 7), 0, 1 << 20, 0);
  await big.sync();
  await big.close();
  await new Promise((done, fail) => fs.createReadStream(d + '/big')
    .pipe(fs.createWriteStream(d + '/big2')).on('finish', done).on('error', fail));
  console.log((await fsp.stat(d + '/big2')).size);
  await new Promise(done => {
    const w = fs.watch(d, (event, name) => {
      console.log('watch', event, name);
      w.close();
      done();
    });
    setTimeout(() => fs.writeFileSync(d + '/new', 'x'), 50);
  });
  await fsp.mkdir(d + '/x/y/z', { recursive: true });
  await fsp.cp(d, d + '-2', { recursive: true });
  console.log((await fsp.readdir(d + '-2', { recursive: true })).sort());
  await fsp.rm(d, { recursive: true });
  await fsp.rm(d + '-2', { recursive: true });
  console.log(fs.existsSync(d), await fsp.readFile('/missing').catch(e => e.code));
}
main();
