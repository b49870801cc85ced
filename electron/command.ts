/**
 * The installed `precedent` command: the commands of native/cli in the application's main process, because a release's
 * executable does not run as Node. No window, no page, no single instance, and a Chromium profile that is gone afterwards.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { app } from 'electron';
import { END_GRACE_MS, type EngineProcess, runOn } from '../native/cli/installation.ts';
import { runCommandLine } from '../native/cli/main.ts';
import { PrecedentError } from '../native/contract/errors.ts';
import { toHost } from '../native/contract/host.ts';
import type { Channel } from '../native/contract/rpc.ts';
import { safely } from '../native/contract/safely.ts';
import { portChannel } from '../native/process/channels.ts';
import { commandArguments } from './arguments.ts';
import {
  connectTo,
  EngineChildren,
  endProcess,
  type Modules,
  startProcess,
  stopProcess,
} from './children.ts';
import { modules, resourcesFolder } from './installed.ts';
import { allowLibrary, demonstrationFolder } from './library.ts';
import { isOfficialRuntime } from './runtime.ts';
import { applySwitches } from './switches.ts';

const testDataFlag = '--allow-test-data';

app.setName('Precedent');
const demonstration = demonstrationFolder(
  app.getAppPath(),
  join(app.getPath('appData'), 'Precedent'),
  app.isPackaged,
);
const profile = mkdtempSync(join(tmpdir(), 'precedent-command-'));
app.setPath('userData', profile);
// Nothing is written there, but Chromium would make this folder again while it ends.
app.setPath('crashDumps', tmpdir());
// As late as can be: Chromium writes to its profile until the end.
process.once('exit', () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
applySwitches(app.commandLine, { softwareGl: false });

const given = commandArguments(process.argv) ?? [];
const allowTestData = given[0] === testDataFlag;
const policy = {
  official: isOfficialRuntime(process.execPath, process.env, app.getAppPath()),
  allowTestData,
  demonstrationFolder: demonstration,
};

function startEngine(library: string): EngineProcess {
  allowLibrary(library, policy);
  const engine = startProcess(modules, 'engine');
  const children = new EngineChildren(engine, modules);
  engine.on('message', (raw: unknown) => {
    const message = safely(toHost, raw).data;
    if (message?.control === 'spawn') children.spawn(message.id, message.role);
    if (message?.control === 'kill') children.kill(message.id);
  });
  engine.once('exit', () => children.end());
  return {
    pid: engine.pid,
    channel: closedWith(portChannel(connectTo(engine)), engine),
    tell: (message) => engine.postMessage(message),
    onMessage: (listener) => void engine.on('message', listener),
    onExit: (listener) => void engine.once('exit', listener),
    kill: () => void stopProcess(engine),
    end: () => stopProcess(engine, END_GRACE_MS),
  };
}

/** A port alone does not always tell that the process at its other end is gone. */
function closedWith(channel: Channel, process: ReturnType<typeof startProcess>): Channel {
  return {
    ...channel,
    onClose: (listener) => {
      let told = false;
      const tell = () => {
        if (!told) listener();
        told = true;
      };
      process.once('exit', tell);
      channel.onClose(tell);
    },
    close: () => {
      channel.close();
      endProcess(process);
    },
  };
}

/** A helper without an engine, as `precedent doctor` has one. */
async function startAlone(role: Exclude<keyof Modules, 'engine'>): Promise<Channel> {
  const process = startProcess(modules, role);
  return closedWith(portChannel(connectTo(process)), process);
}

/** Resolves when all that was written before has left this process. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => stream.write('', () => done()));
}

app
  .whenReady()
  .then(async () => {
    runOn({ resources: resourcesFolder, startEngine, spawner: { spawn: startAlone } });
    await runCommandLine(allowTestData ? given.slice(1) : given);
    await Promise.all([written(process.stdout), written(process.stderr)]);
  })
  .catch((thrown: unknown) => {
    process.stderr.write(`${PrecedentError.from(thrown).message}\n`);
    process.exitCode = 1;
  })
  .finally(() => {
    app.exit(Number(process.exitCode ?? 0));
  });
