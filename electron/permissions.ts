/**
 * Every permission that Chromium knows, with the answer and the reason. The types make the compiler ask for a row when an
 * Electron upgrade brings a new one.
 */
import type { Session } from 'electron';

type RequestHandler = NonNullable<Parameters<Session['setPermissionRequestHandler']>[0]>;
type CheckHandler = NonNullable<Parameters<Session['setPermissionCheckHandler']>[0]>;
export type Permission = Parameters<RequestHandler>[1] | Parameters<CheckHandler>[1];

export interface PermissionRow {
  readonly allow: boolean;
  readonly reason: string;
}

export const permissions: Readonly<Record<Permission, PermissionRow>> = {
  'clipboard-read': {
    allow: false,
    reason: 'nothing is pasted but text into fields, which needs no permission',
  },
  'clipboard-sanitized-write': {
    allow: false,
    reason: 'a page must not put patient data on the clipboard unasked',
  },
  'deprecated-sync-clipboard-read': { allow: false, reason: 'deprecated' },
  'display-capture': { allow: false, reason: 'the screen shows patients' },
  fileSystem: { allow: false, reason: 'files come through dialogs of main as one-time tokens' },
  fullscreen: { allow: false, reason: 'the menu does it' },
  geolocation: { allow: false, reason: 'not used; would ask a server' },
  hid: { allow: false, reason: 'no devices' },
  'idle-detection': { allow: false, reason: 'not used' },
  keyboardLock: { allow: false, reason: 'not used' },
  media: { allow: false, reason: 'no camera, no microphone' },
  mediaKeySystem: { allow: false, reason: 'no protected media' },
  midi: { allow: false, reason: 'no devices' },
  midiSysex: { allow: false, reason: 'no devices' },
  notifications: { allow: false, reason: 'a notification outlives the window and may show a patient' },
  openExternal: { allow: false, reason: 'no link leaves the application' },
  pointerLock: { allow: false, reason: 'not used' },
  serial: { allow: false, reason: 'no devices' },
  'speaker-selection': { allow: false, reason: 'no sound' },
  'storage-access': { allow: false, reason: 'there is one origin' },
  'top-level-storage-access': { allow: false, reason: 'there is one origin' },
  unknown: { allow: false, reason: 'what has no name is refused' },
  usb: { allow: false, reason: 'no devices' },
  'window-management': { allow: false, reason: 'not used' },
};

/** A permission that an older table does not know is refused. */
export function isAllowed(permission: string): boolean {
  return (permissions as Readonly<Record<string, PermissionRow>>)[permission]?.allow === true;
}
