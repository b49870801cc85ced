/** A screen of its own for an application that nothing may look into: its picture is read from the X server's memory. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';

export interface Screen {
  readonly display: string;
  /** What is shown now: a PNG, and how many of its colours there are. */
  picture(): Promise<{ readonly png: Uint8Array; readonly colors: number }>;
  stop(): Promise<void>;
}

/** Starts Xvfb with its picture in a file. Rejects where it does not start. */
export async function startScreen(): Promise<Screen> {
  const folder = await mkdtemp(join(tmpdir(), 'precedent-screen-'));
  const child = spawn(
    'Xvfb',
    ['-displayfd', '3', '-fbdir', folder, '-screen', '0', '1680x1050x24', '-nolisten', 'tcp'],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
  );
  const number = await new Promise<string>((done, fail) => {
    let text = '';
    child.once('error', fail);
    child.once('exit', () => fail(new Error('Xvfb does not start')));
    child.stdio[3]?.on('data', (data) => {
      text += String(data);
      if (text.includes('\n')) done(text.trim());
    });
  });
  return {
    display: `:${number}`,
    picture: async () => readDump(await readFile(join(folder, 'Xvfb_screen0'))),
    stop: async () => {
      const ended = new Promise((done) => child.once('exit', done));
      child.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An X window dump (XWDFile.h, version 7) of 32 bits a pixel, blue first. */
function readDump(file: Buffer): { readonly png: Uint8Array; readonly colors: number } {
  const field = (n: number) => file.readUInt32BE(4 * n);
  const [headerBytes, width, height, bytesPerLine, entries] = [
    field(0),
    field(4),
    field(5),
    field(12),
    field(19),
  ];
  const first = headerBytes + 12 * entries;
  const data = new Uint8Array(width * height * 3);
  const colors = new Set<number>();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const color = file.readUInt32LE(first + y * bytesPerLine + 4 * x) & 0xffffff;
      colors.add(color);
      data.set([color >> 16, (color >> 8) & 255, color & 255], 3 * (y * width + x));
    }
  }
  return { png: encode({ width, height, data, channels: 3 }), colors: colors.size };
}
