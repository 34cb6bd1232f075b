import type { Shape } from './shape.ts';
import { policyShape } from './table.ts';

export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * The JSON Schema (2020-12) of a policy file, made from the table that the checker uses. It cannot say what
 * concerns two fields at once; the checker does.
 */
export function policySchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Holdfast policy file',
    ...schemaOf(policyShape),
  };
}

function schemaOf(shape: Shape): JsonSchema {
  switch (shape.kind) {
    case 'choice':
      return { enum: shape.of };
    case 'text':
      return { type: 'string', pattern: shape.pattern, description: shape.what };
    case 'number':
      return { type: 'integer', minimum: 0, ...(shape.max === undefined ? {} : { maximum: shape.max }) };
    case 'list':
      return { type: 'array', items: schemaOf(shape.of), minItems: shape.min, maxItems: shape.max };
    case 'record':
      return {
        type: 'object',
        properties: Object.fromEntries(Object.entries(shape.fields).map(([key, of]) => [key, schemaOf(of)])),
        additionalProperties: false,
        ...(shape.required ? { required: shape.required } : {}),
        ...(shape.one ? { minProperties: 1, maxProperties: 1 } : {}),
      };
    case 'map':
      return {
        type: 'object',
        propertyNames: schemaOf(shape.keys),
        additionalProperties: schemaOf(shape.of),
        maxProperties: shape.max,
      };
  }
}
