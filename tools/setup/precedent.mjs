/** `npm run -s precedent -- …`: the command line from a checkout, with nothing on stdout but its own output. */
import { join } from 'node:path';
import { become, main, root } from './project.mjs';
import { ensureBuild, ensureDependencies } from './steps.mjs';

await main(async () => {
  const node = await ensureDependencies();
  await ensureBuild(node, ['engine']);
  // npm changes into the checkout; paths on the command line are meant from where it was called.
  if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
  await become(node, [join(root, 'dist', 'cli', 'main.js'), ...process.argv.slice(2)]);
});
