/** Loads the WebAssembly decoders on first use and runs them so that no codestream can harm more than its own frame. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PrecedentError } from '../../contract/errors.ts';
import type { PixelLayout } from '../transferSyntax.ts';
import { type CodedImage, checkImage, damaged, type Samples } from './samples.ts';

/** What the classes of the codec packages have in common. */
interface Decoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getFrameInfo(): {
    readonly width: number;
    readonly height: number;
    readonly bitsPerSample: number;
    readonly componentCount: number;
  };
  getDecodedBuffer(): Uint8Array;
  delete(): void;
}
type DecoderClass = new () => Decoder;

/** The part of the WebAssembly interface used here; TypeScript declares it only together with the DOM. */
interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
interface Instance {
  readonly exports: Readonly<Record<string, unknown>>;
}
declare const WebAssembly: {
  readonly Memory: new (limits: { readonly initial: number }) => Memory;
  readonly Instance: new (module: object, imports: object) => Instance;
  compile(bytes: Uint8Array): Promise<object>;
};

/** What a codec package's script exports: it makes a new instance each time. */
type Factory = (options: {
  readonly instantiateWasm: (
    imports: object,
    done: (instance: Instance, module: object) => void,
  ) => Instance['exports'];
  readonly print: () => void;
  readonly printErr: () => void;
}) => Promise<Readonly<Record<string, unknown>>>;

interface WasmCodec {
  readonly script: string;
  readonly binary: string;
  readonly decoder: string;
}

/** Codec → the package's files and its decoder class. They stay in node_modules: a bundle cannot hold their binaries. */
const codecs = {
  'JPEG-LS': {
    script: '@cornerstonejs/codec-charls/decodewasmjs',
    binary: '@cornerstonejs/codec-charls/decodewasm',
    decoder: 'JpegLSDecoder',
  },
  'JPEG 2000': {
    script: '@cornerstonejs/codec-openjpeg/decodewasmjs',
    binary: '@cornerstonejs/codec-openjpeg/decodewasm',
    decoder: 'J2KDecoder',
  },
  HTJ2K: {
    script: '@cornerstonejs/codec-openjph/wasmjs',
    binary: '@cornerstonejs/codec-openjph/wasm',
    decoder: 'HTJ2KDecoder',
  },
  JPEG: {
    script: '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs',
    binary: '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm',
    decoder: 'JPEGDecoder',
  },
} as const satisfies Record<string, WasmCodec>;
export type WasmCodecName = keyof typeof codecs;

/** A decoder's heap may grow to this, and by so much for each pixel of the frame. */
const heapBytes = 64 * 2 ** 20;
const heapBytesPerPixel = 64;
const pageBytes = 65_536;

interface Running {
  readonly decoder: DecoderClass;
  /** Beyond this many bytes the heap does not grow: an allocation fails inside the decoder. */
  readonly limitHeap: (bytes: number) => void;
  readonly heapSize: () => number;
}

const compiled = new Map<WasmCodecName, Promise<{ factory: Factory; module: object }>>();
const running = new Map<WasmCodecName, Promise<Running>>();

/**
 * Decodes one frame of one component.
 * @throws PrecedentError `unreadable` when the codestream is damaged, `internal` when the codec's files are missing
 */
export async function decodeWasm(
  name: WasmCodecName,
  codestream: Uint8Array,
  image: CodedImage,
  layout: PixelLayout,
): Promise<Samples> {
  checkImage(image, layout, name);
  let instance = running.get(name);
  if (!instance) {
    instance = start(name);
    running.set(name, instance);
  }
  const { decoder, limitHeap, heapSize } = await instance;
  limitHeap(heapBytes + heapBytesPerPixel * layout.rows * layout.columns);
  try {
    const samples = decode(new decoder(), codestream, image);
    if (heapSize() > heapBytes) running.delete(name);
    return samples;
  } catch {
    // Whatever it threw, its heap can no longer be relied on; the next frame gets a new one.
    running.delete(name);
    throw damaged(name);
  }
}

function decode(decoder: Decoder, codestream: Uint8Array, { rows, columns, precision }: CodedImage): Samples {
  decoder.getEncodedBuffer(codestream.length).set(codestream);
  decoder.decode();
  const info = decoder.getFrameInfo();
  const bytes = decoder.getDecodedBuffer();
  const width = bytes.length / (rows * columns);
  const asAnnounced = info.width === columns && info.height === rows && info.componentCount === 1;
  if (!asAnnounced || info.bitsPerSample !== precision || width !== (precision > 8 ? 2 : 1))
    throw new Error();
  // A copy: the heap's bytes are overwritten by the next frame, and its offset may be odd.
  const copy = Uint8Array.from(bytes);
  decoder.delete();
  return { values: width === 1 ? copy : new Uint16Array(copy.buffer), precision };
}

async function start(name: WasmCodecName): Promise<Running> {
  try {
    let loaded = compiled.get(name);
    if (!loaded) {
      loaded = load(codecs[name]);
      compiled.set(name, loaded);
    }
    const { factory, module } = await loaded;
    let memory: Memory | undefined;
    let limit = Number.POSITIVE_INFINITY;
    const runtime = await factory({
      instantiateWasm: (imports, done) => {
        const instance = new WebAssembly.Instance(module, imports);
        memory = Object.values(instance.exports).find((exported) => exported instanceof WebAssembly.Memory);
        if (memory) growOnlyTo(memory, () => limit);
        done(instance, module);
        return instance.exports;
      },
      print: () => {},
      printErr: () => {},
    });
    return {
      decoder: runtime[codecs[name].decoder] as DecoderClass,
      limitHeap: (bytes) => {
        limit = bytes;
      },
      heapSize: () => memory?.buffer.byteLength ?? 0,
    };
  } catch {
    compiled.delete(name);
    running.delete(name);
    throw new PrecedentError(
      'internal',
      `the ${name} decoder cannot be loaded`,
      undefined,
      'install Precedent again',
    );
  }
}

async function load({ script, binary }: WasmCodec): Promise<{ factory: Factory; module: object }> {
  const require = createRequire(import.meta.url);
  const module = await WebAssembly.compile(await readFile(require.resolve(binary)));
  return { factory: require(script), module };
}

/** The runtime takes a refused growth for a lack of memory. */
function growOnlyTo(memory: Memory, limit: () => number): void {
  const grow = memory.grow.bind(memory);
  memory.grow = (pages: number) => {
    if (memory.buffer.byteLength + pages * pageBytes > limit()) throw new RangeError('the heap is full');
    return grow(pages);
  };
}
