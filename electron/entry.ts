/** The entry: the window, or a command without one. Each is a bundle of its own, and only what is asked for is loaded. */
import { commandArguments } from './arguments.ts';

const name = commandArguments(process.argv) === null ? './main.js' : './command.js';
// Awaited: what must happen before `ready` happens while these modules are evaluated.
await import(new URL(name, import.meta.url).href);
