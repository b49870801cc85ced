/** The group of the benchmarks on published data. */
import { Command } from 'commander';
import { benchRetrieval } from './benchRetrieval.ts';

export const benchCommands = new Command('bench').description('benchmarks of retrieval');
for (const one of [benchRetrieval]) benchCommands.addCommand(one);
