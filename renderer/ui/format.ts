/** Numbers as radiologists write them. */

export function mm(value: number): string {
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(1)} mm`;
}

/** A slice thickness or spacing: as many digits as it has, two at most. */
export function thickness(value: number): string {
  return `${Number(value.toFixed(2))} mm`;
}

export function ml(value: number): string {
  if (value >= 100) return `${value.toFixed(0)} ml`;
  if (value >= 10) return `${value.toFixed(1)} ml`;
  return value >= 0.1 ? `${value.toFixed(2)} ml` : `${(value * 1000).toFixed(0)} mm³`;
}

/** Of a value in mm². */
export function area(value: number): string {
  return value >= 1000 ? `${(value / 100).toFixed(1)} cm²` : `${value.toFixed(value >= 100 ? 0 : 1)} mm²`;
}

export function hu(value: number): string {
  return `${minus(Math.round(value))} HU`;
}

export function meanSd(mean: number, sd: number): string {
  return `${minus(Math.round(mean))} ± ${Math.round(sd)} HU`;
}

/** A true minus sign, which has the width of the digits. */
export function minus(value: number): string {
  return value < 0 ? `−${Math.abs(value)}` : String(value);
}

/** A share, 0…1, in whole percent. */
export function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}

export function ms(value: number): string {
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}

/** How fast an import goes, as far as that can be told. */
export function rate(bytesPerSecond: number | undefined, filesPerSecond: number | undefined): string {
  if (bytesPerSecond !== undefined) return `${(bytesPerSecond / 1e6).toFixed(1)} MB/s`;
  return filesPerSecond === undefined ? '' : `${filesPerSecond.toFixed(filesPerSecond < 10 ? 1 : 0)} / s`;
}

/** A time to wait. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** A size on disk. */
export function bytes(n: number): string {
  if (n >= 1e9) return `${(n / 1e9).toFixed(1)} GB`;
  return n >= 1e6 ? `${(n / 1e6).toFixed(1)} MB` : `${Math.ceil(n / 1e3)} kB`;
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
}

/** The PatientID of an identity that names its issuer too (`ID^^^issuer`, as HL7 writes it), for narrow places. */
export function patientId(identity: string): string {
  return identity.split('^^^')[0] || identity;
}

/** A DICOM date (YYYYMMDD) as YYYY-MM-DD; anything else unchanged. */
export function date(value: string | undefined): string {
  const match = value?.match(/^(\d{4})(\d{2})(\d{2})$/);
  return match ? `${match[1]}-${match[2]}-${match[3]}` : (value ?? '');
}
