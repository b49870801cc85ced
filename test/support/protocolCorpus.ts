/**
 * Addresses and requests that `precedent:` must refuse, as data: each is answered with 4xx and without a byte of any file. The
 * library and the page's folder they are tried on are made by `protocolFolders.ts`.
 */

export interface ProtocolCase {
  readonly group: string;
  /** What follows `precedent://`. */
  readonly address: string;
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const repeated = (text: string, times: number) => text.repeat(times);

/** Ways to write "one folder up": plain, encoded once and more, overlong UTF-8, look-alikes of dots and slashes. */
const ups = [
  '../',
  '..\\',
  '%2e%2e/',
  '%2E%2E/',
  '.%2e/',
  '%2e./',
  '%2e%2e%2f',
  '%2e%2e%5c',
  '..%2f',
  '..%2F',
  '..%5c',
  '%252e%252e%252f',
  '%252e%252e/',
  '..%252f',
  '..%255c',
  '%25252e%25252e%25252f',
  '%c0%ae%c0%ae/',
  '%c0%ae%c0%ae%c0%af',
  '%e0%80%ae%e0%80%ae%e0%80%af',
  '%f0%80%80%ae%f0%80%80%ae/',
  '..%c0%af',
  '..%c1%9c',
  '..%e0%80%af',
  '..%f8%80%80%80%af',
  '%u002e%u002e%u2215',
  '..\u2215',
  '..\u2044',
  '..%e2%88%95',
  '\uff0e\uff0e\uff0f',
  '..\uff3c',
  '..%ef%bc%8f',
  '%ef%bc%8e%ef%bc%8e%ef%bc%8f',
  '\u2025/',
  '\u202e../',
  '....//',
  '....\\\\',
  '.../',
  '..;/',
  '..%3b/',
  '..%00/',
  '%2e%2e%00/',
  '..%0d%0a/',
  '..%09/',
  '..%20/',
  '../././',
  './../',
] as const;

const traversal = ups.flatMap((up) => [
  `app/${repeated(up, 2)}secret.json`,
  `app/assets/${repeated(up, 12)}etc/passwd`,
  `thumbnails/${up}secret`,
  `voxels/${up}secret?slices=0-0`,
]);

const absolute = [
  'etc/passwd',
  '/etc/passwd',
  '//etc/passwd',
  '%2fetc%2fpasswd',
  '%2Fetc/passwd',
  'file:///etc/passwd',
  'C:/Windows/win.ini',
  'C:%5cWindows%5cwin.ini',
  'C|/Windows/win.ini',
  'c:secret',
  '/server/share/secret',
  '%5c%5cserver%5cshare%5csecret',
  '\\\\server\\share\\secret',
  '\\\\?\\C:\\secret',
  '%5c%5c.%5cpipe%5csecret',
  'proc/self/environ',
  'dev/zero',
  '~/secret',
].flatMap((path) => [`app/${path}`, `thumbnails/${path}`, `voxels/${path}?slices=0-0`]);

const names = [
  'good%00',
  '%00good',
  'good%00.png',
  'good%0d%0aX-Other:%20yes',
  'good%0a',
  '%0agood',
  'good%09x',
  'good%20x',
  'GOOD',
  '%67OOD',
  'good.png',
  'good.vox',
  'good.',
  'good%3a%3a$DATA',
  'good~1',
  'good*',
  'goo?',
  'good,good',
  'good/',
  'good/good',
  'good;v=1',
  'g\u043e\u043ed',
  '\uff47ood',
  '.',
  '',
  '_good',
  'undefined',
  'absent',
  'link',
  'outside',
  'folder',
  'loop',
  repeated('a', 64),
  repeated('a', 65),
  repeated('a', 20_000),
].flatMap((name) => [`thumbnails/${name}`, `voxels/${name}${name.includes('?') ? '&' : '?'}slices=0-0`]);

const pages = [
  'app/INDEX.HTML',
  'app/index.html/',
  'app/index%2ehtml',
  'app/index.html%00',
  'app/index.html%00.png',
  'app/index.html%20',
  'app/index.html.',
  'app/index.html%3a%3a$DATA',
  'app/index',
  'app/assets',
  'app/assets/',
  'app/link.js',
  'app/outside/secret.js',
  'app/unknown.exe',
  'app/.hidden',
  'app/constructor',
  'app/__proto__',
  `app/${repeated('a/', 5000)}`,
];

/** Chromium itself mends some of these to the host they stand for before anyone is asked: it serves then what that names. */
const hosts = [
  'VOXELS/good?slices=0-0',
  'Thumbnails/good',
  'user@voxels/good?slices=0-0',
  'user:word@thumbnails/good',
  '@evil@thumbnails/good',
  'elsewhere/x',
  '/index.html',
  'app./index.html',
  'app..example/index.html',
  'app.example/index.html',
  'app:0/index.html',
  'app:443/index.html',
  'app:99999/index.html',
  'voxels./good?slices=0-0',
  'voxels:80/good?slices=0-0',
  '%76oxels%2e/good?slices=0-0',
  'voxels%00/good?slices=0-0',
  'voxels%2fgood?slices=0-0',
  'voxels\u3002/good?slices=0-0',
  'localhost/good?slices=0-0',
  '127.0.0.1/good?slices=0-0',
  '[::1]/good?slices=0-0',
  '0x7f.1/x',
  'xn--app-/index.html',
  'constructor/good',
  '__proto__/good',
  'toString/good',
  'print/any',
  `${repeated('a', 300)}/x`,
];

const ranges = [
  '',
  '?',
  '?slices',
  '?slices=',
  '?slices=0',
  '?slices=-',
  '?slices=-1-2',
  '?slices=0--1',
  '?slices=0-1-2',
  '?slices=0-',
  '?slices=-0',
  '?slices=%2b0-1',
  '?slices=0.0-1.0',
  '?slices=0.5-1',
  '?slices=0x0-1',
  '?slices=1e0-2',
  '?slices=0-1e9',
  '?slices=NaN-NaN',
  '?slices=0-Infinity',
  '?slices=0-99999999999999999999',
  '?slices=0-9007199254740993',
  '?slices=0-6',
  '?slices=6-6',
  '?slices=3-2',
  '?slices=999999-999999',
  '?slices=0-999999',
  '?slices=%00',
  '?slices=0-1%00',
  '?slices=0-1%0a',
  '?slices=%200-1',
  '?slices=\u0661-\u0662',
  '?slices=0-1&slices=2-3',
  '?slices=0-1&box=0,0,0,1,1,1',
  '?slices=0-1&other=1',
  '?Slices=0-1',
  '?slices[]=0-1',
  '?__proto__=0-1',
  '?constructor=0-1',
  '?slices=0-1;slices=0-1',
  '?box',
  '?box=',
  '?box=0,0,0,1,1',
  '?box=0,0,0,1,1,1,1',
  '?box=0,0,0,1,1,NaN',
  '?box=0,0,0,1,1,Infinity',
  '?box=0,0,0,1,1,1e9',
  '?box=-1,0,0,1,1,1',
  '?box=0,0,0,-1,1,1',
  '?box=0,0,0,1.5,1,1',
  '?box=0,0,0,5,0,0',
  '?box=0,0,0,0,4,0',
  '?box=0,0,0,0,0,6',
  '?box=2,0,0,1,0,0',
  '?box=0,0,5,0,0,4',
  '?box=999999,999999,999999,999999,999999,999999',
  '?box=4294967296,0,0,4294967297,0,0',
  '?box=0;0;0;1;1;1',
  '?box= 0,0,0,1,1,1',
  '?box=0,0,0,1,1,1&box=0,0,0,1,1,1',
  `?slices=${repeated('0', 20_000)}-1`,
  `?box=${repeated('1,', 20_000)}1`,
  `?${repeated('a=b&', 5000)}slices=0-0`,
].map((query) => `voxels/good${query}`);

const methods = ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'PROPFIND'].flatMap((method) =>
  ['app/index.html', 'thumbnails/good', 'voxels/good?slices=0-0'].map((address) => ({ address, method })),
);

