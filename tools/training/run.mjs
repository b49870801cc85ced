/**
 * Runs a script of this folder with a Python that has what it needs, and says what to install where there is none:
 *   node tools/training/run.mjs SCRIPT.py [ARG…]
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const needed = 'import torch, sklearn, scipy, nibabel';
const [script, ...args] = process.argv.slice(2);
const python = ['python3', '/usr/bin/python3'].find(
  (candidate) => spawnSync(candidate, ['-c', needed], { stdio: 'ignore' }).status === 0,
);
if (!python) {
  console.error(
    'training: no Python with PyTorch, scikit-learn, SciPy and nibabel; on Debian: apt-get install python3-torch python3-sklearn python3-scipy python3-nibabel',
  );
  process.exit(1);
}
// More threads than one wait for each other more than they work: the tensors are small.
const env = { ...process.env, OMP_NUM_THREADS: '1' };
process.exit(
  spawnSync(python, [join(import.meta.dirname, script), ...args], { stdio: 'inherit', env }).status ?? 1,
);
