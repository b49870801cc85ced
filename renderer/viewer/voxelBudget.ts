/** How much memory the voxels of this window may take: a choice kept in the user's profile, by default a quarter of the machine's. */
import { z } from 'zod';
import { create } from 'zustand';
import { bridge } from '../bridge.ts';
import { keep, readKept, whenKept } from '../ui/kept.ts';
import { voxelStore } from './voxelStore.ts';

const keptName = 'voxel-budget';
const GiB = 1024 ** 3;

interface VoxelBudget {
  /** Of the machine, in bytes; null until main has told. */
  readonly memory: number | null;
  /** In bytes; null is a quarter of the machine's memory. */
  readonly chosen: number | null;
}

function readChosen(): number | null {
  return readKept(keptName, z.number().positive());
}

export const useVoxelBudget = create<VoxelBudget>(() => ({
  memory: null,
  chosen: readChosen(),
}));

/** A quarter of the machine's memory, in bytes. */
export function usualBudget(memory: number): number {
  return memory / 4;
}

/** The budgets that can be chosen, in bytes: powers of two from half a GiB up to half of the machine's memory. */
export function budgetChoices(memory: number): number[] {
  const choices: number[] = [];
  for (let bytes = GiB / 2; bytes <= memory / 2; bytes *= 2) choices.push(bytes);
  return choices;
}

whenKept(keptName, () => {
  useVoxelBudget.setState({ chosen: readChosen() });
  apply();
});

export function chooseBudget(chosen: number | null): void {
  keep(keptName, chosen);
  useVoxelBudget.setState({ chosen });
  apply();
}

/** Asks main how much memory the machine has (the page itself is told 8 GiB at most), and holds the store to the budget. */
export async function startVoxelBudget(): Promise<void> {
  const { memoryBytes } = await bridge.appInfo();
  useVoxelBudget.setState({ memory: memoryBytes });
  apply();
}

function apply(): void {
  const { memory, chosen } = useVoxelBudget.getState();
  if (chosen !== null) voxelStore.setBudget(chosen);
  else if (memory !== null) voxelStore.setBudget(usualBudget(memory));
}
