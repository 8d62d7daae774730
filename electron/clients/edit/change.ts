/** A value of a config file as this product writes it. */
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value }
export type Table = { [key: string]: Value }

/**
 * One field of our entry. `kept` fields are written once and belong to the person afterwards; a `merged` field (the
 * environment) is shared with them variable by variable.
 */
export type Field = { key: string; value: Value; kept?: boolean; merged?: boolean }

/** Where the entry lies: the keys that lead to the container, and its name there (in a list: the item’s `name`). */
export type EntryPlace = { container: readonly string[]; kind: 'map' | 'list'; name: string }

export type Change =
  | { op: 'put'; wanted: Field[]; previous: Field[] | null; onDrift: 'report' | 'overwrite' }
  /** `tail` is the white space that ended the file before the entry was added, where that is known. */
  | { op: 'remove'; previous: Field[] | null; onDrift: 'report' | 'overwrite'; tail?: string }

/** `line` is where a person would look, counted from 1. All but `written` mean: do not open the file for writing. */
export type Outcome =
  | { result: 'written'; text: string; added: boolean }
  | { result: 'unchanged' }
  | { result: 'refused'; reason: RefusalReason; line: number | null; hint?: string | undefined }
  | { result: 'conflict'; line: number }
  | { result: 'drift'; line: number }

const refusals = {
  'not-utf8': 'it is not UTF-8 text',
  'invalid-syntax': 'it is not valid for this client',
  'too-deep': 'it is nested too deeply',
  'root-not-object': 'its outermost value is not an object',
  'container-not-object': 'the place for servers holds something else',
  'duplicate-key': 'the same key stands there twice',
  'several-documents': 'it holds more than one document',
  'unsupported-layout': 'the entry is written in a way that cannot be edited safely',
  'unsafe-edit': 'the edit would have touched more than our entry',
} as const
/** The reason as a person reads it. */
export const toReason = ({ reason, hint }: { reason: RefusalReason; hint?: string | undefined }) =>
  hint ? `${refusals[reason]} (${hint})` : refusals[reason]

export type RefusalReason = keyof typeof refusals

/** Thrown inside the editing engine only; it leaves it as an outcome. */
export class Refusal extends Error {
  readonly reason: RefusalReason
  readonly line: number | null
  /** What exactly a reader stumbles over, where that is known. */
  readonly hint: string | undefined

  constructor(
    reason: RefusalReason,
    line: number | null = null,
    { hint, ...options }: { cause?: unknown; hint?: string | undefined } = {},
  ) {
    super(reason, options)
    this.hint = hint
    this.name = 'Refusal'
    this.reason = reason
    this.line = line
  }
}

/** A config file understood: what it holds, and the edits it can give, each as the whole new text. */
export type Parsed = {
  entry: { value: Value; line: number } | null
  /** Everything but our entry, in a canonical form: equal before and after, or the edit is not made. */
  rest: () => string
  /** The comments outside our entry, in order. */
  comments: () => string[]
  add: (fields: Field[]) => string
  /** Sets a field of the entry, or one variable of a merged field. */
  set: (path: string[], value: Value) => string
  unset: (path: string[]) => string
  /** Replaces the whole entry, when what stands there is not even an object. */
  replace: (fields: Field[]) => string
  remove: () => string
}

/**
 * A format reads a text, or refuses it. `fresh` is the text of a file that did not exist; where entries are `wholeLines`,
 * one that ends the file decides how it ends.
 */
export type Format = {
  parse: (text: string, place: EntryPlace) => Parsed
  fresh: (place: EntryPlace, fields: Field[]) => string
  wholeLines?: true
}

export const toTable = (fields: Field[]): Table => Object.fromEntries(fields.map(({ key, value }) => [key, value]))
export const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
