/** Names of tags, and the value representations that an element's head may have. */

/** The name that dicom-parser's `DataSet.elements` has for a tag: 'xggggeeee'. */
export function tagName(tag: number): string {
  return `x${tag.toString(16).padStart(8, '0')}`;
}

/** The tag that has such a name. */
export function tagNumber(name: string): number {
  return Number.parseInt(name.slice(1), 16);
}

/** The two characters of a VR as one number, the first in its high byte. */
const vrCode = (vr: string): number => (vr.charCodeAt(0) << 8) | vr.charCodeAt(1);
export const [vrSQ, vrUN] = ['SQ', 'UN'].map(vrCode);

/** The length field has 16 bits, or 32 after two reserved bytes. */
export const [shortLength, longLength] = [1, 2];
/** VR → how long its length field is (PS3.5 section 7.1.2); 0 for two characters that are no VR. */
export const vrLengths = new Uint8Array(2 ** 16);
for (const vr of 'AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US'.split(' '))
  vrLengths[vrCode(vr)] = shortLength;
for (const vr of 'OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' ')) vrLengths[vrCode(vr)] = longLength;

/** Whether the element at this offset has a VR. */
export function hasVr(bytes: Uint8Array, at: number): boolean {
  return vrLengths[(bytes[at + 4] << 8) | bytes[at + 5]] !== 0;
}
