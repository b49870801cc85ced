/**
 * `npm run package`: the application's folder and the packages that this machine can make, in release/.
 *   -- --dev       a development build even where a release could be made
 *   -- --release   a release or nothing
 *   -- --dir       the application's folder alone
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { main, root, SetupError, say } from '../setup/project.mjs';
import { ensureBuild, ensureDependencies, ensureRuntime } from '../setup/steps.mjs';
import { hasDpkgDeb, makeDeb } from './deb.mjs';
import { buildWith } from './electronBuilder.mjs';
import { packageKind, packageMetadata } from './kind.mjs';

const output = join(root, 'release');
/** What electron-builder makes for each system beside the folder. */
const installers = { linux: ['AppImage'], win32: ['nsis'], darwin: ['dmg'] };

await main(async () => {
  const args = process.argv.slice(2);
  const wanted = args.includes('--dev') ? 'development' : args.includes('--release') ? 'release' : null;
  const node = await ensureDependencies();
  await ensureBuild(node);
  const runtime = await ensureRuntime(node);
  const { kind, reason } = decide(runtime, wanted);
  if (reason) say(`A DEVELOPMENT BUILD is made: ${reason}.`);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const metadata = packageMetadata(kind, version);
  const common = { output, metadata, runtime: kind === 'development' ? runtime.path : undefined };
  const made = [];
  const missing = [];
  await buildWith({ ...common, targets: ['dir'] });
  const application = unpackedFolder();
  made.push(application);
  if (!args.includes('--dir')) {
    if (process.platform === 'linux' && hasDpkgDeb()) {
      made.push(
        await makeDeb({ application, output, version: metadata.version ?? version, arch: process.arch }),
      );
    } else if (process.platform === 'linux') missing.push('the Debian package: there is no dpkg-deb here');
    for (const target of installers[process.platform] ?? []) {
      try {
        await buildWith({ ...common, runtime: undefined, targets: [target], prepackaged: application });
        made.push(`${target} in ${output}`);
      } catch (error) {
        missing.push(`${target}: ${String(error?.message ?? error).split('\n')[0]}`);
      }
    }
  }
  say(
    `\n${kind === 'release' ? 'Release' : 'DEVELOPMENT BUILD, never for patients'} ${metadata.version ?? version}:`,
  );
  for (const one of made) say(`  made ${one}`);
  for (const one of missing) say(`  not made: ${one}`);
});

function decide(runtime, wanted) {
  try {
    return packageKind(runtime, wanted, { root });
  } catch (error) {
    throw new SetupError(`${error.message} (--dev makes a development build, which says so of itself)`);
  }
}

/** Where electron-builder puts the folder of this machine's system. */
function unpackedFolder() {
  const arch = process.arch === 'x64' ? '' : `-${process.arch}`;
  const names = { linux: `linux${arch}-unpacked`, win32: `win${arch}-unpacked`, darwin: `mac${arch}` };
  return join(output, names[process.platform]);
}
