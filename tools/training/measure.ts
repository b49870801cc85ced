/**
 * Writes what the product measures of every training nodule, by its mask and by its box alone, as JSON:
 *   node tools/training/measure.ts OUT.json
 */
import { writeFileSync } from 'node:fs';
import { measuredRegion } from '../../native/encoder/measuredRegion.ts';
import { featureNames } from '../../native/radiomics/features.ts';
import { lesionFeatures } from '../../native/radiomics/lesion.ts';
import { loadNodules } from '../encoder/lidc.ts';

const measured = loadNodules().map(({ name, volume, mask }) => {
  const byBox = measuredRegion(volume, { box: mask.box });
  return {
    name,
    mask: lesionFeatures(volume, mask, featureNames),
    box: lesionFeatures(byBox.volume, byBox.mask, featureNames),
  };
});
writeFileSync(process.argv[2], JSON.stringify(measured));
