/** The group of the benchmarks on published data. */
import { Command } from 'commander';
import { benchFeedback } from './benchFeedback.ts';
import { benchRetrieval } from './benchRetrieval.ts';

export const benchCommands = new Command('bench').description('benchmarks of retrieval');
for (const one of [benchRetrieval, benchFeedback]) benchCommands.addCommand(one);
