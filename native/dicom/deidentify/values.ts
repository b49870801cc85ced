/** The values that replace others: shifted dates, dummies by VR, checked ages, sexes and measures. */

/**
 * Days are added to each date of a DA value; undefined where one of them is no date. `YYYY.MM.DD` of old files is read.
 * @param days a whole number
 */
export function shiftDates(value: string, days: number): string | undefined {
  return each(value, (date) => {
    const parts = /^(\d{4})(\.?)(\d{2})\2(\d{2})$/.exec(date);
    return parts ? shifted(parts[1], parts[3], parts[4], days) : undefined;
  });
}

/** As `shiftDates`, for DT values; time and offset stay. Without month and day there is nothing to shift: undefined. */
export function shiftDateTimes(value: string, days: number): string | undefined {
  return each(value, (dateTime) => {
    const parts = /^(\d{4})(\d{2})(\d{2})((\d{2}){0,3}(\.\d{1,6})?)([+-]\d{4})?$/.exec(dateTime);
    const date = parts ? shifted(parts[1], parts[2], parts[3], days) : undefined;
    return parts && date ? `${date}${parts[4]}${parts[7] ?? ''}` : undefined;
  });
}

/** A TM value as it is; undefined where it is none, for it could then be anything. */
export function checkedTimes(value: string): string | undefined {
  return each(value, (time) =>
    /^([01]\d|2[0-3])(:?[0-5]\d(:?([0-5]\d|60)(\.\d{1,6})?)?)?$/.test(time) ? time : undefined,
  );
}

/** M, F or O. */
export function checkedSex(value: string): string | undefined {
  return /^[MFO]$/.test(value) ? value : undefined;
}

/** An AS value; ages from 90 years on are one class, since few people reach them. */
export function checkedAge(value: string): string | undefined {
  const parts = /^(\d{3})([DWMY])$/.exec(value);
  if (!parts) return undefined;
  return parts[2] === 'Y' && Number(parts[1]) > 89 ? '090Y' : value;
}

/** A positive decimal number of a size in metres or a weight in kilograms. */
export function checkedMeasure(value: string): string | undefined {
  return /^\d{1,3}(\.\d{1,6})?$/.test(value) ? value : undefined;
}

const texts: Readonly<Record<string, string>> = {
  AS: '000Y',
  DA: '19000101',
  DS: '0',
  DT: '19000101000000',
  IS: '0',
  TM: '000000',
  UR: 'urn:removed',
};
const textVrs = /^(AE|CS|LO|LT|PN|SH|ST|UC|UT)$/;
const binaryBytes: Readonly<Record<string, number>> = {
  AT: 4,
  FD: 8,
  FL: 4,
  OB: 2,
  OD: 8,
  OF: 4,
  OL: 4,
  OV: 8,
  OW: 2,
  SL: 4,
  SS: 2,
  SV: 8,
  UL: 4,
  UN: 2,
  US: 2,
  UV: 8,
};

/** A value that is valid for the VR and says nothing. */
export function dummyValue(vr: string): string | Uint8Array {
  if (textVrs.test(vr)) return 'REMOVED';
  return texts[vr] ?? new Uint8Array(binaryBytes[vr] ?? 2);
}

function each(value: string, change: (part: string) => string | undefined): string | undefined {
  const parts = value.split('\\').map((part) => (part.trim() === '' ? '' : change(part.trim())));
  return parts.every((part) => part !== undefined) && parts.some((part) => part !== '')
    ? parts.join('\\')
    : undefined;
}

function shifted(year: string, month: string, day: string, days: number): string | undefined {
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  const from = new Date(Date.UTC(y, m - 1, d));
  if (y < 1800 || from.getUTCMonth() !== m - 1 || from.getUTCDate() !== d) return undefined;
  const to = new Date(Date.UTC(y, m - 1, d + days));
  return to.toISOString().slice(0, 10).replaceAll('-', '');
}
