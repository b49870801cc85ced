/** What is imported in the crash tests: a handful of tiny cases of every kind that the import reads, generated. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatePhantomLibrary } from '../../../native/phantom/generate.ts';
import { tiny, writeEncoder } from '../../support/encoderFolder.ts';
import { rampSeries, writeRampSeries } from '../../support/seriesWriter.ts';
import { niftiImage, niftiMask } from '../../support/validFiles.ts';
import { writeZip } from '../../support/zipWriter.ts';

export interface Source {
  readonly name: string;
  readonly path: string;
  readonly labels?: string;
  readonly copy?: boolean;
}

export interface Sources {
  /** In every library from the beginning. */
  readonly base: readonly Source[];
  /** Imported while processes are killed, in any order. */
  readonly further: readonly Source[];
  /** Folders of two tiny encoders, by their ids. */
  readonly encoders: Readonly<Record<string, string>>;
}

/** A manifest under whose window no region is black: whatever is drawn can be embedded. */
const seeingAll = (manifest: (typeof tiny)['volume']) => ({
  ...manifest,
  input: { ...(manifest.input as object), windows: [{ center: 0, width: 5000 }] },
});

const small = { matrix: 96, maxSlices: 24 };

export async function writeSources(folder: string): Promise<Sources> {
  const at = (...path: string[]) => join(folder, ...path);
  const nifti = (name: string, cases: string) => {
    mkdirSync(at(name), { recursive: true });
    for (const one of cases) {
      writeFileSync(at(name, `${one}.nii.gz`), niftiImage(one));
      writeFileSync(at(name, `${one}_mask.nii.gz`), niftiMask());
    }
    return { name, path: at(name) };
  };
  /** The patients from one number on, so that no two sources have the same. */
  const phantoms = async (name: string, first: number, last: number) => {
    await generatePhantomLibrary(at(name), { patients: last, seed: 7, ...small });
    const labels = at(name, 'labels.csv');
    for (let n = 1; n < first; n++) {
      const patient = `PH-${String(n).padStart(4, '0')}`;
      rmSync(at(name, patient), { recursive: true });
      const lines = readFileSync(labels, 'utf8').split('\n');
      writeFileSync(labels, lines.filter((line) => !line.startsWith(patient)).join('\n'));
    }
    return { name, path: at(name), labels };
  };
  await writeRampSeries(at('ramp'), { patient: 'RAMP', rows: 128, columns: 128, slices: 24 });
  writeFileSync(at('ramp/report.txt'), 'Findings: a nodule of 12 mm in the right upper lobe.');
  const packed = [...rampSeries({ patient: 'PACKED' })];
  writeFileSync(
    at('packed.zip'),
    writeZip(packed.map(({ name, bytes }) => ({ name, data: bytes, deflate: true }))),
  );
  return {
    base: [nifti('first', 'abcd'), await phantoms('phantom', 1, 1)],
    further: [
      nifti('second', 'efg'),
      nifti('third', 'hij'),
      await phantoms('labelled', 2, 3),
      { name: 'ramp', path: at('ramp'), copy: true },
      { name: 'packed', path: at('packed.zip') },
    ],
    encoders: {
      'tiny-planes': await writeEncoder(at('encoders/planes'), seeingAll(tiny['multi-plane'])),
      'tiny-volume': await writeEncoder(at('encoders/volume'), seeingAll(tiny.volume)),
    },
  };
}
