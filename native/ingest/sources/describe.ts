/** Says what a file is and what it belongs to, from its beginning alone. */
import { basename } from 'node:path';
import { PrecedentError } from '../../contract/errors.ts';
import type { FileDescription } from '../../contract/reader.ts';
import { dicomEncoding, latin1 } from '../../dicom/dataset.ts';
import { niftiHeaderOf } from '../../nifti/header.ts';
import { isNrrd } from '../../nrrd/header.ts';
import { readTable } from '../csv.ts';
import { describeDicom } from './describeDicom.ts';
import { type OpenedFile, withOpened } from './openedFile.ts';
import { pace } from './pace.ts';
import { reasonOf } from './reasons.ts';

interface Options {
  readonly signal?: AbortSignal;
  /** Called before a file is opened: where the process dies, the last one told is the one it died of. */
  readonly onFile?: (path: string) => void;
}
type Describe = (path: string, beginning: Uint8Array, file: OpenedFile) => FileDescription;

/** The first look at a file: almost every CT header is shorter. */
const firstBytes = 8192;
const maxHeaderLineBytes = 64 * 1024;
const lineFeed = 0x0a;
/** Of the first entry, or of the end of an archive without entries. */
const zipSignatures: readonly string[] = ['PK\u0003\u0004', 'PK\u0005\u0006'];
const pdfSignatureWithin = 1024;

/** What lies on media and in data sets beside the images, by its name alone. */
const sidecar =
  /^(\..*|(licen[cs]e|copying|notice|readme|changelog|dicomdir|autorun|version|thumbs|desktop)(\.\w+)?)$|\.(tsv|ya?ml|xml|html?|css|js|png|jpe?g|gif|bmp|ico|svg|tiff?|(?<!\.nii\.)gz|tar|tgz|7z|rar|npz|npy|mat|pkl|xlsx?|docx?|pptx?|od[tsp]|rtf|log|py|ipynb|sh|bat|exe|dll|so|jar|msi|app|dmg|cab|ini|inf|chm|lnk|url|db|md5|sha256)$/i;
/** Ending of a name → how the rest is told. */
const byName: readonly (readonly [ending: RegExp, describe: Describe])[] = [
  [/\.nii(\.gz)?$/i, describeNifti],
  [/\.n(rrd|hdr)$/i, only(isNrrd, 'nrrd', 'not a NRRD file')],
  [/\.zip$/i, only(isZip, 'zip', 'not a ZIP archive')],
  [/\.pdf$/i, only(isPdf, 'pdf', 'not a PDF file')],
  [/\.(txt|md)$/i, only(isText, 'text', 'not a text file')],
  [/\.csv$/i, describeTable],
  [/\.json$/i, (path) => ({ kind: 'json', path })],
];

/** One file after another, so that it is known which one the process died of. Throws `cancelled`; nothing else. */
export async function describeFiles(
  files: readonly { readonly path: string }[],
  { signal, onFile }: Options = {},
): Promise<FileDescription[]> {
  const rest = pace(signal);
  const described: FileDescription[] = [];
  for (const { path } of files) {
    await rest();
    onFile?.(path);
    described.push(describeFile(path));
  }
  return described;
}

/** What a file is, read-only and from its beginning; what cannot be imported is `skipped` with the reason. Never throws. */
export function describeFile(path: string): FileDescription {
  try {
    return withOpened(path, (file) => describeOpened(path, file));
  } catch (thrown) {
    return { kind: 'skipped', path, reason: reasonOf(thrown) };
  }
}

function describeOpened(path: string, file: OpenedFile): FileDescription {
  const beginning = file.beginning(firstBytes);
  if (dicomEncoding(beginning) !== null) return describeDicom(path, beginning, file);
  const name = basename(path);
  if (sidecar.test(name)) throw new PrecedentError('unsupported', 'not an image');
  if (beginning.length === 0) throw new PrecedentError('unreadable', 'the file is empty');
  if (isNrrd(beginning)) return { kind: 'nrrd', path };
  if (isZip(beginning)) return { kind: 'zip', path };
  const [, describe] = byName.find(([ending]) => ending.test(name)) ?? [];
  if (describe) return describe(path, beginning, file);
  throw new PrecedentError('unsupported', 'neither DICOM nor NIfTI');
}

function only(
  is: (beginning: Uint8Array) => boolean,
  kind: 'nrrd' | 'zip' | 'pdf' | 'text',
  otherwise: string,
): Describe {
  return (path, beginning) => {
    if (!is(beginning)) throw new PrecedentError('unreadable', otherwise);
    return { kind, path };
  };
}

function describeNifti(path: string, beginning: Uint8Array): FileDescription {
  niftiHeaderOf(beginning);
  return { kind: 'nifti', path };
}

function describeTable(path: string, _: Uint8Array, file: OpenedFile): FileDescription {
  const beginning = file.beginning(maxHeaderLineBytes);
  const end = beginning.indexOf(lineFeed);
  if (end < 0 && beginning.length < file.bytes)
    throw new PrecedentError('limit', 'the header line of the table is too long');
  const [columns] = readTable(end < 0 ? beginning : beginning.subarray(0, end));
  if (!columns) throw new PrecedentError('unreadable', 'a table without a header line');
  return { kind: 'table', path, columns };
}

/** Whether a file is an archive to look into, and not a document that is packed as one. */
export function isArchive(name: string, beginning: Uint8Array): boolean {
  return isZip(beginning) && !sidecar.test(name);
}

function isZip(beginning: Uint8Array): boolean {
  return zipSignatures.includes(latin1(beginning.subarray(0, 4)));
}

function isPdf(beginning: Uint8Array): boolean {
  return latin1(beginning.subarray(0, pdfSignatureWithin)).includes('%PDF-');
}

/** Text has no NUL, but for UTF-16 behind its byte order mark. */
function isText(beginning: Uint8Array): boolean {
  return !beginning.includes(0) || /^(\xff\xfe|\xfe\xff)/.test(latin1(beginning.subarray(0, 2)));
}
