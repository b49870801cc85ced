/** Refuses to package a release on a runtime that is not Electron's own or that no longer gets security fixes. */

/**
 * The day each major's support ends. Electron supports its latest three majors, so support of N ends when N+3 is
 * published (electronjs.org, "Electron Releases", Version support policy). Up to 42 these are the publication days of
 * 43.0.0 to 45.0.0 in the npm registry; from 43 on the publication of N+3 is expected in the usual step of eight weeks
 * and must be replaced with the real day, or left: then it errs towards refusing too early.
 */
export const endOfSupport = {
  40: '2026-07-01',
  41: '2026-08-25',
  42: '2026-10-21',
  43: '2026-12-16',
  44: '2027-02-10',
  45: '2027-04-07',
};

/**
 * Throws, with the reason, unless a release may be packaged on this runtime on this day. `runtime` is what
 * `resolveRuntime` returns; `today` is a Date, counted in UTC.
 */
export function assertReleasable(runtime, electronMajor, today) {
  if (!runtime.official) {
    throw new Error(
      'A release cannot be packaged on an unofficial Electron runtime; it needs the official download.',
    );
  }
  if (runtime.source === 'override') {
    throw new Error(
      'A release cannot be packaged on a runtime that ELECTRON_OVERRIDE_DIST_PATH names, because nothing has compared ' +
        "it with Electron's checksums; unset it.",
    );
  }
  const end = endOfSupport[electronMajor];
  if (end === undefined) {
    throw new Error(
      `It is not known until when Electron ${electronMajor} is supported; add it to tools/runtime/releaseCheck.mjs.`,
    );
  }
  if (today.toISOString().slice(0, 10) >= end) {
    throw new Error(
      `Electron ${electronMajor} is no longer supported since ${end}; move to a newer major, or correct the day in ` +
        'tools/runtime/releaseCheck.mjs if Electron published otherwise.',
    );
  }
}
