/** Whatever a window or a command line asks has bounds: no text, list or table of a request is as long as the asker likes. */
import { expect, test } from 'vitest';
import { z } from 'zod';
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
  } = schema;
  const below = [
    ...Object.entries(properties).map(([name, one]) => [one, `${path}.${name}`] as const),
    ...anyOf.map((one) => [one, path] as const),
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

test('every text and list of every request has a greatest length', () => {
  const found = Object.entries(engineContract.requests).flatMap(([name, { params }]) =>
    unbounded(
      z.toJSONSchema(params, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Schema,
      name,
    ),
  );
  // An evaluation is what the engine has answered itself, sent back to be written.
  expect(found.filter((path) => !path.startsWith('evaluate.save.evaluation'))).toEqual([]);
  expect(found.length).toBeGreaterThan(0);
});
