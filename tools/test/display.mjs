/** Gives the end-to-end tests a screen of their own on Linux, so that no window pops up and none needs a desktop. */
import { spawn } from 'node:child_process';

/** Vitest calls this before the first end-to-end test; what it returns is called after the last. */
export default async function setup() {
  if (process.platform !== 'linux') return undefined;
  const started = await startDisplay();
  if (!started) return undefined;
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  process.env.DISPLAY = started.display;
  delete process.env.WAYLAND_DISPLAY;
  return () => {
    restore('DISPLAY', DISPLAY);
    restore('WAYLAND_DISPLAY', WAYLAND_DISPLAY);
    started.stop();
  };
}

/** Starts Xvfb on a free display number; null where it is not installed or does not start within ten seconds. */
export function startDisplay(command = 'Xvfb') {
  const args = ['-displayfd', '3', '-screen', '0', '1680x1050x24', '-nolisten', 'tcp', '-noreset'];
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const stop = () => child.kill();
  process.once('exit', stop);
  return new Promise((done) => {
    const giveUp = setTimeout(() => {
      stop();
      done(null);
    }, 10_000);
    const finish = (result) => {
      clearTimeout(giveUp);
      done(result);
    };
    let text = '';
    child.once('error', () => finish(null));
    child.once('exit', () => finish(null));
    child.stdio[3].on('data', (data) => {
      text += String(data);
      if (text.includes('\n')) finish({ display: `:${text.trim()}`, stop });
    });
  });
}

function restore(name, value) {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
