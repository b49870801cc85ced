/** Reads what 3D-MIR publishes: the table of labels and captions of each organ, and its split into training and testing. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PrecedentError } from '../../contract/errors.ts';
import { type LabelRow, readLabels } from '../../ingest/labels.ts';
import { type MirLabels, type MirOrgan, mirOrgans } from './labels.ts';
import type { MirSplit } from './splits.ts';

export const publishedCaptions = ['V1', 'V2', 'V3'] as const;
type PublishedCaption = (typeof publishedCaptions)[number];

/** A row of an organ's table. A case without a tumour of another organ's data set stands in it as one without a finding. */
export interface MirCase {
  readonly name: string;
  readonly labels: MirLabels;
  readonly captions: Readonly<Record<PublishedCaption, string>>;
}

export interface MirTable {
  readonly organ: MirOrgan;
  readonly cases: readonly MirCase[];
  /** Those of a part, in the split's order. */
  readonly split: Readonly<Record<MirSplit, readonly MirCase[]>>;
}

/**
 * The organs that `labels` has a table of (`ORGAN_labels_and_captions.csv`), with their splits (`ORGAN_full_train_split.csv`).
 * @throws PrecedentError `not-found` without any table or without a split, `unreadable` for a case or value that is not there
 */
export async function readMirData(labels: string, splits: string): Promise<MirTable[]> {
  const tables: MirTable[] = [];
  for (const organ of mirOrgans) {
    const path = join(labels, `${organ}_labels_and_captions.csv`);
    if (existsSync(path)) tables.push(await readOrgan(organ, path, splits));
  }
  if (tables.length > 0) return tables;
  throw new PrecedentError(
    'not-found',
    'there is no table of an organ',
    basename(labels),
    'name the folder with liver_labels_and_captions.csv by --labels',
  );
}

async function readOrgan(organ: MirOrgan, path: string, splits: string): Promise<MirTable> {
  const cases = (await readLabels(path)).map((row, at) => mirCase(row, `${basename(path)}, row ${at + 2}`));
  const byName = new Map(cases.map((one) => [one.name, one]));
  const part = async (split: MirSplit): Promise<MirCase[]> => {
    const file = `${organ}_full_${split}_split.csv`;
    if (!existsSync(join(splits, file))) {
      const todo = 'name the folder with the splits by --splits';
      throw new PrecedentError('not-found', `there is no ${file}`, basename(splits), todo);
    }
    return (await readLabels(join(splits, file))).map(({ case: name }, at) => {
      const found = byName.get(name);
      if (found) return found;
      throw new PrecedentError('unreadable', 'the case has no labels', `${file}, row ${at + 2}`);
    });
  };
  return { organ, cases, split: { train: await part('train'), test: await part('test') } };
}

function mirCase({ case: name, labels }: LabelRow, where: string): MirCase {
  const number = (column: string): number => {
    const value = labels[column] === undefined ? Number.NaN : Number(labels[column]);
    if (Number.isFinite(value)) return value;
    throw new PrecedentError('unreadable', `${column} is not a number`, where);
  };
  const caption = (version: PublishedCaption): string => labels[`Caption${version}`] ?? '';
  return {
    name,
    labels: {
      numberTumors: number('number_tumors'),
      maxTumorSizeCm: number('max_tumor_size'),
      cancerFlag: number('cancer_flag') === 0 ? 0 : 1,
      lesionGroup: number('lesion_group'),
    },
    captions: { V1: caption('V1'), V2: caption('V2'), V3: caption('V3') },
  };
}

/** The tables with the training cases as queries, each against the others: to choose by, without a look at the test part. */
export function leaveOneOut(tables: readonly MirTable[]): MirTable[] {
  return tables.map((table) => ({ ...table, split: { train: table.split.train, test: table.split.train } }));
}
