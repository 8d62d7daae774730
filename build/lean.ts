import type { Plugin } from 'vite'

/**
 * One letter beyond ASCII makes Node keep a whole source in two bytes a letter: 3 MB of the hub. The minifier escapes
 * them in code; what is left are names in licences.
 */
export const asciiOnly: Plugin = {
  name: 'ascii-only',
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue
      chunk.code = chunk.code.replace(/\/\*!.*?\*\//gs, toAscii)
      const beyond = /[^\0-\x7f]/.exec(chunk.code)
      if (beyond) this.error(`${chunk.fileName} is not ASCII at ${beyond.index}: ${beyond[0]}`)
    }
  },
}
const toAscii = (text: string) =>
  text.replace(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)

const unused = '\0no-schema'

/** conf loads a validator of JSON schemas, 5 MB of the hub, for stores with a schema. Ours has none: zod reads it. */
export const withoutSchemas: Plugin = {
  name: 'without-schemas',
  enforce: 'pre',
  resolveId: (id, importer) => (/^ajv(-formats)?(\/|$)/.test(id) && isConf(importer) ? unused : null),
  load: (id) =>
    id === unused
      ? `function refuse() { throw new Error('Settings have no JSON schema') } export { refuse as Ajv2020, refuse as default }`
      : null,
}
const isConf = (importer = '') => /[\\/]node_modules[\\/]conf[\\/]/.test(importer)
