/** Types of filterBankTables.mjs, as far as tests read it. */
export const kinds: { readonly lesion: { readonly scaleShares: readonly number[] } };
