/**
 * Runs a command in a network namespace of its own (Linux), where only loopback leads anywhere: whatever is sent elsewhere,
 * by address or to a name server, leaves through an interface that nobody answers behind and that counts it.
 * `node offline.mjs RESULT COMMAND…` is what runs inside; it writes `{control, packets}` to the file RESULT.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const out = 'precedent0';
const resolvConf = '/etc/resolv.conf';
/** Addresses that the RFCs 5737 and 3849 set aside for documentation: nobody has them. */
const [nameServer, nowhere4, nowhere6] = ['192.0.2.53', '198.51.100.1', '2001:db8::1'];

const hasIpv6 = existsSync('/proc/sys/net/ipv6');
const asRoot = process.getuid?.() === 0;
const unshare = asRoot
  ? ['--net', '--mount']
  : ['--user', '--map-current-user', '--keep-caps', '--net', '--mount'];
/** An ordinary user had the rights to set the network up, and the command is not to have them. */
const withoutRights = asRoot ? [] : ['setpriv', '--ambient-caps', '-all', '--inh-caps', '-all'];

/** Why commands cannot be run offline on this machine, or null where they can. */
export function noOfflineReason() {
  if (process.platform !== 'linux') return 'network namespaces are Linux’ own';
  if (!existsSync(resolvConf)) return `there is no ${resolvConf}`;
  try {
    execFileSync('unshare', [...unshare, process.execPath, import.meta.filename], { stdio: 'pipe' });
    return null;
  } catch (error) {
    const said = String(error.stderr ?? '')
      .trim()
      .split('\n')
      .at(-1);
    if (error.code === 'ENOENT') return 'there is no `unshare` here';
    return `it is not permitted here (${said || error.code || 'failed'})`;
  }
}

/** The command that runs another one inside, and writes what was counted to `result`. */
export function offlineCommand(node, result, command) {
  return ['unshare', [...unshare, node, import.meta.filename, result, node, ...command]];
}

/** What was counted, in one line. */
export function networkText({ control, packets }) {
  const seen = Object.entries(control).map(([name, count]) => `${name} ${count}`);
  return `${packets} packets and look-ups beyond loopback; deliberate ones counted before: ${seen.join(', ')}`;
}

if (process.argv[1] && resolve(process.argv[1]) === import.meta.filename) await inside(process.argv.slice(2));

/** Without a command, only tries whether all of this is permitted. */
async function inside([result, ...command]) {
  if (result === undefined) return tryAll();
  buildNetwork();
  const control = await controls();
  const before = packets();
  const [program, ...args] = [...withoutRights, ...command];
  const child = spawn(program, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise((done) => {
    child.once('error', () => done(127));
    child.once('close', (code) => done(code ?? 1));
  });
  writeFileSync(result, JSON.stringify({ control, packets: packets() - before }));
}

/** Fails with one line that says what was not possible. */
function tryAll() {
  try {
    buildNetwork();
    const [program, ...args] = [...withoutRights, process.execPath, '--version'];
    execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (error) {
    const missing = error.code === 'ENOENT' && error.path;
    process.stderr.write(`${missing ? `there is no \`${missing}\`` : error.message.split('\n')[0]}\n`);
    process.exitCode = 1;
  }
}

function buildNetwork() {
  const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const setting = (device, name, value) =>
    hasIpv6 && writeFileSync(`/proc/sys/net/ipv6/conf/${device}/${name}`, value);
  ip('link', 'set', 'lo', 'up');
  ip('link', 'add', out, 'type', 'veth', 'peer', 'name', 'nobody0');
  // The kernel itself must not say anything on it, or it would be counted: no neighbours are asked for, no routers, no groups.
  setting('nobody0', 'disable_ipv6', '1');
  setting(out, 'accept_ra', '0');
  ip('link', 'set', out, 'arp', 'off', 'multicast', 'off');
  ip('addr', 'add', '192.0.2.1/24', 'dev', out);
  ip('link', 'set', 'nobody0', 'up');
  ip('link', 'set', out, 'up');
  ip('route', 'add', 'default', 'dev', out);
  if (hasIpv6) {
    ip('addr', 'add', '2001:db8:1::1/64', 'dev', out, 'nodad');
    ip('-6', 'route', 'add', 'default', 'dev', out);
  }
  const folder = mkdtempSync(join(tmpdir(), 'precedent-offline-'));
  writeFileSync(join(folder, 'resolv.conf'), `nameserver ${nameServer}\noptions timeout:1 attempts:1\n`);
  execFileSync('mount', ['--bind', join(folder, 'resolv.conf'), resolvConf]);
  rmSync(folder, { recursive: true });
}

/** Packets that were sent anywhere but over loopback since the namespace was made (proc_net_dev). */
function packets() {
  const line = readFileSync('/proc/self/net/dev', 'utf8')
    .split('\n')
    .find((text) => text.trim().startsWith(`${out}:`));
  return Number(line.split(':')[1].trim().split(/\s+/)[9]);
}

/** Deliberate attempts, and how many packets of each were counted: none would mean that the count proves nothing. */
async function controls() {
  const send = async (type, address) => {
    const socket = createSocket(type);
    await new Promise((done) => socket.send('x', 9, address, done));
    socket.close();
  };
  const attempts = {
    datagram: () => send('udp4', nowhere4),
    ...(hasIpv6 && { 'datagram by IPv6': () => send('udp6', nowhere6) }),
    connection: async () => {
      const socket = connect(80, nowhere4).on('error', () => undefined);
      await wait(100);
      socket.destroy();
    },
    'look-up of a name': () => new Promise((done) => lookup('precedent.example', () => done())),
  };
  const counted = {};
  for (const [name, attempt] of Object.entries(attempts)) {
    const before = packets();
    await attempt();
    counted[name] = packets() - before;
  }
  return counted;
}
