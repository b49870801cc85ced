/** The window around the bare page: the application's switches, protocol and bytes, and nothing else of it. */
import { join } from 'node:path';
import { app, BrowserWindow, session } from 'electron';
import { parseArguments } from '../../../electron/arguments.ts';
import { registerScheme, serveScheme } from '../../../electron/protocol.ts';
import { needsSoftwareGl } from '../../../electron/runtime.ts';
import { applySwitches } from '../../../electron/switches.ts';

const { library } = parseArguments(process.argv.slice(1), process.cwd());
applySwitches(app.commandLine, { softwareGl: needsSoftwareGl(process.platform, process.env) });
registerScheme();
app.on('window-all-closed', () => app.quit());
// An ESM main must not await this at its top level: it would never come.
void app.whenReady().then(async () => {
  await serveScheme(session.defaultSession.protocol, join(import.meta.dirname, 'page'), () => library);
  const window = new BrowserWindow({ width: 1600, height: 1000 });
  await window.loadURL('precedent://app/index.html');
});
