/** Names of files and folders that every file system takes, made from what a user, a label, an archive or an encoder is called. */

/** File systems take 255 bytes a name; the rest is for what is added to tell names apart. */
const maxNameBytes = 240;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are among what names cannot hold
const notInNames = /[\x00-\x1f\x7f<>:"|?*\\/]/g;
/** Devices on Windows, with any extension; the superscript digits count as digits there (learn.microsoft.com, "Naming Files"). */
const reserved = /^(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]|conin\$|conout\$) *(\.|$)/i;
/** The endings that masks and images are told by stay together. */
const ending = /(\.nii\.gz|\.seg\.nrrd|\.[A-Za-z0-9]{1,8})$/;

/** The ending of a name that says what the file is, with its dot; empty where there is none. */
export function endingOf(name: string): string {
  return ending.exec(name)?.[1] ?? '';
}

/** A name as close to the given one as Windows, macOS and Linux take; never empty, never a path. */
export function safeFileName(wanted: string): string {
  const name = wanted
    .normalize('NFC')
    .replace(notInNames, '_')
    .replace(/[. ]+$/, '_');
  const named = reserved.test(name) || name === '' ? `_${name}` : name;
  if (Buffer.byteLength(named) <= maxNameBytes) return named;
  const end = endingOf(named);
  const stem = Buffer.from(named)
    .subarray(0, maxNameBytes - end.length)
    .toString();
  // Cutting may have split the last character, or come upon a dot or space.
  const whole = stem.replace(/\ufffd+$/, '');
  return end === '' ? whole.replace(/[. ]+$/, '_') : whole + end;
}
