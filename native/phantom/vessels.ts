/** Branching trees of vessels: random but anatomical, grown from a root through an organ. */

import type { Random } from '../random.ts';
import type { Vec3 } from '../volume/volume.ts';
import type { TubePoint } from './shapes.ts';

export interface TreeRule {
  readonly start: Vec3;
  readonly direction: Vec3;
  /** Radius at the root and the smallest one drawn, in mm. */
  readonly radius: number;
  readonly smallest: number;
  /** Length of a piece relative to its radius^0.5, in mm. */
  readonly length: number;
  /** True where the tree may grow. */
  readonly allowed: (x: number, y: number, z: number) => boolean;
}

/** Grows a tree and returns its pieces, root first. Daughters keep Murray's law: r³ = r₁³ + r₂³. */
export function growTree(rule: TreeRule, random: Random): [TubePoint, TubePoint][] {
  const pieces: [TubePoint, TubePoint][] = [];
  const queue: { at: Vec3; direction: Vec3; radius: number }[] = [
    { at: rule.start, direction: unit(rule.direction), radius: rule.radius },
  ];
  for (let n = 0; n < queue.length && pieces.length < 420; n++) {
    const { at, direction, radius } = queue[n];
    const length = rule.length * Math.sqrt(radius) * random.range(0.75, 1.25);
    // A piece that would leave the organ is bent anew a few times before the branch is given up.
    let bent = direction;
    let end = at;
    let free = false;
    for (let attempt = 0; attempt < 4 && !free; attempt++) {
      const spread = 0.16 + 0.25 * attempt;
      bent = unit([
        direction[0] + random.normal(0, spread),
        direction[1] + random.normal(0, spread),
        direction[2] + random.normal(0, spread),
      ]);
      end = [at[0] + bent[0] * length, at[1] + bent[1] * length, at[2] + bent[2] * length];
      free = pieces.length < 3 || rule.allowed(end[0], end[1], end[2]);
    }
    if (!free) continue;
    const share = random.range(0.3, 0.7);
    const daughters = [radius * Math.cbrt(share), radius * Math.cbrt(1 - share)];
    pieces.push([
      [at[0], at[1], at[2], radius],
      [end[0], end[1], end[2], Math.max(...daughters)],
    ]);
    // Both daughters leave in one random plane, the thinner one at the wider angle.
    const side = unit(cross(bent, [random.normal(0, 1), random.normal(0, 1), random.normal(0, 1)]));
    for (const [which, r] of daughters.entries()) {
      if (r < rule.smallest) continue;
      const angle = (which === 0 ? 1 : -1) * (0.35 + 0.55 * (1 - r / radius) + random.range(0, 0.25));
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      queue.push({
        at: end,
        direction: [bent[0] * c + side[0] * s, bent[1] * c + side[1] * s, bent[2] * c + side[2] * s],
        radius: r,
      });
    }
  }
  return pieces;
}

export function unit(v: Vec3): Vec3 {
  const length = Math.hypot(...v) || 1;
  return [v[0] / length, v[1] / length, v[2] / length];
}

function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
