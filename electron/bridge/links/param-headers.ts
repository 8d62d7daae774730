/** A parameter of a tool that its server wants mirrored into a header: where it lies in the arguments, and its header. */
export type MirroredParam = { path: readonly string[]; header: string }

type Schema = Record<string, unknown>
type Visit = { schema: unknown; path: string[]; isReachable: boolean }

const annotation = 'x-mcp-header'
// RFC 9110 §5.6.2.
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const mirrored = new Set(['string', 'integer', 'boolean'])
const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null

// JSON Schema keywords that hold other schemas than `properties` does: one, a list of them, or a map of them.
const branches = ['items', 'prefixItems', 'contains', 'additionalProperties', 'unevaluatedProperties']
  .concat(['unevaluatedItems', 'propertyNames', 'oneOf', 'anyOf', 'allOf', 'not', 'if', 'then', 'else'])
  .map((keyword) => ({ keyword, isMap: false }))
  .concat(
    ['patternProperties', 'dependentSchemas', '$defs', 'definitions'].map((keyword) => ({ keyword, isMap: true })),
  )

function inside({ schema, path, isReachable }: Visit & { schema: Schema }): Visit[] {
  const properties = Object.entries(isSchema(schema.properties) ? schema.properties : {})
  const steps: Visit[] = properties.map(([key, child]) => ({ schema: child, path: [...path, key], isReachable }))
  for (const { keyword, isMap } of branches) {
    const found = schema[keyword]
    const children = Array.isArray(found) ? found : isMap && isSchema(found) ? Object.values(found) : [found]
    for (const child of children) steps.push({ schema: child, path: [...path, `<${keyword}>`], isReachable: false })
  }
  return steps
}

/**
 * Finds the parameters a tool's input schema marks with `x-mcp-header` (2026-07-28, “Schema Extension”), at any depth.
 * `why` names the rule that is broken: a tool that breaks one must not be offered.
 */
export function readMirroredParams(inputSchema: unknown): { params: MirroredParam[] } | { why: string } {
  const params: MirroredParam[] = []
  const taken = new Set<string>()
  const open: Visit[] = [{ schema: inputSchema, path: [], isReachable: true }]
  for (let visit = open.shift(); visit; visit = open.shift()) {
    const { schema, path, isReachable } = visit
    if (!isSchema(schema)) continue
    if (Object.hasOwn(schema, annotation)) {
      const name = schema[annotation]
      const place = path.join('.') || 'its root'
      if (!isReachable || path.length === 0) return { why: `${annotation} at ${place}, where no value can be read` }
      if (typeof name !== 'string' || !token.test(name)) return { why: `${annotation} at ${place} is no header name` }
      if (!mirrored.has(String(schema.type))) return { why: `${annotation} at ${place}, which is no plain value` }
      if (taken.has(name.toLowerCase())) return { why: `${annotation} “${name}” stands twice` }
      taken.add(name.toLowerCase())
      params.push({ path, header: `mcp-param-${name.toLowerCase()}` })
    }
    open.push(...inside({ schema, path, isReachable }))
  }
  return { params }
}

const before = '=?base64?'
const after = '?='

/** A value as a header can carry it: as it is where it is plain visible text, else in Base64 behind a mark. */
export function toHeaderText(value: string): string {
  const isMarked = value.startsWith(before) && value.endsWith(after)
  const isPlain = /^[\t\x20-\x7e]+$/.test(value) && value.trim() === value && !isMarked
  return isPlain ? value : before + Buffer.from(value).toString('base64') + after
}

/** The text of a JSON value as a header says it; null where it is nothing a header may say. */
export function toParamText(json: string): string | null {
  if (json === 'true' || json === 'false') return json
  if (json.startsWith('"')) return String(JSON.parse(json))
  if (!/^-?\d/.test(json)) return null
  const number = Number(json)
  // Beyond this range two programs may read two numbers; the specification leaves such values out of headers.
  const isExact = Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number))
  return isExact ? String(number) : null
}
