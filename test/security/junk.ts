/**
 * Malformed messages by seed: valid ones are made from a schema and then damaged in their structure: wrong types, missing and
 * further keys, prototypes' names, huge and deep and cyclic values, numbers that are none.
 */
import { z } from 'zod';

/** Uniform in [0, 1), the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly minimum?: number;
  readonly minLength?: number;
}

const protoNames = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then'] as const;

const texts = [
  '',
  'a\0b',
  '\ud800',
  '\u202egnp',
  '../../../etc/passwd',
  '/etc/passwd',
  'C:\\Windows\\win.ini',
  '\\\\server\\share',
  "'; DROP TABLE lesion; --",
  '" OR 1=1',
  'NEAR(a b, 9999)',
  '<script>1</script>',
  '%s%n',
  'NaN',
  ...protoNames,
];
const numbers = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -0,
  -1,
  0.5,
  1e308,
  5e-324,
  2 ** 31,
  2 ** 53 + 2,
  -(2 ** 63),
];

export class Junk {
  readonly #random: () => number;
  /** Texts that mean something to who receives them, such as the ids of what a library holds. */
  readonly #words: readonly string[];
  readonly #schemas = new Map<z.ZodType, Schema>();

  constructor(seed: number, words: readonly string[]) {
    this.#random = seeded(seed);
    this.#words = [...words, 'liver', 'fused', 'les-1', 'a0b1c2d3-e4f5-6789-abcd-ef0123456789'];
  }

  below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  chance(p: number): boolean {
    return this.#random() < p;
  }

  one<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  /** A value that the schema takes, but for what it checks beyond its structure. */
  valid(schema: z.ZodType): unknown {
    const known = this.#schemas.get(schema);
    const described =
      known ??
      (z.toJSONSchema(schema, {
        io: 'input',
        unrepresentable: 'any',
        reused: 'inline',
      }) as unknown as Schema);
    this.#schemas.set(schema, described);
    return this.#sample(described);
  }

  /** A copy of the value with one to three places of it damaged. */
  damaged(value: unknown): unknown {
    let result = value;
    for (let times = 1 + this.below(3); times > 0; times--) result = this.#damageWithin(result);
    return result;
  }

  /** Anything at all that can be sent. */
  anything(): unknown {
    return this.one<() => unknown>([
      () => null,
      () => undefined,
      () => this.chance(0.5),
      () => this.one(numbers),
      () => this.below(1000),
      () => this.one(texts),
      () => this.one(this.#words),
      () => 12345678901234567890n,
      () => [],
      () => ({}),
      () => [this.one(numbers), this.one(texts), null],
      () => new Date(this.one(numbers)),
      () => new Map([[this.one(texts), this.one(numbers)]]),
      () => new Set(texts),
      () => /(a+)+$/,
      () => new Error('an error'),
      () => new ArrayBuffer(this.below(64)),
      () => new Uint8Array(this.below(4096)),
      () => new Float32Array([Number.NaN, 1]),
      () => this.#huge(),
      () => this.#deep(),
      () => this.#cyclic(),
      () => this.#polluting(),
      () => Object.assign(new Array(this.below(5000)), { 3: 1 }),
      () => ({ toString: 'x', valueOf: 'y', toJSON: 'z', length: -1 }),
    ])();
  }

  /** Own keys that would reach a prototype where somebody copied them carelessly. */
  #polluting(): object {
    return JSON.parse(
      this.one([
        '{"__proto__":{"polluted":true}}',
        '{"constructor":{"prototype":{"polluted":true}}}',
        '{"__proto__":null,"a":1}',
        '{"a":{"__proto__":{"polluted":true}}}',
      ]),
    ) as object;
  }

  #huge(): unknown {
    if (this.chance(0.9)) return 'x'.repeat(this.below(5000));
    return this.chance(0.5) ? '\u{1f600}'.repeat(100_000) : new Array(100_000).fill(null);
  }

  #deep(): unknown {
    let value: unknown = 1;
    for (let depth = 500; depth > 0; depth--) value = depth % 2 === 0 ? [value] : { a: value };
    return value;
  }

  #cyclic(): unknown {
    const value: Record<string, unknown> = { a: [] };
    value.self = value;
    return value;
  }

  #damageWithin(value: unknown): unknown {
    const plain = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
    if (!plain || this.chance(0.15)) return this.anything();
    if (Array.isArray(value)) {
      const copy: unknown[] = [...value];
      const at = this.below(copy.length);
      const kind = copy.length === 0 ? 'more' : this.one(['more', 'fewer', 'within', 'within', 'within']);
      if (kind === 'more') copy.push(this.anything());
      else if (kind === 'fewer') copy.splice(at, 1);
      else copy[at] = this.#damageWithin(copy[at]);
      return copy;
    }
    if (Object.getPrototypeOf(value) !== Object.prototype) return this.anything();
    const entries = Object.entries(value);
    if (entries.length === 0 || this.chance(0.15)) {
      const name = this.one([...protoNames, ...texts, 'extra']);
      return this.#withKey(value, name, this.anything());
    }
    const [name, old] = this.one(entries);
    if (this.chance(0.2)) return Object.fromEntries(entries.filter(([other]) => other !== name));
    return this.#withKey(value, name, this.#damageWithin(old));
  }

  /** A copy with one key set as its own, whatever it is called. */
  #withKey(value: object, name: string, to: unknown): object {
    const copy = { ...value };
    Object.defineProperty(copy, name, { value: to, enumerable: true, writable: true, configurable: true });
    return copy;
  }

  #sample(schema: Schema): unknown {
    const among = schema.anyOf ?? schema.oneOf;
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return this.one(schema.enum);
    if (among) return this.#sample(this.one(among));
    if (schema.allOf) {
      return Object.assign({}, ...schema.allOf.map((part) => this.#sample(part)));
    }
    switch (schema.type) {
      case 'object':
        return this.#object(schema);
      case 'array': {
        const { prefixItems, items } = schema;
        if (prefixItems) return prefixItems.map((item) => this.#sample(item));
        return items ? Array.from({ length: this.below(3) + 1 }, () => this.#sample(items)) : [];
      }
      case 'string':
        return this.one(this.#words).padEnd(schema.minLength ?? 0, '0');
      case 'number':
      case 'integer':
        return Math.max(this.below(6), schema.minimum ?? 0);
      case 'boolean':
        return this.chance(0.5);
      case 'null':
        return null;
      default:
        // Bytes and typed arrays have no place in a JSON schema.
        return this.one([new Uint8Array(8).fill(1), new Float32Array(8), new Int32Array(8)]);
    }
  }

  #object(schema: Schema): object {
    const required = new Set(schema.required);
    const chosen = Object.entries(schema.properties ?? {}).filter(
      ([name]) => required.has(name) || this.chance(0.5),
    );
    const own = chosen.map(([name, property]) => [name, this.#sample(property)]);
    const { additionalProperties } = schema;
    if (typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0) {
      own.push([this.one(this.#words), this.#sample(additionalProperties)]);
    }
    return Object.fromEntries(own);
  }
}
