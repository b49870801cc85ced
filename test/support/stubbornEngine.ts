/** An engine whose one reader is stuck in synchronous code: it tells its parent the reader's process id, to be killed then. */
import { ProcessPool } from '../../native/process/pool.ts';
import { forkModule } from '../../native/process/spawners.ts';
import { stubbornContract } from './stubbornContract.ts';

const child = new URL('./stubbornChild.ts', import.meta.url).pathname;
const pool = new ProcessPool(
  'reader',
  stubbornContract,
  { spawn: async () => forkModule(child) },
  () => undefined,
  { size: 1 },
);
const pid = await pool.call('pid', {});
pool.call('spinAt', { path: 'a file' }, { onProgress: () => process.send?.(pid) }).catch(() => undefined);
