/** What a purpose-made bad file is, and the words that many of their reasons share. */

export type Entry = Uint8Array | { readonly link: string } | 'fifo' | 'locked folder';
/** What lies in a bad file's own folder, by path. */
export type Tree = Readonly<Record<string, Entry>>;

export interface BadFile {
  /** Its folder's name. */
  readonly name: string;
  /** One file's bytes, or all that lies in the folder. */
  make(): Uint8Array | Tree | Promise<Uint8Array | Tree>;
  /** What the one file is called; `file.dcm` unless told. */
  readonly file?: string;
  /** What the report must say, as a skipped file or as a note; undefined where there is nothing to say. */
  readonly reason: RegExp | undefined;
  /** What a careless reader would do with it. */
  readonly why: string;
  /** Other readers take it, and so may ours: then a volume comes from it instead of a reason. */
  readonly tolerated?: true;
  /** How many volumes come from what is good in its folder. */
  readonly volumes?: number;
}

export const damaged =
  /damaged|cut off|breaks off|ends (before|inside)|truncated|not a DICOM|cannot be (read|decoded)/;
export const tooMuch = /too (many|large|long|big|deep)|more than|limit|larger|impossible|inflates/;
