/** Where the project stands, and which Node and npm work on it. Runs before anything is installed. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join, resolve, sep } from 'node:path';

export const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..');

/** The native modules need Node-API 10; an older Node does not refuse them, it crashes. */
const oldestNode = [22, 14];

/** A failure that is told in one line, without a stack. */
export class SetupError extends Error {}

/** Set-up talks on stderr, so that a command's own output stays clean. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** The project's own Node, or null where it is not installed or too old. */
export function projectNode(folder = root) {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const path = join(folder, 'node_modules', 'node', 'bin', name);
  if (!existsSync(path)) return null;
  try {
    const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim();
    return isNewEnough(version) ? path : null;
  } catch {
    return null; // built for another machine
  }
}

/** Whether a version like `v24.21.0` can load the native modules. */
export function isNewEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
}

/**
 * The npm that started this, run by a Node outside node_modules, since installing replaces the one inside. Returns the
 * command and its leading arguments.
 */
export function npmCommand(env = process.env) {
  if (env.npm_execpath?.endsWith('.js')) return [outsideNode(env), env.npm_execpath];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

function outsideNode(env) {
  const inside = join(root, 'node_modules') + sep;
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const onPath = (env.PATH ?? env.Path ?? '').split(delimiter).map((folder) => join(folder, name));
  const candidates = [env.npm_node_execpath, process.execPath, ...onPath];
  return candidates.find((path) => path && !path.startsWith(inside) && existsSync(path)) ?? process.execPath;
}

/**
 * Runs a command to its end with its output on stderr and resolves to its exit code (127 where it cannot be started).
 * Ctrl+C reaches the command through the terminal.
 */
export function run(command, args, { cwd = root, env = process.env, stdio = ['ignore', 2, 2] } = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd, env, stdio, shell: command.endsWith('.cmd') });
    child.once('error', () => done(127));
    child.once('close', (code) => done(code ?? 1));
  });
}

/** Runs a command in this one's place: same terminal, signals passed on, its exit code or signal becomes ours. */
export function become(command, args, { env = process.env } = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, { env, stdio: 'inherit' });
    // From a terminal the command has got Ctrl+C already.
    const passOn = (signal) => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal));
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, passOn);
    const finish = (code, signal) => {
      for (const name of signals) process.off(name, passOn);
      if (signal) process.kill(process.pid, signal);
      process.exitCode = code ?? 1;
      done(process.exitCode);
    };
    child.once('error', (error) => {
      say(`${command} could not be started: ${error.message}`);
      finish(1, null);
    });
    child.once('close', finish);
  });
}

/** Runs a command's main function; a SetupError ends it with one line. */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    say(error instanceof SetupError ? error.message : (error?.stack ?? String(error)));
    process.exitCode = 1;
  }
}
