/** The one origin the app ever shows. */
export const windowScheme = 'app'
export const windowOrigin = `${windowScheme}://ui`

/** Not by `URL.origin`: for a scheme of our own Node calls every origin `null`. */
export function isWindowUrl(text: string) {
  if (!URL.canParse(text)) return false
  const { protocol, host, username, password } = new URL(text)
  return protocol === `${windowScheme}:` && host === 'ui' && username === '' && password === ''
}
