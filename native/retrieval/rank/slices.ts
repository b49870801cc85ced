/** Slice search of 3D-MIR: the hits of every slice of the query, joined to what the found slices belong to. */
import { aggregate } from '../aggregate.ts';
import type { SlicesMethod } from '../methods.ts';
import { needName, type Probe, type Scope } from '../scope.ts';
import type { Scored } from '../scored.ts';

/** Nearest slices that each slice of the query brings in, as published. */
const hitsPerSlice = 20;

export function rankSlices({ need, by }: SlicesMethod, scope: Scope, probe: Probe): Scored[] {
  const vectors = probe.vectors.get(needName(need)) ?? [];
  const lists = vectors.map((vector) => scope.index(need).nearest(vector, hitsPerSlice));
  return scope.asLesions(need, aggregate(lists, by));
}
