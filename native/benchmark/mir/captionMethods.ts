/** The ways to rank captions by a caption. They are given texts and nothing else: no labels, no names of cases. */
import { TextIndex } from '../../catalog/textIndex.ts';
import { readCaption, statedLikeness } from './captionReader.ts';
import type { MirKind } from './evaluate.ts';
import { tfidfIndex } from './tfidf.ts';

/** The likeness of a caption with each of the captions that were indexed, in their order; NaN where it is not found at all. */
type CaptionSearch = (caption: string) => Float64Array;

export interface CaptionMethod {
  readonly name: string;
  readonly title: string;
  readonly kind: MirKind;
  index(captions: readonly string[]): CaptionSearch;
}

export const captionMethods: readonly CaptionMethod[] = [
  {
    name: 'bm25',
    title: 'BM25 over stemmed words, as caption search ranks',
    kind: 'search',
    index: (captions) => byBm25(captions, 'words'),
  },
  {
    name: 'bm25-pairs',
    title: 'BM25 over stemmed words and pairs of words',
    kind: 'search',
    index: (captions) => byBm25(captions, 'pairs'),
  },
  {
    name: 'tfidf',
    title: 'TF-IDF cosine (words and pairs of words)',
    kind: 'baseline',
    index: tfidfIndex,
  },
  {
    name: 'reader',
    title: 'a reader of the count and size that the caption states',
    kind: 'reader',
    index: (captions) => {
      const findings = captions.map(readCaption);
      return (caption) => {
        const asked = readCaption(caption);
        return Float64Array.from(findings, (finding) => statedLikeness(asked, finding));
      };
    },
  },
];

function byBm25(captions: readonly string[], by: 'words' | 'pairs'): CaptionSearch {
  const index = new TextIndex(captions);
  return (caption) => {
    const scores = new Float64Array(captions.length).fill(Number.NaN);
    for (const { at, score } of index.like(caption, by)) scores[at] = score;
    return scores;
  };
}
