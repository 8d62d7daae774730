import { createJsonFormat } from './edit/json.ts'
import { tomlFormat } from './edit/toml.ts'
import { yamlFormat } from './edit/yaml.ts'

/** What clients read: strict JSON, JSON with comments, JSON with comments and trailing commas, TOML, YAML. */
export const formats = {
  json: createJsonFormat({ comments: false, trailingCommas: false }),
  'json-comments': createJsonFormat({ comments: true, trailingCommas: false }),
  jsonc: createJsonFormat({ comments: true, trailingCommas: true }),
  toml: tomlFormat,
  yaml: yamlFormat,
}
export type FormatName = keyof typeof formats
