/** The reader process: walks, parses and decodes files, writes voxels to staging, holds no catalog and may die. */
import '../process/offline.ts';
import { readerContract } from '../contract/reader.ts';
import { runChild } from '../process/child.ts';
import { startWatchdog } from '../process/watchdog.ts';
import { readerHandlers } from './readerHandlers.ts';

/** A CT of a thousand slices takes a part of this; what needs more is not what it says it is. */
const maxRssBytes = 2 * 2 ** 30;

startWatchdog(maxRssBytes);
runChild(readerContract, readerHandlers);
