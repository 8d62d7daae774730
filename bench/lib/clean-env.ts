// Settings of a machine that change how any Node process starts, or where it finds certificates: without them runs on
// different machines compare.
const changing = [
  'NODE_EXTRA_CA_CERTS',
  'NODE_OPTIONS',
  'NODE_COMPILE_CACHE',
  'NODE_USE_SYSTEM_CA',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
]

/** What a bridge under test inherits: little, and a home of its own. */
export const createEnv = (home: string): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  HOME: home,
  USERPROFILE: home,
  CAUSEWAY_HOME: home,
  BROWSER: 'true',
  NO_COLOR: '1',
})
for (const name of changing) delete process.env[name]
