/** The group of the benchmarks: on published data, and of a library's users. */
import { Command } from 'commander';
import { bench3dmir } from './bench3dmir.ts';
import { benchFeedback } from './benchFeedback.ts';
import { benchRetrieval } from './benchRetrieval.ts';

export const benchCommands = new Command('bench').description('benchmarks of retrieval');
for (const one of [bench3dmir, benchRetrieval, benchFeedback]) benchCommands.addCommand(one);
