/**
 * Installs the Debian package where nothing of this machine is: into a root of Debian's own packages, or, where none can be
 * made, with dpkg into an empty folder; then the libraries are this machine's.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { depends, installFolder } from '../../../tools/package/debFiles.mjs';
import { projectRoot } from '../../support/precedent.ts';

export interface Root {
  /** How it was made, for the report. */
  readonly kind: string;
  readonly folder: string;
  install(deb: string): void;
  uninstall(): string;
  /** The command and leading arguments that run something of the root as an ordinary user with a home of their own. */
  readonly asUser: readonly string[];
  /** The user's home, as this machine sees it and as the user does. */
  readonly home: string;
  readonly homeInside: string;
  /** The installed files' folder as the user sees it. */
  readonly applicationInside: string;
  remove(): void;
}

/** Makes the root. Needs root's rights. */
export function makeRoot(): Root {
  const folder = mkdtempSync(join(tmpdir(), 'precedent-root-'));
  execFileSync('chmod', ['0755', folder]);
  const archive = debianRoot();
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  return archive === null ? emptyRoot(folder, remove) : cleanRoot(folder, archive, remove);
}

/** A root with Debian's minimum and what the package depends on, kept for the next time; null where it cannot be made. */
function debianRoot(): string | null {
  const suite = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  if (suite === undefined || !existsSync('/usr/bin/mmdebstrap')) return null;
  // The first of each pair of names: those of the Debian that is built on.
  const packages = depends.map((line) => line.split(/[ |]/)[0]);
  const name = createHash('sha256').update(`${suite} ${packages}`).digest('hex').slice(0, 16);
  const cache = resolve(process.env.PRECEDENT_RUNTIME_DIR || join(projectRoot, '.runtime'));
  const archive = join(cache, `clean-root-${name}.tar`);
  if (existsSync(archive)) return archive;
  mkdirSync(cache, { recursive: true });
  try {
    execFileSync('mmdebstrap', ['--variant=minbase', `--include=${packages}`, suite, `${archive}.tar`], {
      stdio: 'ignore',
    });
    execFileSync('mv', [`${archive}.tar`, archive]);
    return archive;
  } catch {
    return null;
  }
}

function cleanRoot(folder: string, archive: string, remove: () => void): Root {
  execFileSync('tar', ['-xf', archive, '-C', folder]);
  // Mounts of a namespace of its own, gone with the last process in it; the X server is reached by its socket.
  const mounts = [
    `mount -t proc proc ${folder}/proc`,
    `mount --rbind /dev ${folder}/dev`,
    `mkdir -p ${folder}/tmp/.X11-unix`,
    `mount --bind /tmp/.X11-unix ${folder}/tmp/.X11-unix`,
  ];
  const inside = (how: string) => [
    'unshare',
    '--mount',
    '--fork',
    '--kill-child',
    'sh',
    '-c',
    `mkdir -p /tmp/.X11-unix && ${mounts.join(' && ')} && exec ${how} "$@"`,
    'sh',
  ];
  const asRoot = inside(`env PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot ${folder}`);
  const run = (...args: readonly string[]) =>
    execFileSync(asRoot[0], [...asRoot.slice(1), ...args], { encoding: 'utf8', stdio: 'pipe' });
  run('useradd', '--create-home', 'radiologist');
  return {
    kind: 'a clean root of Debian packages',
    folder,
    install: (deb) => {
      copyFileSync(deb, join(folder, 'precedent.deb'));
      run('dpkg', '--install', '/precedent.deb');
    },
    uninstall: () => run('dpkg', '--purge', 'precedent'),
    asUser: [
      ...inside(`chroot --userspec=radiologist:radiologist ${folder}`),
      'env',
      '-i',
      'PATH=/usr/bin:/bin',
      'HOME=/home/radiologist',
    ],
    home: join(folder, 'home/radiologist'),
    homeInside: '/home/radiologist',
    applicationInside: installFolder,
    remove,
  };
}

function emptyRoot(folder: string, remove: () => void): Root {
  const home = join(folder, 'home');
  mkdirSync(home);
  execFileSync('chown', ['nobody:nogroup', home]);
  for (const path of ['var/lib/dpkg/info', 'var/lib/dpkg/updates'])
    mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, 'var/lib/dpkg/status'), '');
  const dpkg = (...args: readonly string[]) =>
    execFileSync('dpkg', [`--root=${folder}`, '--force-script-chrootless', '--force-depends', ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  return {
    kind: 'an empty folder, with the libraries of this machine',
    folder,
    install: (deb) => void dpkg('--install', deb),
    uninstall: () => dpkg('--purge', 'precedent'),
    asUser: [
      ...['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'],
      ...['env', '-i', 'PATH=/usr/bin:/bin', `HOME=${home}`],
    ],
    home,
    homeInside: home,
    applicationInside: join(folder, installFolder),
    remove,
  };
}
