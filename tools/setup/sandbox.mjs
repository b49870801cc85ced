/** Says what to do where Linux does not let Chromium build its sandbox. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Settings that forbid user namespaces, with the value that does so. */
const forbidding = [
  ['/proc/sys/kernel/apparmor_restrict_unprivileged_userns', '1'],
  ['/proc/sys/kernel/unprivileged_userns_clone', '0'],
  ['/proc/sys/user/max_user_namespaces', '0'],
];

/** The line to run, or null where the sandbox works. */
export function sandboxAdvice(executable, { platform = process.platform, read = readSetting } = {}) {
  if (platform !== 'linux') return null;
  if (!forbidding.some(([path, value]) => read(path) === value)) return null;
  const helper = join(dirname(executable), 'chrome-sandbox');
  if (isSetuidRoot(helper)) return null;
  return (
    'This system does not let Chromium build its sandbox by itself; should the window not open, run:\n' +
    `  sudo chown root:root '${helper}' && sudo chmod 4755 '${helper}'`
  );
}

function isSetuidRoot(path) {
  try {
    const { uid, mode } = statSync(path);
    return uid === 0 && (mode & 0o4000) !== 0;
  } catch {
    return false;
  }
}

function readSetting(path) {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
