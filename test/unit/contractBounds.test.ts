/** Whatever a window or a command line asks has bounds: no text, list or table of a request is as long as the asker likes. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { bridgeContract } from '../../native/contract/bridge.ts';
import { engineContract } from '../../native/contract/engine.ts';

interface Schema {
  readonly type?: string;
  readonly enum?: unknown;
  readonly const?: unknown;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly propertyNames?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly $ref?: string;
}

/** Where a schema takes a text or a list of any length. */
function unbounded(schema: Schema, path: string): string[] {
  const {
    type,
    items,
    prefixItems,
    properties = {},
    propertyNames,
    additionalProperties,
    anyOf = [],
    oneOf = [],
    allOf = [],
  } = schema;
  // What is referred to would not be walked.
  expect(schema.$ref, path).toBeUndefined();
  const below = [
    ...Object.entries(properties).map(([name, one]) => [one, `${path}.${name}`] as const),
    ...[...anyOf, ...oneOf, ...allOf].map((one) => [one, path] as const),
    ...(prefixItems ?? []).map((one) => [one, `${path}[]`] as const),
    ...(items ? [[items, `${path}[]`] as const] : []),
    ...(propertyNames ? [[propertyNames, `${path} (names)`] as const] : []),
    ...(typeof additionalProperties === 'object' ? [[additionalProperties, `${path}.*`] as const] : []),
  ];
  const named = schema.enum !== undefined || schema.const !== undefined;
  const text = type === 'string' && !named && schema.maxLength === undefined;
  const list = type === 'array' && prefixItems === undefined && schema.maxItems === undefined;
  return [...(text || list ? [path] : []), ...below.flatMap(([one, at]) => unbounded(one, at))];
}

const unboundedIn = (params: z.ZodType, name: string) =>
  unbounded(
    z.toJSONSchema(params, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Schema,
    name,
  );

test('a text without a greatest length is found wherever it stands', () => {
  const open = z.object({ at: z.string() });
  const among = z.discriminatedUnion('kind', [open.extend({ kind: z.literal('a') })]);
  expect(unboundedIn(z.union([open, z.null()]), 'union')).toEqual(['union.at']);
  expect(unboundedIn(among, 'kinds')).toEqual(['kinds.at']);
  expect(unboundedIn(open.and(z.object({})), 'both')).toEqual(['both.at']);
  expect(unboundedIn(z.tuple([z.string().max(1), z.array(open).max(1)]), 'tuple')).toEqual(['tuple[][].at']);
});

test('every text and list that a window asks of main has a greatest length', () => {
  const found = Object.entries(bridgeContract).flatMap(([name, { params }]) => unboundedIn(params, name));
  // Its length is in its pattern.
  expect(found).toEqual(['savePage[]']);
});

test('every text and list of every request has a greatest length', () => {
  const found = Object.entries(engineContract.requests).flatMap(([name, { params }]) =>
    unboundedIn(params, name),
  );
  // An evaluation is what the engine has answered itself, sent back to be written.
  expect(found.filter((path) => !path.startsWith('evaluate.save.evaluation'))).toEqual([]);
  expect(found.length).toBeGreaterThan(0);
});