const bodies = ['POST', 'PUT', 'PATCH'].map((method) => ({
  address: 'voxels/good?slices=0-0',
  method,
  body: repeated('x', 2 ** 20),
}));

const origins = [
  'null',
  'https://example.invalid',
  'precedent://app.example',
  'precedent://voxels',
  'precedent://app:80',
  'file://',
].map((origin) => ({ address: 'voxels/good?slices=0-0', headers: { Origin: origin } }));

const parameters = ['?', '?size=9', '?slices=0-0', '?a'].slice(1).map((query) => `thumbnails/good${query}`);

const grouped = (group: string, cases: readonly (string | Omit<ProtocolCase, 'group'>)[]): ProtocolCase[] =>
  cases.map((one) => (typeof one === 'string' ? { group, address: one } : { group, ...one }));

export const protocolCases: readonly ProtocolCase[] = [
  ...grouped('traversal', traversal),
  ...grouped('absolute paths', absolute),
  ...grouped('names', names),
  ...grouped('pages', pages),
  ...grouped('hosts', hosts),
  ...grouped('ranges', ranges),
  ...grouped('parameters', parameters),
  ...grouped('methods', methods),
  ...grouped('bodies', bodies),
  ...grouped('origins', origins),
];

/** What is served: were these refused as well, the corpus would prove nothing. */
export const servedAddresses = [
  'app/index.html',
  'app/',
  'thumbnails/good',
  'voxels/good?slices=0-0',
] as const;
