/** What of this machine decides how fast and on what a model runs: measurements of another machine are worth nothing here. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, release } from 'node:os';
import { join } from 'node:path';

export interface Machine {
  readonly platform: string;
  readonly cores: number;
  /** Whether a GPU is known to be there; null where that cannot be told without asking it. */
  readonly gpu: boolean | null;
  /** Changes with processor, cores, system, GPUs and NVIDIA driver. */
  readonly fingerprint: string;
}

export function thisMachine(): Machine {
  const cores = availableParallelism();
  const gpus = process.platform === 'linux' ? linuxGpus() : null;
  const processor = cpus()[0]?.model ?? 'unknown processor';
  const parts = [process.platform, process.arch, release(), processor, `${cores} cores`, ...(gpus ?? [])];
  return {
    platform: process.platform,
    cores,
    gpu: gpus && gpus.length > 0,
    fingerprint: parts.join('; '),
  };
}

/** PCI ids of the devices that can draw or compute, and the version of NVIDIA's driver. */
function linuxGpus(): string[] {
  const found: string[] = [];
  const cards = '/sys/class/drm';
  for (const name of existsSync(cards) ? readdirSync(cards).sort() : []) {
    if (!/^renderD\d+$/.test(name)) continue;
    const id = (file: string) => firstLineOf(join(cards, name, 'device', file));
    found.push(`GPU ${id('vendor') ?? '?'}:${id('device') ?? '?'}`);
  }
  const nvidia = firstLineOf('/proc/driver/nvidia/version');
  if (nvidia) found.push(nvidia);
  return found;
}

function firstLineOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').split('\n')[0].trim();
  } catch {
    return null;
  }
}
