/** Gives tests a screen of their own on Linux, so that no window pops up and none needs a desktop. */
import { spawn } from 'node:child_process';

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
