/** What an IT department asks first: versions, providers, GPU, display, disk. */
import { statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { listSupportedBackends } from 'onnxruntime-node';
import { loadManifest } from '../encoder/manifest.ts';
import { EncoderSession } from '../encoder/session.ts';
import { resourcesFolder } from './host.ts';

const gib = 1024 ** 3;

export async function doctor(library: string | undefined): Promise<Record<string, unknown>> {
  const db = new Sqlite(':memory:');
  const sqlite = String(db.prepare('SELECT sqlite_version()').pluck().get());
  db.close();
  const folder = join(resourcesFolder, 'encoders', 'builtin');
  const session = await EncoderSession.open(await loadManifest(folder), folder);
  const disk = await statfs(library ?? process.cwd()).catch(() => statfs(process.cwd()));
  const report = {
    versions: {
      node: process.versions.node,
      v8: process.versions.v8,
      sqlite,
      platform: `${process.platform} ${process.arch}`,
    },
    encoder: { id: session.manifest.id, version: session.manifest.version, provider: session.provider },
    providers: { inThisBuild: listSupportedBackends().map(({ name }) => name), refused: session.refused },
    display: process.env.WAYLAND_DISPLAY
      ? 'wayland'
      : process.env.DISPLAY
        ? 'x11'
        : process.platform === 'linux'
          ? 'none'
          : 'native',
    processors: availableParallelism(),
    memoryGiB: Math.round(totalmem() / gib),
    freeDiskGiB: Math.round((disk.bavail * disk.bsize) / gib),
  };
  await session.close();
  return report;
}
