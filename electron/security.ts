/** The security policy of every session and every page: no network, no permissions, no navigation, no new windows. */
import { type App, BrowserWindow, type Session, type WebContents } from 'electron';
import { log } from './log.ts';
import { isAllowed } from './permissions.ts';

/** Schemes that never leave the process; everything else is cancelled. `devtools` serves the developer tools' own page. */
const localSchemes: ReadonlySet<string> = new Set(['precedent:', 'devtools:', 'data:', 'blob:']);

/** Requests that were cancelled since the start, by scheme. A page of ours makes none. */
const refusedRequests = new Map<string, number>();

/** The default session may exist before anyone listens for new ones, so it is offered here twice. */
const hardened = new WeakSet<Session>();

function isLocalRequest(url: string): boolean {
  return URL.canParse(url) && localSchemes.has(new URL(url).protocol);
}

/** Closes a session: requests, permissions, devices, downloads, certificates, proxies, dictionaries. */
export function hardenSession(session: Session): void {
  if (hardened.has(session)) return;
  hardened.add(session);
  session.webRequest.onBeforeRequest((details, callback) => {
    const cancel = !isLocalRequest(details.url);
    if (cancel) {
      const scheme = URL.canParse(details.url) ? new URL(details.url).protocol : 'malformed';
      refusedRequests.set(scheme, (refusedRequests.get(scheme) ?? 0) + 1);
      log.error(`refused a request to ${scheme}`);
    }
    callback({ cancel });
  });
  session.setPermissionRequestHandler((_contents, permission, callback) => callback(isAllowed(permission)));
  session.setPermissionCheckHandler((_contents, permission) => isAllowed(permission));
  session.setDevicePermissionHandler(() => false);
  session.setBluetoothPairingHandler((_details, callback) => callback({ confirmed: false }));
  session.setDisplayMediaRequestHandler((_request, callback) => callback({}));
  session.on('select-hid-device', (event, _details, callback) => {
    event.preventDefault();
    callback(null);
  });
  session.on('select-serial-port', (event, _ports, _contents, callback) => {
    event.preventDefault();
    callback('');
  });
  session.on('select-usb-device', (event, _details, callback) => {
    event.preventDefault();
    callback();
  });
  session.on('will-download', (event) => event.preventDefault());
  // Chromium would fetch a dictionary from a server on first use.
  session.setSpellCheckerLanguages([]);
  session.setSpellCheckerEnabled(false);
  session.setCertificateVerifyProc((_request, callback) => callback(-2));
  void session.setProxy({ mode: 'direct' });
}

function hardenContents(contents: WebContents): void {
  // Main's own loadURL raises none of these; a page or a dropped file does.
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.on('select-bluetooth-device', (event, _devices, callback) => {
    event.preventDefault();
    callback('');
  });
  contents.on('login', (event, _details, _info, callback) => {
    event.preventDefault();
    callback();
  });
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
}

/** Applies the policy to every page that will ever exist, whoever makes it. Call before the first window. */
export function hardenApp(app: App): void {
  // Whatever the settings of a page say. Chromium does not start where both are asked for.
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
  app.on('web-contents-created', (_event, contents) => hardenContents(contents));
  app.on('session-created', hardenSession);
  app.on('certificate-error', (event, _contents, _url, _error, _certificate, callback) => {
    event.preventDefault();
    callback(false);
  });
  app.on('select-client-certificate', (event, _contents, _url, _list, callback) => {
    event.preventDefault();
    callback();
  });
  app.on('login', (event, _contents, _details, _info, callback) => {
    event.preventDefault();
    callback();
  });
}

/** True for the main frame of an open window at the application's own origin: the only sender that main listens to. */
export function isTrustedFrame(
  frame: { readonly parent: unknown; readonly origin: string } | null,
  sender: WebContents,
  isOurs: (window: BrowserWindow) => boolean,
  origin: string,
): BrowserWindow | null {
  if (frame === null || frame.parent !== null || frame.origin !== origin) return null;
  const window = BrowserWindow.fromWebContents(sender);
  return window !== null && !window.isDestroyed() && isOurs(window) ? window : null;
}
