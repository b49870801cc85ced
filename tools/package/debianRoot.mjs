/** A root of Debian's own packages for the test of the installation: made once, before the tests, which have no network. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from '../setup/project.mjs';
import { depends } from './debFiles.mjs';

/** A tar file with Debian's minimum and what the package depends on, or why there is none. */
export function ensureDebianRoot() {
  if (process.platform !== 'linux' || process.getuid() !== 0) return { why: 'only root makes one' };
  const suite = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  if (suite === undefined || !existsSync('/usr/bin/mmdebstrap')) return { why: 'there is no mmdebstrap' };
  // The first of each pair of names: those of the Debian that is built on.
  const packages = depends.map((line) => line.split(/[ |]/)[0]);
  const name = createHash('sha256').update(`${suite} ${packages}`).digest('hex').slice(0, 16);
  const kept = resolve(process.env.PRECEDENT_RUNTIME_DIR || join(root, '.runtime'));
  const archive = join(kept, `clean-root-${name}.tar`);
  if (existsSync(archive)) return { archive };
  mkdirSync(kept, { recursive: true });
  const part = join(kept, `clean-root-${name}.part.tar`);
  try {
    execFileSync('mmdebstrap', ['--variant=minbase', `--include=${packages}`, suite, part], {
      stdio: 'pipe',
    });
    renameSync(part, archive);
    return { archive };
  } catch (error) {
    rmSync(part, { force: true });
    const said = String(error.stderr ?? '')
      .trim()
      .split('\n')
      .at(-1);
    return { why: said || error.message };
  }
}
