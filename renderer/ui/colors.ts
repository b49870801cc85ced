/** Colours that carry meaning on pictures; the style sheet has the same for text. */

export const colors = {
  query: '#4fd1e8',
  lesion: '#d9a441',
  lesionSelected: '#ffc24d',
  hit: '#ffc24d',
} as const;
