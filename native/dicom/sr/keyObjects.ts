/** The content of a Key Object Selection (PS3.16 TID 2010): images of interest, and why. */
import { concepts } from './concepts.ts';
import { container, distinct, type ImageReference, type Item, image, text } from './items.ts';
import { observers } from './measurementReport.ts';

export function keyObjectSelection(
  images: readonly ImageReference[],
  { observer, description }: { readonly observer: string | undefined; readonly description: string },
): Item {
  return container(
    'CONTAINS',
    concepts.keyObjects,
    [
      ...observers(observer),
      ...(description ? [text('CONTAINS', concepts.keyObjectDescription, description)] : []),
      ...distinct(images).map((reference) => image('CONTAINS', null, reference)),
    ],
    '2010',
  );
}
