/** The columns of the table of lesions: which there can be, what each says, and the user's choice, order and widths of them. */
import { useMemo } from 'react';
import { z } from 'zod';
import { create } from 'zustand';
import { catalogFields } from '../../../native/contract/filters.ts';
import type { ListedLesion } from '../../../native/contract/library.ts';
import type { FieldInfo } from '../../../native/contract/model.ts';
import { minus, ml } from '../../ui/format.ts';
import { keep, readKept } from '../../ui/kept.ts';
import { byImportance } from '../../ui/labels.ts';

export interface Column {
  readonly name: string;
  readonly title: string;
  readonly width: number;
  readonly kind: 'picture' | 'text' | 'number';
  /** The field that it says and is sorted by; without one it is neither sorted nor asked for. */
  readonly field: string | null;
  /** Whether a cell can be written in, which sets the label or the part of a diagnosis of the column's name. */
  readonly edits: boolean;
}

export const pictureColumn = '@picture';
export const labelsColumn = '@labels';
const captionColumn = '@caption';
const embeddedColumn = '@embedded';

const own: readonly Column[] = [
  { name: pictureColumn, title: 'Picture', width: 44, kind: 'picture', field: null, edits: false },
  { name: labelsColumn, title: 'All labels', width: 240, kind: 'text', field: null, edits: false },
  { name: captionColumn, title: 'Caption', width: 320, kind: 'text', field: null, edits: false },
  { name: embeddedColumn, title: 'Searchable', width: 90, kind: 'text', field: null, edits: false },
];

/** Of fields of the catalog; what is not here has no column. */
const widths: Readonly<Record<string, { readonly title: string; readonly width: number }>> = {
  name: { title: 'Name', width: 170 },
  patient: { title: 'Patient', width: 130 },
  date: { title: 'Study', width: 108 },
  organ: { title: 'Organ', width: 100 },
  place: { title: 'Place', width: 130 },
  diameterMm: { title: 'Size, mm', width: 78 },
  diameter3dMm: { title: 'Size 3D, mm', width: 92 },
  volumeMl: { title: 'Volume', width: 84 },
  meanHu: { title: 'Mean, HU', width: 84 },
  sdHu: { title: 'SD, HU', width: 72 },
  diagnosis: { title: 'Diagnosis', width: 160 },
  proof: { title: 'Proof', width: 104 },
  sex: { title: 'Sex', width: 56 },
  age: { title: 'Age', width: 56 },
  kernel: { title: 'Kernel', width: 90 },
  sliceThicknessMm: { title: 'Slice, mm', width: 82 },
  phase: { title: 'Phase', width: 100 },
  contrast: { title: 'Contrast', width: 110 },
  scanner: { title: 'Scanner', width: 160 },
  source: { title: 'Drawn', width: 84 },
};
const labelWidth = 110;
const written: ReadonlySet<string> = new Set(['organ', 'diagnosis', 'proof']);
const catalog = new Map(catalogFields.map((field) => [field.name, field]));

/** The column of this name, whether or not any lesion has a value of it now. */
function columnNamed(name: string): Column {
  const special = own.find((column) => column.name === name);
  if (special) return special;
  const known = Object.hasOwn(widths, name) ? widths[name] : { title: name, width: labelWidth };
  return {
    name,
    ...known,
    kind: catalog.get(name)?.kind === 'number' ? 'number' : 'text',
    field: name,
    edits: written.has(name) || !catalog.has(name),
  };
}

/** Every column that there can be: the catalog's, then the labels of the library. */
export function allColumns(fields: readonly FieldInfo[]): readonly Column[] {
  const labels = fields.filter(({ name, label }) => label && !catalog.has(name)).map(({ name }) => name);
  const names = [
    pictureColumn,
    ...Object.keys(widths),
    ...byImportance(labels),
    ...own.slice(1).map(({ name }) => name),
  ];
  return names.map(columnNamed);
}

const kept = z.array(z.object({ name: z.string().max(300), width: z.number().min(30).max(1200) })).max(60);
type Kept = z.infer<typeof kept>;
const keptName = 'library.columns';

/** Null until the user chooses: then what tells most of this library. */
const useChosen = create<{ readonly chosen: Kept | null }>(() => ({
  chosen: readKept(keptName, kept),
}));

const labelsAtFirst = 3;
function columnsAtFirst(fields: readonly FieldInfo[]): readonly string[] {
  const labels = byImportance(
    fields.filter(({ name, label }) => label && !catalog.has(name)).map(({ name }) => name),
  );
  return [
    pictureColumn,
    'name',
    'patient',
    'date',
    'organ',
    'diameterMm',
    'diagnosis',
    'proof',
    ...labels.slice(0, labelsAtFirst),
  ];
}

export function useColumns(fields: readonly FieldInfo[]): readonly Column[] {
  const chosen = useChosen((s) => s.chosen);
  return useMemo(
    () =>
      chosen
        ? chosen.map(({ name, width }) => ({ ...columnNamed(name), width }))
        : columnsAtFirst(fields).map(columnNamed),
    [chosen, fields],
  );
}

/** Keeps these columns in this order and with these widths; null goes back to those of the beginning. */
export function chooseColumns(columns: readonly Column[] | null): void {
  const chosen = columns?.map(({ name, width }) => ({ name, width })) ?? null;
  useChosen.setState({ chosen });
  keep(keptName, chosen);
}

const digits: Readonly<Record<string, number>> = {
  diameterMm: 1, diameter3dMm: 1, meanHu: 0, sdHu: 0, sliceThicknessMm: 2,
}; // biome-ignore format: a table

/** What stands in a cell, but for pictures and whatever names a patient. */
export function cellText(lesion: ListedLesion, { name }: Column): string {
  if (name === captionColumn) return lesion.caption;
  if (name === embeddedColumn) return lesion.embedded ? 'yes' : 'not yet';
  const value = Object.hasOwn(lesion.values, name) ? lesion.values[name] : '';
  if (value === '') return '';
  if (name === 'volumeMl') return ml(Number(value));
  if (Object.hasOwn(digits, name)) return minus(Number(Number(value).toFixed(digits[name])));
  return value;
}
