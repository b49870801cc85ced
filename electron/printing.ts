/**
 * Prints a page to PDF or PNG in a window that is never shown: without scripts, without the bridge, in a session of its own
 * that is kept in memory and serves nothing but such pages.
 */
import { randomUUID } from 'node:crypto';
import { extname } from 'node:path';
import { BrowserWindow, type Session, session } from 'electron';
import { PrecedentError } from '../native/contract/errors.ts';
import { hardenSession } from './security.ts';
import { lockedDown } from './windows.ts';

const origin = 'precedent://print';
const contentPolicy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
/** Of the PNG, in CSS pixels, each of which becomes this many pixels on both axes. */
const pngWidth = 1120;
const pngScale = 2;

/** By URL, while they are printed. */
const pages = new Map<string, string>();

function printSession(): Session {
  const own = session.fromPartition('print', { cache: false });
  hardenSession(own);
  if (!own.protocol.isProtocolHandled('precedent')) {
    own.protocol.handle('precedent', ({ url }) => {
      const html = pages.get(url);
      if (html === undefined) return new Response(null, { status: 404 });
      return new Response(html, {
        headers: { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': contentPolicy },
      });
    });
  }
  return own;
}

/** @param path names the format by its ending. @throws PrecedentError `usage` for one that cannot be printed; `internal` */
export async function printPage(html: string, path: string): Promise<Buffer> {
  const ending = extname(path).toLowerCase();
  if (!Object.hasOwn(formats, ending)) {
    const known = Object.keys(formats).join(' or ');
    throw new PrecedentError(
      'usage',
      `a page cannot be printed as "${ending}"`,
      undefined,
      `choose a name that ends in ${known}`,
    );
  }
  const name = randomUUID();
  pages.set(`${origin}/${name}`, html);
  const window = new BrowserWindow({
    show: false,
    width: pngWidth,
    height: 800,
    webPreferences: { ...lockedDown, session: printSession(), javascript: false, devTools: false },
  });
  try {
    await window.loadURL(`${origin}/${name}`);
    return await formats[ending](window);
  } finally {
    window.destroy();
    pages.delete(`${origin}/${name}`);
  }
}

const formats: Readonly<Record<string, (window: BrowserWindow) => Promise<Buffer>>> = {
  '.pdf': ({ webContents }) =>
    webContents.printToPDF({ preferCSSPageSize: true, printBackground: true, generateTaggedPDF: true }),
  '.png': wholePagePng,
};

/** The page from top to bottom: `capturePage` would end where the window does. */
async function wholePagePng({ webContents }: BrowserWindow): Promise<Buffer> {
  const { debugger: inspector } = webContents;
  inspector.attach('1.3');
  const { cssContentSize } = await inspector.sendCommand('Page.getLayoutMetrics');
  const { data } = await inspector.sendCommand('Page.captureScreenshot', {
    captureBeyondViewport: true,
    clip: { x: 0, y: 0, width: pngWidth, height: Math.ceil(cssContentSize.height), scale: pngScale },
  });
  return Buffer.from(data, 'base64');
}
