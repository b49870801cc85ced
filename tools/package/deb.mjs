/** Makes the Debian package from the application's folder with dpkg-deb alone. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root, run } from '../setup/project.mjs';
import { control, debianVersion, desktopEntry, installFolder, mimeTypes, scripts } from './debFiles.mjs';

const architectures = { x64: 'amd64', arm64: 'arm64' };

/** Whether this machine can make one. */
export function hasDpkgDeb() {
  try {
    execFileSync('dpkg-deb', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Writes `output/precedent_VERSION_ARCHITECTURE.deb` from the folder `application` and returns its path. `compression`
 * are dpkg-deb's switches. Throws when dpkg-deb fails.
 * @param {{ application: string, output: string, version: string, arch: string, compression?: string[] }} options
 */
export async function makeDeb({ application, output, version, arch, compression = ['-Zxz', '-z6'] }) {
  const tree = join(output, 'deb');
  const { description } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const architecture = architectures[arch];
  rmSync(tree, { recursive: true, force: true });
  const put = (path, content, mode = 0o644) => {
    const target = join(tree, path);
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    writeFileSync(target, content);
    chmodSync(target, mode);
  };
  cpSync(application, join(tree, installFolder), { recursive: true });
  mkdirSync(join(tree, 'usr/bin'), { recursive: true });
  symlinkSync(`../..${installFolder}/resources/bin/precedent`, join(tree, 'usr/bin/precedent'));
  put('usr/share/applications/precedent.desktop', desktopEntry);
  put('usr/share/mime/packages/precedent.xml', mimeTypes);
  put('usr/share/doc/precedent/copyright', readFileSync(join(root, 'LICENSE')));
  const icons = join(root, 'resources/icons');
  for (const name of readdirSync(icons).filter((file) => file.endsWith('.png'))) {
    const size = name.replace('.png', '');
    put(`usr/share/icons/hicolor/${size}/apps/precedent.png`, readFileSync(join(icons, name)));
  }
  put('usr/share/icons/hicolor/scalable/apps/precedent.svg', readFileSync(join(icons, 'precedent.svg')));
  // dpkg-deb keeps what it finds, and a strict umask must not lock users out of what root installs.
  execFileSync('chmod', ['-R', 'u=rwX,go=rX', tree]);
  const size = Number(execFileSync('du', ['-sk', tree], { encoding: 'utf8' }).split('\t')[0]);
  put('DEBIAN/md5sums', checksums(tree));
  put('DEBIAN/control', control({ version, architecture, size, description }));
  for (const [name, text] of Object.entries(scripts)) put(`DEBIAN/${name}`, text, 0o755);
  const path = join(output, `precedent_${debianVersion(version)}_${architecture}.deb`);
  const code = await run('dpkg-deb', [...compression, '--root-owner-group', '--build', tree, path]);
  rmSync(tree, { recursive: true, force: true });
  if (code !== 0) throw new Error(`dpkg-deb failed (exit code ${code}, see above)`);
  return path;
}

/** What `dpkg --verify` compares the installed files with. */
function checksums(tree) {
  const files = readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(tree, join(entry.parentPath, entry.name)));
  return execFileSync('md5sum', files, { cwd: tree, encoding: 'utf8', maxBuffer: 2 ** 24 });
}
