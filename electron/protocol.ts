/** Registers the read-only scheme `precedent:` and serves it on a session (`answer.ts`). */
import { protocol as globalProtocol, type Protocol } from 'electron';
import { answer } from './answer.ts';
import { listStaticFiles } from './staticFiles.ts';

/** Must run before the application is ready. */
export function registerScheme(): void {
  globalProtocol.registerSchemesAsPrivileged([
    {
      scheme: 'precedent',
      privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, corsEnabled: true },
    },
  ]);
}

/** `library` says which folder is open, null while none is. */
export async function serveScheme(
  on: Protocol,
  rendererFolder: string,
  library: () => string | null,
): Promise<void> {
  const files = await listStaticFiles(rendererFolder);
  on.handle('precedent', (request) => answer(request, files, library()));
}
