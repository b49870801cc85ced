/** The entry: the window, or a command without one. Each is a bundle of its own, and only what is asked for is loaded. */
import '../native/process/offline.ts';
import { app } from 'electron';
import { commandArguments } from './arguments.ts';

const commandLine = commandArguments(process.argv) !== null;

/** Electron would show a fault of ours in a dialog and wait, which nobody sees who typed a command. */
function endCommand(fault: unknown): void {
  process.stderr.write(`${String(fault)}\n`);
  app.exit(1);
}

if (commandLine) process.on('uncaughtException', endCommand);
// Awaited: what must happen before `ready` happens while these modules are evaluated.
await import(new URL(commandLine ? './command.js' : './main.js', import.meta.url).href);
