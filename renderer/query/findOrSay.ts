/** Searches for what is marked or chosen, or says how there comes to be something to search for. */
import { notice } from '../ui/notice.ts';
import { findSimilar } from '../ui/store.ts';

export function findOrSay(): void {
  if (!findSimilar())
    notice(
      'info',
      'Nothing to search for yet',
      'Mark a lesion with a region tool, or choose one in the library.',
    );
}
