import { pathToFileURL } from 'node:url'
import { createClient } from '../shared/client.ts'
import { contract } from '../shared/contract/contract.ts'
import { Problem } from '../shared/problems.ts'
import { findAssets } from './assets.ts'
import { runCli } from './cli/cli.ts'
import type { AgentOptions, Connection } from './cli/session.ts'
import { importTeam } from './clients/team/import.ts'
import { syncTeam } from './clients/team/sync.ts'
import { connectRunning } from './connect-running.ts'
import { openFilesOnly } from './files-only.ts'
import { runHeadless } from './headless.ts'
import { createMapCarrier } from './ipc/map-carrier.ts'
import { createFileLog } from './lib/log.ts'
import { createPaths } from './lib/paths.ts'
import { startNodeCore } from './node-core.ts'
import { checkPolicyFile } from './policy/check-file.ts'

const { env, platform } = process
const assets = findAssets(import.meta.url)
const paths = createPaths({ env, platform })
let keychainHangs = () => false
const openLog = () => createFileLog({ folder: paths.logs, name: 'app' })
const noWindow = async () => {
  throw new Problem('app.no-window')
}
const print = (line: string) => process.stdout.write(`${line}\n`)

/** The running app, or only the files of AI clients: an uninstaller must not wait for a network or a keychain. */
async function connectFiles(): Promise<Connection> {
  const running = await connectRunning({ paths, version: assets.version })
  if (running) return running
  const { log, close: closeLog } = openLog()
  const files = openFilesOnly({ paths, env, platform, version: assets.version, log })
  return { ...files, close: () => files.close().finally(closeLog) }
}

/** The running app, or a core of this command's own, for as long as the command takes. */
async function connect(): Promise<Connection> {
  const running = await connectRunning({ paths, version: assets.version })
  if (running) return running
  const { log, close: closeLog } = openLog()
  const core = await startNodeCore({ assets, paths, env, platform, openWindow: noWindow, quit: () => {}, log }).catch(
    async (error) => {
      await closeLog()
      throw error
    },
  )
  keychainHangs = core.keychainHangs
  await core.ready
  const close = () => core.close().finally(closeLog)
  const ended = new Promise<void>(() => {})
  return { api: createClient(contract, createMapCarrier(core.dispatcher)), running: false, ended, close }
}

async function runAgent({ ui, open, port, company }: AgentOptions): Promise<number> {
  const agentEnv = company ? { ...env, CAUSEWAY_COMPANY: company } : env
  const { log, close } = openLog()
  return runHeadless({
    startCore: async (given) => {
      const core = await startNodeCore({ assets, paths, env: agentEnv, platform, ...given, log })
      keychainHangs = core.keychainHangs
      return core
    },
    window: ui ? { folder: assets.rendererFolder, port, open } : null,
    ...{ env, platform, print, log },
  }).finally(close)
}

/** Usually started at once by `build/bin/causeway.cjs`; this is for whoever starts the script itself. */
async function runBridge() {
  await import(pathToFileURL(assets.connectScript).href)
  await new Promise(() => {})
}

void runCli(
  {
    connect,
    connectFiles,
    policyFiles: {
      check: checkPolicyFile,
      // Only whoever asks for it loads it: this bundle is the hub's as well.
      convert: async (from, to) => (await import('./policy/forms/convert.ts')).convertPolicy(from, to),
      templates: async (folder) => (await import('./policy/forms/convert.ts')).writePolicyTemplates(folder),
    },
    team: { sync: syncTeam, import: importTeam },
    runAgent,
    runBridge,
    out: print,
    err: (line) => process.stderr.write(`${line}\n`),
    version: assets.version,
  },
  process.argv.slice(2),
).then(end)
// Whatever a failed start left open must not keep a command from ending. A hanging call into the keychain would even
// hold up `exit`, so then the process ends the hard way, with everything already closed.
function end(code: number) {
  process.stdout.write('', () => (keychainHangs() ? process.kill(process.pid, 'SIGKILL') : process.exit(code)))
}
