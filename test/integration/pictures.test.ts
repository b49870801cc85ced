/** A window asks for the picture of every lesion that is listed: it is there by then. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { beginSession, steps } from '../support/session.ts';

test.each(['import', 'import with copies'])(
  '%s: lesions have their picture when they are listed',
  async (name) => {
    const folder = await temporaryFolder();
    onTestFinished(() => removeFolder(folder));
    const session = await beginSession(join(folder, 'home'));
    onTestFinished(() => session.here.close());
    const { layout, writes } = session.here.engine.library;
    const { addVolume } = writes;
    const pictured: boolean[] = [];
    vi.spyOn(writes, 'addVolume').mockImplementation((volume) => {
      pictured.push(...volume.lesions.map(({ uid }) => existsSync(layout.thumbnail(uid))));
      return addVolume(volume);
    });
    await steps.find((step) => step.name === name)?.run(session);
    expect(pictured.length).toBeGreaterThan(0);
    expect(pictured).not.toContain(false);
  },
);
