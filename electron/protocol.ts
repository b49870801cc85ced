/** The read-only scheme `precedent:`: the application's page, voxels and thumbnails. Errors say what, never where. */
import { protocol as globalProtocol, type Protocol } from 'electron';
import { type ErrorKind, PrecedentError } from '../native/contract/errors.ts';
import { appOrigin } from './channels.ts';
import { libraryFilePath, readThumbnail } from './libraryFiles.ts';
import { listStaticFiles, serveStatic } from './staticFiles.ts';
import { parseVoxelRange, streamVoxels } from './voxelStream.ts';

/** Must run before the application is ready. */
export function registerScheme(): void {
  globalProtocol.registerSchemesAsPrivileged([
    {
      scheme: 'precedent',
      privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, corsEnabled: true },
    },
  ]);
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

/** Serves the scheme on a session; `library` says which folder is open, null while none is. */
export async function serveScheme(
  on: Protocol,
  rendererFolder: string,
  library: () => string | null,
): Promise<void> {
  const files = await listStaticFiles(rendererFolder);
  on.handle('precedent', async (request) => {
    const origin = request.headers.get('origin');
    if (request.method !== 'GET') return refuse(405, 'only GET is served');
    if (origin !== null && origin !== appOrigin) return refuse(403, 'only the application is served');
    try {
      const url = new URL(request.url);
      if (url.host === 'app') return (await serveStatic(files, url.pathname)) ?? refuse(404, 'no such file');
      const serve = libraryHosts.get(url.host);
      const folder = library();
      if (!serve || folder === null) return refuse(404, serve ? 'no library is open' : 'no such host');
      return await serve(folder, url);
    } catch (thrown) {
      const error = PrecedentError.from(thrown);
      const status = statusOfKind[error.kind];
      if (status !== undefined) return refuse(status, error.what);
      return refuse(
        500,
        error.kind === 'corrupt' ? 'the stored data failed its check' : 'it could not be read',
      );
    }
  });
}
