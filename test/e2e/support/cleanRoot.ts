/**
 * Installs the Debian package where nothing of this machine is: into a root of Debian's own packages (`tools/package/debianRoot.mjs`),
 * or, where none was made, with dpkg into an empty folder; then the libraries are this machine's.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installFolder } from '../../../tools/package/debFiles.mjs';

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
  const archive = process.env.PRECEDENT_TEST_ROOT;
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  return archive === undefined ? emptyRoot(folder, remove) : cleanRoot(folder, archive, remove);
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
