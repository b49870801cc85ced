/** A lesion's measurements as a small table; dashes while they are being taken, so that nothing moves. */
import type { Measurements } from '../../native/contract/model.ts';
import { meanSd, ml, mm } from './format.ts';

export function Measures({ of }: { of: Measurements | null }) {
  return (
    <dl className="measures" aria-busy={of === null}>
      <dt>Volume</dt>
      <dd data-testid="measure-volume">{of ? ml(of.volumeMl) : '–'}</dd>
      <dt>Diameter, axial</dt>
      <dd data-testid="measure-diameter">{of ? mm(of.diameterMm) : '–'}</dd>
      <dt>Diameter, 3D</dt>
      <dd>{of ? mm(of.diameter3dMm) : '–'}</dd>
      <dt>Mean ± SD</dt>
      <dd data-testid="measure-hu">{of ? meanSd(of.meanHu, of.sdHu) : '–'}</dd>
    </dl>
  );
}
