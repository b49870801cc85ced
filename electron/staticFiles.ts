/** The application's own page: a listing of its files is made once, and only what it lists can be served. */
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

const mimeTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob: precedent://thumbnails",
  "font-src 'self'",
  "connect-src 'self' precedent://voxels",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export interface StaticFile {
  readonly path: string;
  readonly type: string;
}

/** URL path → file, for every regular file below the folder; symbolic links and unknown types are left out. */
export async function listStaticFiles(folder: string): Promise<ReadonlyMap<string, StaticFile>> {
  const files = new Map<string, StaticFile>();
  const walk = async (directory: string, prefix: string): Promise<void> => {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      const type = mimeTypes[extname(entry.name).toLowerCase()];
      if (entry.isDirectory()) await walk(path, `${prefix}${entry.name}/`);
      else if (entry.isFile() && type !== undefined) files.set(`${prefix}${entry.name}`, { path, type });
    }
  };
  await walk(folder, '/');
  return files;
}

/** Answers a path exactly as it stands in the URL: nothing is decoded, so nothing can be smuggled. */
export async function serveStatic(
  files: ReadonlyMap<string, StaticFile>,
  pathname: string,
): Promise<Response | null> {
  const file = files.get(pathname === '/' ? '/index.html' : pathname);
  if (!file) return null;
  return new Response(await readFile(file.path), {
    headers: {
      'Content-Type': file.type,
      'Content-Security-Policy': contentSecurityPolicy,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
    },
  });
}
