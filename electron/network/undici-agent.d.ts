// The package names everything it has in one file, and loading that costs the hub ten megabytes.
declare module 'undici/lib/dispatcher/agent.js' {
  import { Agent } from 'undici'
  // biome-ignore lint/style/noDefaultExport: it is a CommonJS file, and this is what it exports
  export default Agent
}
