/** Which Electron this project runs on, and where its repackaged copy for machines without the official download is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version of Electron that package.json pins. */
export function electronVersion(root) {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return devDependencies.electron;
}

/**
 * Other people's repackaging of an Electron for linux x64, by Electron version. It cannot be compared with Electron's own
 * checksums; the two hashes here only pin what was looked at.
 */
export const repackaged = {
  '43.2.0': {
    package: 'hvir-linux-x64',
    version: '0.1.5',
    integrity:
      'sha512-zqCLwMwq6Uwe041NLHJ5gqlmPDaL6jG3eAFWZyr4+xsDY6gQET3X5IzfZ0bQX9yMtk5p+Q5nG7Six73dy9RrKQ==',
    /** The archive inside the package, the folder in it, and what that folder's executable is called. */
    archive: 'package/payload.tar.gz',
    folder: 'app',
    executable: 'hvir',
    executableSha256: '84e1078c8f38659f3785fec90b68ff47dcb7b5ed94e97e4e4cc6dd3290758991',
  },
};

/** Present beside the executable of every runtime that is not Electron's own build. */
export const unofficialMarker = 'UNOFFICIAL';

const executables = {
  linux: 'electron',
  win32: 'electron.exe',
  darwin: 'Electron.app/Contents/MacOS/Electron',
};

/** The executable's path inside a runtime's folder. */
export function executableName(platform) {
  return executables[platform] ?? 'electron';
}
