/** `npm run test:package`: the tests of the packaged application, with its installation into a clean root (minutes). */
import { say } from '../setup/project.mjs';
import { ensureDebianRoot } from './debianRoot.mjs';

process.env.PRECEDENT_TEST_INSTALL = '1';
const { archive, why } = ensureDebianRoot();
if (archive) process.env.PRECEDENT_TEST_ROOT = archive;
else say(`The package is installed into an empty folder, since no root of Debian packages was made: ${why}`);
// Both of their files have packages built.
process.argv.push('test/e2e/package', '--no-file-parallelism');
await import('../setup/test.mjs');
