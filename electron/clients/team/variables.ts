/** A string of the team file, taken apart at its variables. */
export type Part = string | { name: string; fallback: string | null }

/** Thrown for `${…}` that is neither `${NAME}` nor `${NAME:-default}`. */
export class VariableError extends Error {
  readonly text: string
  constructor(text: string) {
    super(`not a variable: ${text}`)
    this.name = 'VariableError'
    this.text = text
  }
}

const form = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/

/** Takes a text apart; variables whose value everybody may know are put in at once. */
export function parseVariables(text: string, known: Readonly<Record<string, string>>): Part[] {
  const parts: Part[] = []
  const add = (literal: string) => {
    const last = parts.at(-1)
    if (literal === '') return
    if (typeof last === 'string') parts[parts.length - 1] = last + literal
    else parts.push(literal)
  }
  let at = 0
  while (at < text.length) {
    const next = text.indexOf('${', at)
    if (next < 0) break
    add(text.slice(at, next))
    const match = form.exec(text.slice(next))
    if (!match) throw new VariableError(text.slice(next, next + 40))
    const [whole, name = '', fallback = null] = match
    if (Object.hasOwn(known, name)) add(known[name] ?? '')
    else parts.push({ name, fallback })
    at = next + whole.length
  }
  add(text.slice(at))
  return parts
}
