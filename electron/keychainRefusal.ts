/** Which of the keychains that Electron names keep a secret. */

/** On Linux, by Electron's names; whatever else it may say one day is refused until it is known. */
const keepers: ReadonlySet<string> = new Set(['gnome_libsecret', 'kwallet', 'kwallet5', 'kwallet6']);

/** @param backend what Linux offers; null on systems that have one keychain */
export function keychainRefusal(available: boolean, backend: string | null): string | undefined {
  if (!available) return 'the operating system offers no keychain';
  if (backend !== null && !keepers.has(backend))
    return 'no keychain is running here: the key would lie on the disk as good as open';
  return undefined;
}
