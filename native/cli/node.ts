/** The `precedent` command of a checkout, under Node. */
import '../process/offline.ts';
import { runCommandLine } from './main.ts';

void runCommandLine(process.argv.slice(2));
