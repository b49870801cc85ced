import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clipInput, type HuWindow, type Rgb } from '../../native/encoder/clip.ts';
import { removeFolder, temporaryFolder } from '../support/precedent.ts';
import { pythonWith, runPython } from '../support/python.ts';
import { sharedDir, sharedMissing } from '../support/shared.ts';

const shared = sharedDir();
const python = pythonWith('numpy', 'PIL', 'torchvision', 'pydicom');
const missing = [
  shared ? '' : sharedMissing,
  python ? '' : 'no Python with Pillow, torchvision and pydicom',
].filter(Boolean);

interface Compared {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly size: number;
  readonly resizeMode: 'shortest' | 'squash';
  readonly window: HuWindow;
  readonly mean: Rgb;
  readonly std: Rgb;
}

/** Slices of three sources, whole and cut to other shapes: their HU, and what Pillow and torchvision make of them. */
const script = `
import glob, json, sys
import numpy, pydicom
from PIL import Image
from torchvision import transforms as T
data, out = sys.argv[1:3]
def ct(pattern, every):
    files = sorted(glob.glob(data + pattern, recursive=True))[5::every]
    for file in files:
        d = pydicom.dcmread(file)
        hu = d.pixel_array.astype(numpy.float64) * float(d.RescaleSlope) + float(d.RescaleIntercept)
        yield hu.astype(numpy.float32)
lung = list(ct('/lung1-dicom/LUNG1-001/image/*.dcm', 17))
liver = list(ct('/chaos-liver-dicom/**/*.dcm', 13))
nodules = numpy.load(data + '/lidc-slices/slices.npz')['hu'].astype(numpy.float32)
slices = [('lung', s) for s in lung[:4]] + [('liver', s) for s in liver[:4]] + [('nodule', nodules[n]) for n in (0, 333, 777, 1200)]
slices += [('lung', lung[4][40:425, 7:506]), ('lung', lung[5][:, 100:323]), ('lung', lung[6][13:120, :]), ('lung', lung[1][200:230, 100:301])]
slices += [('liver', liver[4][100:324, 90:390]), ('liver', liver[1][3:500, 3:228]), ('nodule', nodules[50][10:61, 20:50]), ('nodule', nodules[51][:9, :])]
windows = {'lung': (-600, 1500), 'liver': (60, 400), 'nodule': (-500, 1400)}
clip = ('shortest', 224, [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711])
insight = ('squash', 480, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
made = []
for n, (name, hu) in enumerate(slices):
    center, width = windows[name]
    share = numpy.clip((hu.astype(numpy.float64) - (center - width / 2)) / width, 0, 1)
    picture = Image.fromarray((share * 255 + 0.5).astype(numpy.uint8)).convert('RGB')
    hu.tofile(f'{out}/{n}.hu')
    for resizeMode, size, mean, std in (clip, insight):
        bicubic = T.InterpolationMode.BICUBIC
        resize = [T.Resize(size, interpolation=bicubic), T.CenterCrop(size)] if resizeMode == 'shortest' else [T.Resize((size, size), interpolation=bicubic)]
        tensor = T.Compose(resize + [T.ToTensor(), T.Normalize(mean, std)])(picture)
        tensor.numpy().tofile(f'{out}/{n}.{resizeMode}')
        made.append(dict(name=str(n), width=hu.shape[1], height=hu.shape[0], size=size, resizeMode=resizeMode,
            window=dict(center=center, width=width), mean=mean, std=std))
print(json.dumps(made))
`;

describe.skipIf(missing.length > 0)(
  missing.length > 0 ? `CLIP's preprocessing (skipped: ${missing.join('; ')})` : "CLIP's preprocessing",
  () => {
    let folder: string;
    let compared: readonly Compared[];

    beforeAll(async () => {
      folder = await temporaryFolder();
      compared = runPython(python ?? '', script, [join(shared ?? '', 'data'), folder]);
    });
    afterAll(() => removeFolder(folder));

    test.each(['shortest', 'squash'])(
      'equals Pillow and torchvision on 20 CT slices (%s)',
      async (resizeMode) => {
        const cases = compared.filter((made) => made.resizeMode === resizeMode);
        expect(cases).toHaveLength(20);
        const differences = await Promise.all(cases.map((made) => largestDifference(folder, made)));
        expect(Math.max(...differences)).toBeLessThan(1e-3);
      },
    );
  },
);

async function largestDifference(folder: string, made: Compared): Promise<number> {
  const { name, resizeMode, width, height, window } = made;
  const hu = floats(await readFile(join(folder, `${name}.hu`)));
  const expected = floats(await readFile(join(folder, `${name}.${resizeMode}`)));
  const input = clipInput({ hu, width, height }, { ...made, windows: [window] });
  expect(input).toHaveLength(expected.length);
  return input.reduce((most, value, at) => Math.max(most, Math.abs(value - expected[at])), 0);
}

function floats({ buffer, byteOffset, byteLength }: Buffer): Float32Array {
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}
