/** What the scheme `precedent:` answers: the application's page, voxels and thumbnails. Errors say what, never where. */
import { type ErrorKind, PrecedentError } from '../native/contract/errors.ts';
import { appOrigin } from './channels.ts';
import { libraryFilePath, readThumbnail } from './libraryFiles.ts';
import { type StaticFile, serveStatic } from './staticFiles.ts';
import { parseVoxelRange, streamVoxels } from './voxelStream.ts';

/** The part of a `Request` that decides. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: { get(name: string): string | null };
}

const dataHeaders = {
  'Access-Control-Allow-Origin': appOrigin,
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
} as const;

const statusOfKind: Readonly<Partial<Record<ErrorKind, number>>> = { usage: 400, 'not-found': 404 };

function refuse(status: number, text: string): Response {
  return new Response(text, {
    status,
    headers: { ...dataHeaders, 'Content-Type': 'text/plain; charset=utf-8' },
  });
}

async function serveVoxels(library: string, url: URL): Promise<Response> {
  const range = parseVoxelRange(url.searchParams);
  if (!range) return refuse(400, 'ask for slices=a-b or box=i0,j0,k0,i1,j1,k1');
  const body = await streamVoxels(await libraryFilePath(library, 'voxels', url.pathname.slice(1)), range);
  if (!body) return refuse(416, 'this range lies outside the volume');
  return new Response(body.stream, {
    headers: {
      ...dataHeaders,
      'Content-Type': 'application/octet-stream',
      'Content-Length': String(body.bytes),
    },
  });
}

async function serveThumbnail(library: string, url: URL): Promise<Response> {
  if (url.search !== '') return refuse(400, 'a thumbnail takes no parameters');
  const bytes = await readThumbnail(library, url.pathname.slice(1));
  return new Response(bytes, { headers: { ...dataHeaders, 'Content-Type': 'image/png' } });
}

const libraryHosts = new Map([
  ['voxels', serveVoxels],
  ['thumbnails', serveThumbnail],
]);

/** @param library the folder that is open, null while none is */
export async function answer(
  asked: Asked,
  files: ReadonlyMap<string, StaticFile>,
  library: string | null,
): Promise<Response> {
  const origin = asked.headers.get('origin');
  if (asked.method !== 'GET') return refuse(405, 'only GET is served');
  if (origin !== null && origin !== appOrigin) return refuse(403, 'only the application is served');
  const url = URL.parse(asked.url);
  if (url === null || url.protocol !== 'precedent:') return refuse(400, 'this is no address');
  if (url.username !== '' || url.password !== '') return refuse(400, 'an address names no user');
  try {
    if (url.host === 'app') return (await serveStatic(files, url.pathname)) ?? refuse(404, 'no such file');
    const serve = libraryHosts.get(url.host);
    if (!serve || library === null) return refuse(404, serve ? 'no library is open' : 'no such host');
    return await serve(library, url);
  } catch (thrown) {
    const error = PrecedentError.from(thrown);
    const status = statusOfKind[error.kind];
    if (status !== undefined) return refuse(status, error.what);
    return refuse(
      500,
      error.kind === 'corrupt' ? 'the stored data failed its check' : 'it could not be read',
    );
  }
}
