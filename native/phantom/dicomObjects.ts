/** A phantom case as DICOM objects: the CT slices (PS3.3 A.3) and an RT Structure Set (PS3.3 A.19) with its contours. */
import { createHash } from 'node:crypto';
import { type Point, polygonArea, simplify, traceContours } from '../lesion/contours.ts';
import { boxDims, type Mask, type Vec3 } from '../volume/volume.ts';
import type { PhantomCase } from './case.ts';
import { dicomFile, type Element } from './dicomWriter.ts';

const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';
const rtStructureSetStorage = '1.2.840.10008.5.1.4.1.1.481.3';
const detachedStudy = '1.2.840.10008.3.1.2.3.1';
const rescaleIntercept = -1024;

/** A UID of the UUID form (PS3.5 B.2) that is the same for the same name. */
function phantomUid(name: string): string {
  const bytes = createHash('sha256').update(`precedent phantom ${name}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x80;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return `2.25.${BigInt(`0x${bytes.toString('hex')}`)}`;
}

/** Which of a patient's series the slices are: their names make its UIDs, so that every one has its own. */
export interface SeriesPart {
  /** Empty for the examination that has the structure set. */
  readonly examination: string;
  /** Empty for an examination's first series. */
  readonly series: string;
  readonly number: number;
}
const mainPart: SeriesPart = { examination: '', series: '', number: 2 };

interface Uids {
  readonly study: string;
  readonly series: string;
  readonly frame: string;
  readonly structureSeries: string;
  readonly structureSet: string;
  slice(k: number): string;
}

function uidsOf(seed: number, id: string, { examination, series } = mainPart): Uids {
  const uid = (part: string): string => phantomUid(`${seed} ${id}${examination} ${part}`);
  return {
    study: uid('study'),
    series: uid(`series${series}`),
    frame: uid('frame'),
    structureSeries: uid('structures'),
    structureSet: uid('structure set'),
    slice: (k) => uid(`slice${series} ${k}`),
  };
}

const phaseText = { none: 'native', arterial: 'arterial', portal: 'portal venous' } as const;

function patientName(id: string): string {
  return `Phantom^${id.slice(3)}`;
}

function age(years: number): string {
  return `${String(years).padStart(3, '0')}Y`;
}

function decimal(value: number, digits = 3): string {
  return String(Number(value.toFixed(digits)));
}

/** The CT files of a case, by name, the head's slice first as scanners number them. */
export function* ctFiles(
  seed: number,
  phantom: PhantomCase,
  part = mainPart,
): Generator<{ name: string; data: Buffer }> {
  const { volume, patient, kernel, id, studyDate } = phantom;
  const uids = uidsOf(seed, id, part);
  const [ni, nj, nk] = volume.dims;
  const [sx, sy, thickness] = volume.spacing;
  const chest = phantom.lesions[0]?.organ.startsWith('Lung') ?? false;
  const contrast = patient.phase !== 'none';
  for (let k = nk - 1; k >= 0; k--) {
    const number = nk - k;
    const z = volume.origin[2] + k * thickness;
    const stored = new Uint16Array(ni * nj);
    const from = ni * nj * k;
    for (let v = 0; v < stored.length; v++) stored[v] = volume.voxels[from + v] - rescaleIntercept;
    const elements: Element[] = [
      [0x00080005, 'CS', 'ISO_IR 100'],
      [0x00080008, 'CS', ['ORIGINAL', 'PRIMARY', 'AXIAL']],
      [0x00080016, 'UI', ctImageStorage],
      [0x00080018, 'UI', uids.slice(k)],
      [0x00080020, 'DA', studyDate],
      [0x00080021, 'DA', studyDate],
      [0x00080022, 'DA', studyDate],
      [0x00080023, 'DA', studyDate],
      [0x00080030, 'TM', '101500'],
      [0x00080031, 'TM', '102000'],
      [0x00080032, 'TM', '102000'],
      [0x00080033, 'TM', '102100'],
      [0x00080050, 'SH', `A${id.slice(3)}${part.examination.toUpperCase()}`],
      [0x00080060, 'CS', 'CT'],
      [0x00080070, 'LO', 'Precedent Phantom'],
      [0x00080090, 'PN', 'Nobody^Synthetic'],
      [0x00081030, 'LO', chest ? 'Synthetic CT chest' : 'Synthetic CT abdomen'],
      [0x0008103e, 'LO', `${phaseText[patient.phase]} ${decimal(thickness)} ${kernel.name}`],
      [0x00081090, 'LO', 'Phantom 1'],
      [0x00100010, 'PN', patientName(id)],
      [0x00100020, 'LO', id],
      [0x00100030, 'DA', ''],
      [0x00100040, 'CS', patient.sex],
      [0x00101010, 'AS', age(patient.age)],
    ];
    if (contrast) elements.push([0x00180010, 'LO', 'Synthetic iodine 350']);
    elements.push([0x00180015, 'CS', chest ? 'CHEST' : 'ABDOMEN']);
    elements.push([0x00180050, 'DS', decimal(thickness)]);
    elements.push([0x00180060, 'DS', contrast ? 100 : 120]);
    if (contrast) elements.push([0x00181040, 'LO', 'IV']);
    elements.push(
      [0x00181210, 'SH', kernel.name],
      [0x00185100, 'CS', 'HFS'],
      [0x0020000d, 'UI', uids.study],
      [0x0020000e, 'UI', uids.series],
      [0x00200010, 'SH', `${id.slice(3)}${part.examination.toUpperCase()}`],
      [0x00200011, 'IS', part.number],
      [0x00200012, 'IS', 1],
      [0x00200013, 'IS', number],
      [0x00200032, 'DS', [decimal(volume.origin[0]), decimal(volume.origin[1]), decimal(z)]],
      [0x00200037, 'DS', [1, 0, 0, 0, 1, 0]],
      [0x00200052, 'UI', uids.frame],
      [0x00201040, 'LO', ''],
      [0x00201041, 'DS', decimal(z)],
      [0x00280002, 'US', 1],
      [0x00280004, 'CS', 'MONOCHROME2'],
      [0x00280010, 'US', nj],
      [0x00280011, 'US', ni],
      [0x00280030, 'DS', [decimal(sy), decimal(sx)]],
      [0x00280100, 'US', 16],
      [0x00280101, 'US', 12],
      [0x00280102, 'US', 11],
      [0x00280103, 'US', 0],
      [0x00281050, 'DS', chest ? -600 : 50],
      [0x00281051, 'DS', chest ? 1500 : 400],
      [0x00281052, 'DS', rescaleIntercept],
      [0x00281053, 'DS', 1],
      [0x00281054, 'LO', 'HU'],
      [0x7fe00010, 'OW', new Uint8Array(stored.buffer)],
    );
    const data = dicomFile(ctImageStorage, uids.slice(k), elements);
    yield { name: `IM${String(number).padStart(4, '0')}.dcm`, data };
  }
}

/** One closed planar contour: the slice's index and points as continuous voxel indices (i, j). */
export interface SliceContour {
  readonly k: number;
  readonly points: readonly Point[];
}

/** Contours of a lesion from its level field: sub-voxel, and filling them gives the mask again. */
export function lesionContours(mask: Mask, level: Float32Array): SliceContour[] {
  const [ni, nj, nk] = boxDims(mask.box);
  return sliceContours(
    mask,
    nk,
    (k) => level.subarray((ni + 2) * (nj + 2) * k, (ni + 2) * (nj + 2) * (k + 1)),
    {
      tolerance: 0,
      smallest: 0,
    },
  );
}

/** Contours of an organ's mask, simplified; specks are left out and holes are filled. */
export function organContours(mask: Mask): SliceContour[] {
  const [ni, nj, nk] = boxDims(mask.box);
  const level = new Float32Array((ni + 2) * (nj + 2));
  const slice = (k: number): Float32Array => {
    level.fill(0.5);
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++) {
        if (mask.bits[i + ni * (j + nj * k)]) level[i + 1 + (ni + 2) * (j + 1)] = -0.5;
      }
    }
    return level;
  };
  return sliceContours(mask, nk, slice, { tolerance: 0.45, smallest: 8 });
}

function sliceContours(
  mask: Mask,
  slices: number,
  levelOf: (k: number) => Float32Array,
  rule: { tolerance: number; smallest: number },
): SliceContour[] {
  const [ni, nj] = boxDims(mask.box);
  const out: SliceContour[] = [];
  for (let k = 0; k < slices; k++) {
    for (const loop of traceContours(levelOf(k), ni + 2, nj + 2)) {
      // Holes have negative area; structure sets have no agreed way to say them, so organs are drawn by their outside.
      if (polygonArea(loop) <= rule.smallest) continue;
      const kept = rule.tolerance > 0 ? simplify(loop, rule.tolerance) : loop;
      if (kept.length < 3) continue;
      const points = kept.map(([i, j]): Point => [i - 1 + mask.box[0], j - 1 + mask.box[1]]);
      out.push({ k: mask.box[2] + k, points });
    }
  }
  return out;
}

const colours: readonly Vec3[] = [
  [255, 64, 64],
  [255, 176, 32],
  [255, 96, 208],
  [64, 160, 255],
  [64, 208, 144],
  [176, 144, 255],
  [144, 200, 64],
];

/** The structure set of a case: every lesion, then every organ. */
export function structureSetFile(seed: number, phantom: PhantomCase): Buffer {
  const { volume, patient, id, studyDate } = phantom;
  const uids = uidsOf(seed, id);
  const image = (k: number): Element[] => [
    [0x00081150, 'UI', ctImageStorage],
    [0x00081155, 'UI', uids.slice(k)],
  ];
  const rois = [
    ...phantom.lesions.map((l) => ({ name: l.name, type: 'GTV', contours: lesionContours(l.mask, l.level) })),
    ...phantom.organs.map((o) => ({ name: o.name, type: 'ORGAN', contours: organContours(o.mask) })),
  ].filter((roi) => roi.contours.length > 0);
  const contourItem = ({ k, points }: SliceContour): Element[] => {
    const z = decimal(volume.origin[2] + k * volume.spacing[2]);
    const data: string[] = [];
    for (const [i, j] of points) {
      data.push(decimal(volume.origin[0] + i * volume.spacing[0]));
      data.push(decimal(volume.origin[1] + j * volume.spacing[1]), z);
    }
    return [
      [0x30060016, 'SQ', [image(k)]],
      [0x30060042, 'CS', 'CLOSED_PLANAR'],
      [0x30060046, 'IS', points.length],
      [0x30060050, 'DS', data],
    ];
  };
  const allImages = Array.from({ length: volume.dims[2] }, (_, k) => image(k));
  const elements: Element[] = [
    [0x00080005, 'CS', 'ISO_IR 100'],
    [0x00080016, 'UI', rtStructureSetStorage],
    [0x00080018, 'UI', uids.structureSet],
    [0x00080020, 'DA', studyDate],
    [0x00080021, 'DA', studyDate],
    [0x00080030, 'TM', '101500'],
    [0x00080031, 'TM', '110000'],
    [0x00080050, 'SH', `A${id.slice(3)}`],
    [0x00080060, 'CS', 'RTSTRUCT'],
    [0x00080070, 'LO', 'Precedent Phantom'],
    [0x00080090, 'PN', 'Nobody^Synthetic'],
    [0x0008103e, 'LO', 'Lesions and organs'],
    [0x00081090, 'LO', 'Phantom 1'],
    [0x00100010, 'PN', patientName(id)],
    [0x00100020, 'LO', id],
    [0x00100030, 'DA', ''],
    [0x00100040, 'CS', patient.sex],
    [0x00101010, 'AS', age(patient.age)],
    [0x0020000d, 'UI', uids.study],
    [0x0020000e, 'UI', uids.structureSeries],
    [0x00200010, 'SH', id.slice(3)],
    [0x00200011, 'IS', 3],
    [0x00200013, 'IS', 1],
    [0x00200052, 'UI', uids.frame],
    [0x00201040, 'LO', ''],
    [0x30060002, 'SH', 'PHANTOM'],
    [0x30060008, 'DA', studyDate],
    [0x30060009, 'TM', '110000'],
    [
      0x30060010,
      'SQ',
      [
        [
          [0x00200052, 'UI', uids.frame],
          [
            0x30060012,
            'SQ',
            [
              [
                [0x00081150, 'UI', detachedStudy],
                [0x00081155, 'UI', uids.study],
                [
                  0x30060014,
                  'SQ',
                  [
                    [
                      [0x0020000e, 'UI', uids.series],
                      [0x30060016, 'SQ', allImages],
                    ],
                  ],
                ],
              ],
            ],
          ],
        ],
      ],
    ],
    [
      0x30060020,
      'SQ',
      rois.map((roi, n): Element[] => [
        [0x30060022, 'IS', n + 1],
        [0x30060024, 'UI', uids.frame],
        [0x30060026, 'LO', roi.name],
        [0x30060036, 'CS', 'AUTOMATIC'],
      ]),
    ],
    [
      0x30060039,
      'SQ',
      rois.map((roi, n): Element[] => [
        [0x3006002a, 'IS', [...colours[n % colours.length]]],
        [0x30060040, 'SQ', roi.contours.map(contourItem)],
        [0x30060084, 'IS', n + 1],
      ]),
    ],
    [
      0x30060080,
      'SQ',
      rois.map((roi, n): Element[] => [
        [0x30060082, 'IS', n + 1],
        [0x30060084, 'IS', n + 1],
        [0x300600a4, 'CS', roi.type],
        [0x300600a6, 'PN', ''],
      ]),
    ],
    [0x300e0002, 'CS', 'UNAPPROVED'],
  ];
  return dicomFile(rtStructureSetStorage, uids.structureSet, elements);
}
