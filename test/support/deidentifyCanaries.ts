/** A data set with something recognisable in every attribute that identifies, for tests of de-identification. */
import { parseRows } from '../../native/dicom/deidentify/profile.ts';
import { profileRows } from '../../native/dicom/deidentify/table.ts';
import { ctElements, type Elements } from './dicomWriter.ts';

/** What must not be found: names, numbers, dates and the root of every UID of the canary files. */
export const canaries = ['CANARY', '19770707', '4242'];

const person: Elements = {
  '00090010': ['LO', 'CANARYPRIVATE'],
  '00100010': ['PN', 'CANARY^NESTED'],
  '00081155': ['UI', '1.2.4242.9'],
  '0008103e': ['LO', 'CANARYSERIES'],
  '00080022': ['DA', '19770707'],
};

function canaryOf(tag: string, vr: string): Elements[string] {
  if (vr === 'SQ') {
    return ['SQ', [{ ...person, '00081199': ['SQ', [{ ...person, '00101002': ['SQ', [person]] }]] }, person]];
  }
  if (vr === 'UI') return ['UI', `1.2.4242.${Number.parseInt(tag, 16)}`];
  if (vr === 'DA') return ['DA', '19770707'];
  if (vr === 'DT') return ['DT', '19770707121314.5+0100'];
  if (vr === 'TM') return ['TM', 'CANARY'];
  if (vr === 'OB' || vr === 'UN') return [vr, Buffer.from('CANARYBYTES!')];
  if (vr === 'US' || vr === 'OW') return [vr, Buffer.from('CANARY')];
  // The test's writer knows no UC and UR; what is removed is removed under any VR.
  return [/^U[CR]$/.test(vr) ? 'UT' : vr, 'CANARY^TEXT'];
}

/** Every row of the table, further groups of its patterns, what the table forgets, and private blocks. */
export function canaryElements(): Elements {
  const rows = [...parseRows(profileRows)].filter(([tag]) => /^(?!000[0-7])[0-9a-f]{8}$/.test(tag));
  return {
    ...ctElements(),
    ...Object.fromEntries(rows.map(([tag, { vr }]) => [tag, canaryOf(tag, vr ?? 'LO')])),
    '00090010': ['LO', 'CANARYCREATOR'],
    '00091001': ['SQ', [person]],
    '00291010': ['OB', Buffer.from('CANARYCSA')],
    '00100022': ['CS', 'TEXT'],
    '00100024': ['SQ', [{ '00400032': ['UT', 'CANARY'] }]],
    '00100033': ['LO', 'CANARY'],
    '00620002': [
      'SQ',
      [{ '00620004': ['US', 1], '00620005': ['LO', 'CANARY liver'], '00620006': ['ST', 'CANARY'] }],
    ],
    '00700081': ['LO', 'CANARY'],
    '00081115': ['SQ', [{ '0020000e': ['UI', '1.2.4242.1'], '00081199': ['SQ', [person]] }]],
    '50005000': ['LO', 'CANARYCURVE'],
    '501e3000': ['OW', Buffer.from('CANARY')],
    '60000010': ['US', 4],
    '60003000': ['OW', Buffer.from('CANARY')],
    '60020022': ['LO', 'TEXT'],
    '60024000': ['LT', 'CANARYOVERLAY'],
  };
}
