/** What is known of query and hits, row by row, and where a hit says what the query says. */
import type { Hit, LesionRow, Measurements, VolumeRow } from '../../native/contract/model.ts';
import { meanSd, minus, ml, mm, thickness } from '../ui/format.ts';
import { byImportance } from '../ui/labels.ts';

/** What is known of one lesion, as far as it has arrived. */
export interface Known {
  readonly measurements: Pick<Measurements, 'volumeMl' | 'diameterMm' | 'meanHu'> | null;
  readonly lesion: LesionRow | Measurements | undefined;
  readonly volume: Pick<VolumeRow, 'sliceThicknessMm' | 'spacingMm'> | undefined;
  readonly kernel: string | undefined;
  readonly contrast: string | undefined;
  readonly labels: Hit['labels'];
}

interface Cell {
  readonly text: string;
  /** Whether it is said of the query, too. */
  readonly agrees: boolean;
}
export interface TableRow {
  readonly title: string;
  readonly cells: readonly Cell[];
}

const unknown = '–';

/** What is said in words; measured values are alike or not, they do not agree. */
const saidRows: readonly { readonly title: string; readonly of: (known: Known) => string | undefined }[] = [
  {
    title: 'Slices',
    of: ({ volume }) => volume && thickness(volume.sliceThicknessMm ?? volume.spacingMm[2]),
  },
  { title: 'Kernel', of: ({ kernel }) => kernel },
  { title: 'Contrast', of: ({ contrast }) => contrast },
];
const measuredRows: readonly { readonly title: string; readonly of: (known: Known) => string | undefined }[] =
  [
    {
      title: 'Volume',
      of: ({ measurements: m }) => (m?.volumeMl === undefined ? undefined : ml(m.volumeMl)),
    },
    {
      title: 'Diameter',
      of: ({ measurements: m }) => (m?.diameterMm === undefined ? undefined : mm(m.diameterMm)),
    },
    { title: 'Diameter in 3D', of: ({ lesion }) => lesion && mm(lesion.diameter3dMm) },
    {
      title: 'Mean ± SD',
      of: ({ lesion, measurements: m }) =>
        lesion ? meanSd(lesion.meanHu, lesion.sdHu) : m ? `${minus(Math.round(m.meanHu))} HU` : undefined,
    },
  ];

/**
 * The rows of which something is known.
 * @param query null where words were searched for; its cells come first otherwise
 */
export function tableRows(query: Known | null, hits: readonly Known[]): readonly TableRow[] {
  const all = query ? [query, ...hits] : hits;
  const names = byImportance([...new Set(all.flatMap(({ labels }) => Object.keys(labels)))]);
  const row = (title: string, of: (known: Known) => string | undefined, compares: boolean): TableRow => {
    const wanted = query ? of(query) : undefined;
    return {
      title,
      cells: all.map((known) => {
        const text = of(known);
        const agrees = compares && known !== query && text !== undefined && text === wanted;
        return { text: text ?? unknown, agrees };
      }),
    };
  };
  const rows = [
    ...measuredRows.map(({ title, of }) => row(title, of, false)),
    ...saidRows.map(({ title, of }) => row(title, of, true)),
    ...names.map((name) =>
      row(name, ({ labels }) => (Object.hasOwn(labels, name) ? labels[name] : undefined), true),
    ),
  ];
  return rows.filter(({ cells }) => cells.some(({ text }) => text !== unknown));
}
