import { inspect } from 'node:util'

/** A string that cannot be logged, serialised or concatenated by accident: only `reveal()` gives it. */
export type Secret = { reveal: () => string; toJSON: () => string; toString: () => string }

export function createSecret(value: string): Secret {
  const hidden = () => '[secret]'
  return Object.freeze({ reveal: () => value, toJSON: hidden, toString: hidden, [inspect.custom]: hidden })
}
