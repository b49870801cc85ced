/** A text once it has not changed for a moment, so that not every letter that is typed asks the engine. */
import { useDebouncedValue } from '@mantine/hooks';

const settleMs = 120;

export function useSettled(text: string): string {
  const [settled] = useDebouncedValue(text, settleMs);
  return settled.trim();
}
