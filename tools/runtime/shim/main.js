/** Loads the application whose folder is named on the command line; stands in for Electron's own default application. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { app } from 'electron';

const folder = resolve(process.argv.slice(1).find((argument) => !argument.startsWith('-')) ?? '.');
const { main, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
app.setAppPath(folder);
app.setVersion(version);
// Awaited, as Electron's own does: what must happen before `ready` happens while the application's module is evaluated.
await import(pathToFileURL(join(folder, main)).href);
