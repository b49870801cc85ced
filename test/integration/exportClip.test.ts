import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encoderFiles, loadManifest } from '../../native/encoder/manifest.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { pythonWith } from '../support/python.ts';
import { type ReadyName, readyNames } from '../support/readyEncoders.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
/** Modules by the names of the real packages, with small made models. */
const stands = join(root, 'test/support/python');
const python = pythonWith('torch', 'torchvision', 'PIL', 'numpy');

const exported = (args: readonly string[], pythonPath: string) =>
  run(python ?? '', [join(root, 'tools/encoder/exportClip.py'), ...args], {
    env: { ...process.env, PYTHONPATH: pythonPath, PYTHONDONTWRITEBYTECODE: '1' },
  });
const checked = (...folders: string[]) =>
  run(process.execPath, [join(root, 'tools/encoder/checkExport.ts'), ...folders]);

describe.skipIf(!python)(
  `the export${python ? '' : ' (skipped: no Python with torch and torchvision)'}`,
  () => {
    let out: string;
    const of = (name: ReadyName) => join(out, name);

    beforeAll(async () => {
      out = await temporaryFolder();
      await exported(['biomedclip', '--out', out], stands);
      await exported(['medimageinsight', '--package', stands, '--out', out], stands);
    });
    afterAll(() => removeFolder(out));

    test.each(readyNames)('%s has a manifest with the hashes of its files', async (name) => {
      const manifest = await loadManifest(of(name));
      expect(manifest.id).toBe(name);
      expect(await encoderFiles(manifest, of(name))).toContain('NOTICE.txt');
    });

    test('Precedent embeds pictures and texts as the original pipeline does', async () => {
      const { stdout } = await checked(...readyNames.map(of));
      const lines = stdout.trim().split('\n');
      expect(lines).toHaveLength(4);
      for (const line of lines) expect(line).toMatch(/as in the original, smallest cosine (1\.0000|0\.9999)/);
    });

    test('an encoder that does otherwise is found out', async () => {
      const path = join(of('biomedclip-image'), 'encoder.json');
      const manifest = await readFile(path, 'utf8');
      await writeFile(path, manifest.replace('shortest', 'squash'));
      await expect(checked(of('biomedclip-image'))).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^biomedclip-image: the pictures are embedded otherwise/),
      });
      await writeFile(path, manifest);
      const texts = join(of('biomedclip-text'), 'encoder.json');
      const text = await readFile(texts, 'utf8');
      await writeFile(texts, text.replace('[PAD]', '[MASK]'));
      await expect(checked(of('biomedclip-text'))).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^biomedclip-text: token 2 of "" is 4, in the original 0/),
      });
      await writeFile(texts, text);
    });

    test.each([
      [['biomedclip', '--out', 'DIR'], 'open_clip is missing'],
      [
        ['medimageinsight', '--package', 'nowhere', '--out', 'DIR'],
        'MedImageInsight cannot be loaded from nowhere',
      ],
    ])('%j without the package says so in one line', async (args, what) => {
      // Also where the real one is installed.
      await writeFile(join(out, 'open_clip.py'), "raise ImportError('not here')");
      const failure = exported(args, out);
      await expect(failure).rejects.toMatchObject({ code: 1, stdout: '' });
      await expect(failure).rejects.toMatchObject({
        stderr: expect.stringMatching(new RegExp(`^exportClip: ${what}[^\n]*\n$`)),
      });
    });

    test('an encoder that is there already is kept', async () => {
      await expect(exported(['biomedclip', '--out', out], stands)).rejects.toMatchObject({
        stderr: expect.stringContaining('holds an encoder already'),
      });
    });
  },
);
