/** Text as it may stand in XML, in an attribute as well. */
export const escapeXml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Lines one step further in. */
export const indent = (lines: string[], steps = 1) => lines.map((line) => `${'  '.repeat(steps)}${line}`)

export const head = '<?xml version="1.0" encoding="utf-8"?>'
