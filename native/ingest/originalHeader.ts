/** In the reader process: the header of an original file as rows, whatever its format. */
import type { z } from 'zod';
import { PrecedentError } from '../contract/errors.ts';
import {
  type HeaderRow,
  type headerParams,
  mostCharacters,
  mostRows,
  shownCharacters,
} from '../contract/originalHeader.ts';
import { dicomHeaderRows } from '../dicom/headerRows.ts';
import { niftiHeaderRows } from '../nifti/headerRows.ts';
import { nrrdHeaderRows } from '../nrrd/headerRows.ts';

type Params = z.infer<typeof headerParams>;

const readers: Readonly<
  Record<
    Params['format'],
    (path: string, options: { masked: boolean; characters: number }) => Promise<HeaderRow[]>
  >
> = { dicom: dicomHeaderRows, nifti: niftiHeaderRows, nrrd: nrrdHeaderRows };

/** @throws PrecedentError `unreadable`, `limit` */
export async function readHeaderRows({
  path,
  format,
  masked,
}: Params): Promise<{ rows: HeaderRow[]; left: number }> {
  const rows = await readers[format](path, { masked, characters: shownCharacters });
  return { rows: rows.slice(0, mostRows), left: Math.max(0, rows.length - mostRows) };
}

/** The whole value of one row, as long as may be. @throws PrecedentError `not-found`, `unreadable`, `limit` */
export async function readHeaderValue({
  path,
  format,
  masked,
  at,
}: Params & { readonly at: string }): Promise<string> {
  const rows = await readers[format](path, { masked, characters: mostCharacters });
  const row = rows.find((each) => each.path === at);
  if (!row) throw new PrecedentError('not-found', 'the file has no such element', undefined, 'open it again');
  return row.value;
}
