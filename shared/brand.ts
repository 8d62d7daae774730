/** The product's names, in one place: a company that rebrands the app changes this file and `electron-builder.yml`. */
export const brand = {
  product: 'Causeway',
  /** Folder, command and socket names; lower-case letters only. */
  slug: 'causeway',
  bridgeCommand: 'causeway-bridge',
  appId: 'com.causeway.desktop',
  urlScheme: 'causeway',
  helpUrl: 'https://causeway.example/help',
} as const
