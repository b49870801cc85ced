/** What a page holds, after its garbage was collected: for tests that watch whether it grows. */
import type { CDPSession, Page } from 'playwright-core';

export interface PageMemory {
  /** Bytes of live JavaScript objects, and of the buffers behind typed arrays. */
  readonly heap: number;
  readonly buffers: number;
  readonly nodes: number;
  readonly listeners: number;
  /** WebGL textures that were made since `countTextures` and neither deleted nor collected, and the bytes of the volumes among them. */
  readonly textures: number;
  readonly textureBytes: number;
}

/** Counts the textures that the page makes and deletes from now on; call it before the page draws its first picture. */
export async function countTextures(page: Page): Promise<void> {
  await page.evaluate(`(() => {
    const live = new Map();
    window.liveTextures = live;
    const gl = WebGL2RenderingContext.prototype;
    const wrap = (name, act) => {
      const original = gl[name];
      gl[name] = function (...args) { const result = original.apply(this, args); act(this, args, result); return result; };
    };
    wrap('createTexture', (_, __, texture) => live.set(new WeakRef(texture), 0));
    const entryOf = (texture) => [...live.keys()].find((ref) => ref.deref() === texture);
    wrap('deleteTexture', (_, [texture]) => live.delete(entryOf(texture)));
    const volume = (context, format, width, height, depth) => {
      const bytes = format === context.R32F ? 4 : 2;
      const ref = entryOf(context.getParameter(context.TEXTURE_BINDING_3D));
      if (ref) live.set(ref, width * height * depth * bytes);
    };
    wrap('texImage3D', (context, [, , format, width, height, depth]) => volume(context, format, width, height, depth));
    wrap('texStorage3D', (context, [, , format, width, height, depth]) => volume(context, format, width, height, depth));
  })()`);
}

export async function pageMemory(page: Page, session: CDPSession): Promise<PageMemory> {
  await session.send('HeapProfiler.collectGarbage');
  const heap = await session.send('Runtime.getHeapUsage');
  const counters = await session.send('Memory.getDOMCounters');
  const textures = (await page.evaluate(
    `(() => { const all = [...window.liveTextures].flatMap(([ref, bytes]) => (ref.deref() ? [bytes] : [])); return [all.length, all.reduce((a, b) => a + b, 0)]; })()`,
  )) as [number, number];
  return {
    heap: heap.usedSize,
    buffers: (heap as { backingStorageSize?: number }).backingStorageSize ?? 0,
    nodes: counters.nodes,
    listeners: counters.jsEventListeners,
    textures: textures[0],
    textureBytes: textures[1],
  };
}
