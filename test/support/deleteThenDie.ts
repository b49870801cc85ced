/** Deletes a subject of a library and is killed at a named moment: `node deleteThenDie.ts LIBRARY SUBJECT MOMENT`. */
import { beginDeletion, deletionSteps, finishDeletions } from '../../native/engine/deletion.ts';
import { Library } from '../../native/engine/library.ts';
import { operations } from '../../native/files/files.ts';

const [root, subject, moment] = process.argv.slice(2);

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal is delivered while this waits.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

const library = await Library.open(root, false);
const steps: Record<string, (typeof deletionSteps)[string]> = deletionSteps;

if (moment === 'uncommitted') {
  library.db.transaction(() => {
    library.deletions.remove('tester', JSON.parse(subject), 'purge', []);
    die();
  })();
} else if (moment.startsWith('rm ') || moment.startsWith('unlink ')) {
  const [name, count] = moment.split(' ');
  const call = name === 'rm' ? 'rm' : 'unlink';
  const real: (...args: never[]) => Promise<void> = operations[call];
  let calls = 0;
  Object.assign(operations, {
    [call]: (...args: never[]) => (++calls === Number(count) ? die() : real(...args)),
  });
} else if (moment === 'finished') {
  library.deletions.finished = die;
} else {
  steps[moment] = async () => die();
}
await beginDeletion(library, JSON.parse(subject), 'purge');
library.changed();
await finishDeletions(library);
