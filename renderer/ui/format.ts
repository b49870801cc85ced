/** Numbers and dates as radiologists write them, in the user's language. */

/** As the desktop tells it. */
const locale = navigator.language;
const numbers = new Map<number, Intl.NumberFormat>();
const dates = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' });
const moments = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });

/** With this many digits after the decimal sign, and a true minus sign, which has the width of the digits. */
export function fixed(value: number, digits: number): string {
  let format = numbers.get(digits);
  if (!format) {
    // Groups only in counts: a measurement never has so many digits.
    const both = { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false };
    format = new Intl.NumberFormat(locale, both);
    numbers.set(digits, format);
  }
  const text = format.format(Math.abs(value));
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}

/** A whole number of things. */
export function whole(n: number): string {
  return n.toLocaleString(locale);
}

export function mm(value: number): string {
  return `${fixed(value, value >= 100 ? 0 : 1)} mm`;
}

/** A slice thickness or spacing: as many digits as it has, two at most. */
export function thickness(value: number): string {
  return `${minus(Number(value.toFixed(2)))} mm`;
}

export function ml(value: number): string {
  if (value >= 100) return `${fixed(value, 0)} ml`;
  if (value >= 10) return `${fixed(value, 1)} ml`;
  return value >= 0.1 ? `${fixed(value, 2)} ml` : `${fixed(value * 1000, 0)} mm³`;
}

/** Of a value in mm². */
export function area(value: number): string {
  return value >= 1000 ? `${fixed(value / 100, 1)} cm²` : `${fixed(value, value >= 100 ? 0 : 1)} mm²`;
}

export function hu(value: number): string {
  return `${minus(Math.round(value))} HU`;
}

export function meanSd(mean: number, sd: number): string {
  return `${minus(Math.round(mean))} ± ${Math.round(sd)} HU`;
}

/** As many digits as it has, with a true minus sign. */
export function minus(value: number): string {
  const text = Math.abs(value).toLocaleString(locale, { maximumFractionDigits: 10, useGrouping: false });
  return value < 0 ? `−${text}` : text;
}

/** A share, 0…1, in whole percent. */
export function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}

export function ms(value: number): string {
  return value < 1000 ? `${Math.round(value)} ms` : `${fixed(value / 1000, 1)} s`;
}

/** How fast an import goes, as far as that can be told. */
export function rate(bytesPerSecond: number | undefined, filesPerSecond: number | undefined): string {
  if (bytesPerSecond !== undefined) return `${fixed(bytesPerSecond / 1e6, 1)} MB/s`;
  return filesPerSecond === undefined ? '' : `${fixed(filesPerSecond, filesPerSecond < 10 ? 1 : 0)} / s`;
}

/** A time to wait. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${fixed(seconds / 3600, 1)} h`;
}

/** A size on disk. */
export function bytes(n: number): string {
  if (n >= 1e9) return `${fixed(n / 1e9, 1)} GB`;
  return n >= 1e6 ? `${fixed(n / 1e6, 1)} MB` : `${Math.ceil(n / 1e3)} kB`;
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${whole(n)} ${n === 1 ? one : many}`;
}

/** The PatientID of an identity that names its issuer too (`ID^^^issuer`, as HL7 writes it), for narrow places. */
export function patientId(identity: string): string {
  return identity.split('^^^')[0] || identity;
}

/** A DICOM date (YYYYMMDD) as the user's language writes it, the month by name where it does; anything else unchanged. */
export function date(value: string | undefined): string {
  const match = value?.match(/^(\d{4})(\d{2})(\d{2})$/);
  if (!match) return value ?? '';
  const [year, month, day] = match.slice(1).map(Number);
  return dates.format(Date.UTC(year, month - 1, day));
}

/** When something was done, as an ISO date and time, in the desktop's time zone. */
export function moment(at: string): string {
  return moments.format(new Date(at));
}

/** Memory in MiB, from one GiB on in GiB. */
export function memory(bytes: number): string {
  const mib = bytes / 2 ** 20;
  return mib < 1024 ? `${Math.round(mib)} MiB` : `${minus(Number((mib / 1024).toFixed(1)))} GiB`;
}
