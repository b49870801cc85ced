/** The bounds within which files become a volume; beyond them a file or series is refused with its reason. */
export const maxSide = 8192;
export const maxVoxels = 2 ** 30;
/** Slices, and so files, of one series. */
export const maxSlices = 20_000;
/** A file that has to be held whole: one image, or compressed frames. */
export const maxFileBytes = 512 * 2 ** 20;
export const maxHeaderBytes = 64 * 2 ** 20;
