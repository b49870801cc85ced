/**
 * Draws resources/icons from precedent.svg: PNGs for Linux' icon themes, an .ico for Windows, an .icns for macOS.
 *   node tools/icons/draw.mjs
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { root } from '../setup/project.mjs';

const folder = join(root, 'resources', 'icons');

/** Edge lengths in pixels: of an icon theme, of Windows' icons, and of macOS' by the type that holds a PNG of this size. */
const themeSizes = [16, 24, 32, 48, 64, 128, 256, 512];
const icoSizes = [16, 24, 32, 48, 64, 128, 256];
const icnsTypes = { ic11: 32, ic12: 64, ic07: 128, ic08: 256, ic09: 512, ic10: 1024 };

/** The files of resources/icons that are drawn, by name, with their bytes. */
export async function drawIcons() {
  const wasm = createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm');
  await initWasm(readFileSync(wasm));
  const svg = readFileSync(join(folder, 'precedent.svg'), 'utf8');
  const sizes = new Set([...themeSizes, ...icoSizes, ...Object.values(icnsTypes)]);
  const png = new Map(Array.from(sizes, (size) => [size, draw(svg, size)]));
  return {
    ...Object.fromEntries(themeSizes.map((size) => [`${size}x${size}.png`, png.get(size)])),
    'icon.ico': ico(icoSizes.map((size) => [size, png.get(size)])),
    'icon.icns': icns(Object.entries(icnsTypes).map(([type, size]) => [type, png.get(size)])),
  };
}

function draw(svg, size) {
  const image = new Resvg(svg, { fitTo: { mode: 'width', value: size } }).render();
  return Buffer.from(image.asPng());
}

/** An .ico of PNGs, which Windows reads since Vista: a header, a directory of 16 bytes for each, the files. */
function ico(images) {
  const header = Buffer.alloc(6 + 16 * images.length);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(images.length, 4);
  let offset = header.length;
  for (const [n, [size, bytes]] of images.entries()) {
    const at = 6 + 16 * n;
    // 0 stands for 256.
    header.writeUInt8(size % 256, at);
    header.writeUInt8(size % 256, at + 1);
    header.writeUInt16LE(1, at + 4);
    header.writeUInt16LE(32, at + 6);
    header.writeUInt32LE(bytes.length, at + 8);
    header.writeUInt32LE(offset, at + 12);
    offset += bytes.length;
  }
  return Buffer.concat([header, ...images.map(([, bytes]) => bytes)]);
}

/** An .icns of PNGs: `icns`, the length of all, then type, length and bytes of each. */
function icns(images) {
  const parts = images.map(([type, bytes]) => Buffer.concat([chunkHeader(type, bytes.length), bytes]));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([chunkHeader('icns', length), ...parts]);
}

function chunkHeader(type, length) {
  const header = Buffer.alloc(8);
  header.write(type, 'latin1');
  header.writeUInt32BE(length + 8, 4);
  return header;
}

if (import.meta.main) {
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(await drawIcons())) writeFileSync(join(folder, name), bytes);
}
