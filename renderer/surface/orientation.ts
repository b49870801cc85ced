/** From where a surface is looked at: standard views, turning by hand, and what the edges of the picture are called. LPS throughout. */
import type { Vec3 } from '../viewer/grid.ts';
import { patientLetters } from '../viewer/planes.ts';

export interface Orientation {
  /** The unit vector in which the eye looks. */
  readonly direction: Vec3;
  /** The unit vector that is up in the picture, perpendicular to it. */
  readonly up: Vec3;
}

/** By the side of the patient that faces the eye. */
export const standardViews = [
  { key: 'a', name: 'Anterior', direction: [0, 1, 0], up: [0, 0, 1] },
  { key: 'p', name: 'Posterior', direction: [0, -1, 0], up: [0, 0, 1] },
  { key: 'l', name: 'Left', direction: [-1, 0, 0], up: [0, 0, 1] },
  { key: 'r', name: 'Right', direction: [1, 0, 0], up: [0, 0, 1] },
  { key: 's', name: 'Superior', direction: [0, 0, -1], up: [0, -1, 0] },
  { key: 'i', name: 'Inferior', direction: [0, 0, 1], up: [0, -1, 0] },
] as const satisfies readonly (Orientation & { readonly key: string; readonly name: string })[];

function rightOf({ direction: d, up: u }: Orientation): Vec3 {
  return [d[1] * u[2] - d[2] * u[1], d[2] * u[0] - d[0] * u[2], d[0] * u[1] - d[1] * u[0]];
}

/** Turns what is seen to the right and down by these angles in radians, as a hand on its front would. */
export function turned(orientation: Orientation, right: number, down: number): Orientation {
  const up = orientation.up;
  const aroundUp = rotated(orientation.direction, up, -right);
  const side = rightOf({ direction: aroundUp, up });
  const direction = unit(rotated(aroundUp, side, -down));
  const turnedUp = rotated(up, side, -down);
  // Rounding must not add up over a long drag.
  const along = dot(turnedUp, direction);
  return {
    direction,
    up: unit([
      turnedUp[0] - along * direction[0],
      turnedUp[1] - along * direction[1],
      turnedUp[2] - along * direction[2],
    ]),
  };
}

/** The sides of the patient at the edges of the picture. */
export function edgesOf(orientation: Orientation) {
  const right = rightOf(orientation);
  const minus = ([x, y, z]: Vec3): Vec3 => [-x, -y, -z];
  return {
    left: patientLetters(minus(right)),
    right: patientLetters(right),
    top: patientLetters(orientation.up),
    bottom: patientLetters(minus(orientation.up)),
  };
}

/** A vector turned around a unit axis (Rodrigues). */
function rotated(v: Vec3, axis: Vec3, angle: number): Vec3 {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const along = dot(v, axis) * (1 - cos);
  return [
    v[0] * cos + (axis[1] * v[2] - axis[2] * v[1]) * sin + axis[0] * along,
    v[1] * cos + (axis[2] * v[0] - axis[0] * v[2]) * sin + axis[1] * along,
    v[2] * cos + (axis[0] * v[1] - axis[1] * v[0]) * sin + axis[2] * along,
  ];
}

function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function unit(v: Vec3): Vec3 {
  const length = Math.hypot(v[0], v[1], v[2]);
  return [v[0] / length, v[1] / length, v[2] / length];
}
