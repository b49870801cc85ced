/** The plain way to compare texts, to measure other ways by: the cosine of TF-IDF vectors. */

/** Runs of at least two letters, numbers or underscores, and every two that follow each other. */
function termsOf(text: string): Map<string, number> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}_]{2,}/gu) ?? [];
  const counts = new Map<string, number>();
  const add = (term: string) => counts.set(term, (counts.get(term) ?? 0) + 1);
  for (const [at, one] of words.entries()) {
    add(one);
    if (at > 0) add(`${words[at - 1]} ${one}`);
  }
  return counts;
}

/**
 * The cosine, 0…1, of a text with each of `texts`: raw counts times log((1 + n) / (1 + texts with the term)) + 1, as
 * scikit-learn's TfidfVectorizer weighs words and pairs of words. Terms that no text has count for nothing.
 */
export function tfidfIndex(texts: readonly string[]): (text: string) => Float64Array {
  const counted = texts.map(termsOf);
  const having = new Map<string, number>();
  for (const counts of counted)
    for (const term of counts.keys()) having.set(term, (having.get(term) ?? 0) + 1);
  const weighted = (counts: ReadonlyMap<string, number>): Map<string, number> => {
    const weights = new Map<string, number>();
    let squares = 0;
    for (const [term, count] of counts) {
      const inTexts = having.get(term);
      if (inTexts === undefined) continue;
      const weight = count * (Math.log((1 + texts.length) / (1 + inTexts)) + 1);
      weights.set(term, weight);
      squares += weight * weight;
    }
    const length = Math.sqrt(squares) || 1;
    for (const [term, weight] of weights) weights.set(term, weight / length);
    return weights;
  };
  const vectors = counted.map(weighted);
  return (text) => {
    const query = weighted(termsOf(text));
    return Float64Array.from(vectors, (vector) => {
      let sum = 0;
      for (const [term, weight] of query) sum += weight * (vector.get(term) ?? 0);
      return sum;
    });
  };
}
