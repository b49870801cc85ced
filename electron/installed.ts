/** Where the parts of this application lie: in a checkout, or beside the archive of an installed one. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { app } from 'electron';
import type { Modules } from './children.ts';

/** The folder of the main process' bundles. */
export const here = dirname(fileURLToPath(import.meta.url));

export const modules: Modules = {
  engine: join(here, '../native/engine.js'),
  inference: join(here, '../native/inference.js'),
  reader: join(here, '../native/reader.js'),
};

/** The folder of encoders and presets that is shipped with the application. */
export const resourcesFolder = join(app.isPackaged ? process.resourcesPath : app.getAppPath(), 'resources');
