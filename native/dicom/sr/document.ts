/** Structured reports as files: the modules of their IODs around a content tree (PS3.3 sections A.35.3, A.35.4 and A.35.13). */
import { randomUUID } from 'node:crypto';
import type { ImagedStudy } from '../../contract/structuredReport.ts';
import { explicitLittleEndian } from '../dataset.ts';
import { type Element, writeElements } from '../deidentify/elements.ts';
import { explicitLittle, writeMeta } from '../part10.ts';
import {
  distinct,
  elementsOf,
  type Item,
  inOrder,
  referenced,
  referencesOf,
  sequence,
  textOf,
} from './items.ts';

const sopClasses = {
  comprehensive: '1.2.840.10008.5.1.4.1.1.88.33',
  comprehensive3d: '1.2.840.10008.5.1.4.1.1.88.34',
  keyObjects: '1.2.840.10008.5.1.4.1.1.88.59',
} as const;

export interface DocumentHead {
  readonly study: ImagedStudy;
  /** In UTC: `YYYYMMDD` and `HHMMSS`. */
  readonly date: string;
  readonly time: string;
  readonly seriesDescription: string;
  /** What says that the patient's identity was taken out, where it was. */
  readonly deidentification: readonly Element[];
}

/** A measurement report, Comprehensive SR, or Comprehensive 3D SR where something is drawn in space. */
export function reportFile(root: Item, head: DocumentHead): Buffer {
  const sopClass = isInSpace(root) ? sopClasses.comprehensive3d : sopClasses.comprehensive;
  return file(sopClass, root, head, [
    textOf(0x00080060, 'CS', 'SR'),
    textOf(0x0040a491, 'CS', 'COMPLETE'),
    textOf(0x0040a493, 'CS', 'UNVERIFIED'),
    sequence(0x0040a372, []),
  ]);
}

/** A key object selection document. */
export function keyObjectFile(root: Item, head: DocumentHead): Buffer {
  return file(sopClasses.keyObjects, root, head, [textOf(0x00080060, 'CS', 'KO')]);
}

/** A new UID of the form of PS3.5 section B.2. */
function newUid(): string {
  return `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`)}`;
}

function isInSpace({ type, children }: Item): boolean {
  return type === 'SCOORD3D' || children.some(isInSpace);
}

function file(sopClass: string, root: Item, head: DocumentHead, own: readonly Element[]): Buffer {
  const { study, date, time } = head;
  const instance = newUid();
  const evidence = distinct(referencesOf(root).map(({ frame: _, ...whole }) => whole));
  const elements: Element[] = [
    textOf(0x00080005, 'CS', 'ISO_IR 192'),
    textOf(0x00080016, 'UI', sopClass),
    textOf(0x00080018, 'UI', instance),
    textOf(0x00080020, 'DA', study.studyDate ?? ''),
    textOf(0x00080021, 'DA', date),
    textOf(0x00080023, 'DA', date),
    textOf(0x00080030, 'TM', study.studyTime ?? ''),
    textOf(0x00080031, 'TM', time),
    textOf(0x00080033, 'TM', time),
    textOf(0x00080050, 'SH', study.accessionNumber ?? ''),
    textOf(0x00080070, 'LO', 'Precedent'),
    textOf(0x00080090, 'PN', ''),
    ...present(0x00081030, 'LO', study.studyDescription),
    textOf(0x0008103e, 'LO', head.seriesDescription),
    textOf(0x00081090, 'LO', 'Precedent'),
    sequence(0x00081111, []),
    textOf(0x00100010, 'PN', study.patientName ?? ''),
    textOf(0x00100020, 'LO', study.patientId ?? ''),
    ...present(0x00100021, 'LO', study.issuerOfPatientId),
    textOf(0x00100030, 'DA', study.patientBirthDate ?? ''),
    textOf(0x00100040, 'CS', study.patientSex ?? ''),
    textOf(0x00181000, 'LO', 'none'),
    textOf(0x00181020, 'LO', 'Precedent'),
    textOf(0x0020000d, 'UI', study.studyInstanceUid),
    textOf(0x0020000e, 'UI', newUid()),
    textOf(0x00200010, 'SH', study.studyId ?? ''),
    textOf(0x00200011, 'IS', '1'),
    textOf(0x00200013, 'IS', '1'),
    ...(evidence.length > 0
      ? [
          sequence(0x0040a375, [
            [
              sequence(0x00081115, [
                [
                  sequence(0x00081199, evidence.map(referenced)),
                  textOf(0x0020000e, 'UI', study.seriesInstanceUid),
                ],
              ]),
              textOf(0x0020000d, 'UI', study.studyInstanceUid),
            ],
          ]),
        ]
      : []),
    ...own,
    ...head.deidentification,
    ...elementsOf(root, true),
  ];
  const meta = writeMeta(sopClass, instance, explicitLittleEndian);
  return Buffer.concat([meta, writeElements(inOrder(elements), explicitLittle)]);
}

function present(tag: number, vr: string, value: string | undefined): Element[] {
  return value ? [textOf(tag, vr, value)] : [];
}
