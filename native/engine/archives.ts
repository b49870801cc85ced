/** What the engine answers about archives: everything of a library in open formats. */
import { basename } from 'node:path';
import { isArchive, readArchive } from '../archive/readArchive.ts';
import { writeArchive } from '../archive/writeArchive.ts';
import type { EngineContract } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { Handlers } from '../process/serve.ts';
import { addEncoder } from './addEncoder.ts';
import type { Engine } from './engine.ts';

/** @param changed to be called once the library holds other cases */
export function archiveHandlers(
  engine: Engine,
  changed: () => void,
): Pick<Handlers<EngineContract>, 'archive.write' | 'archive.read'> {
  const { library, grants, encoders, spawner } = engine;
  return {
    'archive.write': ({ target }, { signal, progress }) =>
      writeArchive(library, grants.take(target, 'write'), signal, progress),
    'archive.read': async ({ source }, { signal, progress }) => {
      const folder = grants.take(source, 'read');
      if (!isArchive(folder))
        throw new PrecedentError('usage', 'this folder is no export of a whole library');
      const archived = await engine.exclusively('taking in an export', signal, (either) =>
        readArchive(
          library,
          folder,
          async (encoder) => {
            // Left there by an archive that then turned out not to be whole.
            const present = encoders.folders.some((own) => basename(own) === basename(encoder));
            if (!present) await addEncoder(library, encoders, spawner, encoder, either);
          },
          either,
          progress,
        ),
      );
      library.session.usersReplaced();
      changed();
      engine.embedInBackground();
      return archived;
    },
  };
}

/** An export would be taken for many images without what is known of them. */
export function refuseArchives(sources: readonly string[]): void {
  if (!sources.some(isArchive)) return;
  throw new PrecedentError(
    'refused',
    'this folder is the export of a whole library',
    undefined,
    'take it into an empty library in the settings, or by `precedent import` alone',
  );
}
