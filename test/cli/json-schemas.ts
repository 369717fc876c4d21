/** The schemas of docs/json, closed for tests: a field that no schema names is an error here, though readers should let it pass. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Program } from '../../cli/terminal/command.ts';

export const SCHEMA_FOLDER: string = path.resolve('docs/json');

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What says that it is an object, and nothing of other fields, has no others. */
function closed(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  if (inner.type !== 'object' || 'additionalProperties' in inner) return inner;
  return { ...inner, unevaluatedProperties: false };
}

function loaded(): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  for (const file of readdirSync(SCHEMA_FOLDER).filter((name) => name.endsWith('.schema.json'))) {
    ajv.addSchema(closed(JSON.parse(readFileSync(path.join(SCHEMA_FOLDER, file), 'utf8')) as Json) as object);
  }
  return ajv;
}

const ajv = loaded();

/** Lines that were checked, by schema: what no test has seen proves nothing. */
const seen = new Map<string, number>();

function validator(name: string): ValidateFunction {
  const found = ajv.getSchema(`${name}.schema.json`);
  if (!found)
    throw new Error(`docs/json/${name}.schema.json is missing: write it, as the commands beside it have`);
  return found as ValidateFunction;
}

/** "vault key list": "vault-key-list". */
export function schemaName(program: string, command: string): string {
  return `${program}-${command.replaceAll(' ', '-')}`;
}

export function schemaFile(name: string): string {
  return path.join(SCHEMA_FOLDER, `${name}.schema.json`);
}

/** Commands without a schema, as the names of the files that are missing. */
export function withoutSchema(program: Program): readonly string[] {
  return program.commands
    .map((command) => schemaName(program.name, command.name))
    .filter((name) => !existsSync(schemaFile(name)));
}

/** Names of all fields that a schema has in any depth, of its own: what it refers to is another file's. */
export function fieldsOf(file: string): ReadonlySet<string> {
  const found = new Set<string>();
  const walk = (schema: Json): void => {
    if (typeof schema !== 'object' || schema === null) return;
    for (const [key, value] of Object.entries(schema as Record<string, Json>)) {
      if (key === 'properties' && value !== null) for (const name of Object.keys(value)) found.add(name);
      walk(value);
    }
  };
  walk(JSON.parse(readFileSync(file, 'utf8')) as Json);
  return found;
}

/** Throws unless every line of `text` is one JSON object that the schema allows. Returns the lines. */
export function checkLines(name: string, text: string): readonly Record<string, unknown>[] {
  const validate = validator(name);
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const message = JSON.parse(line) as Record<string, unknown>;
    if (!validate(message)) {
      const why = [...new Set(validate.errors?.map((error) => `${error.instancePath} ${error.message}`))];
      throw new Error(`docs/json/${name}.schema.json does not allow ${line}\n${why.join('\n')}`);
    }
    seen.set(name, (seen.get(name) ?? 0) + 1);
    return message;
  });
}

/** How many lines were checked by this schema in this file's run. */
export function linesSeen(name: string): number {
  return seen.get(name) ?? 0;
}
