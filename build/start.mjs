// `npm start`: sets up what is missing, starts the demo company and the app, and ends both together.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { ensureDependencies, findNode, main, root, run, StepError, step } from './setup.mjs'

const help = `npm start [-- options]

Starts Causeway with a demo company on this machine: an SSO and servers of every kind, all on loopback.

  --no-demo    start without the demo company
  --headless   the window in the browser, even where Electron is
  --no-open    headless: print the address, do not open the browser
  --help       this text

State lies in the app's data folder, or in CAUSEWAY_HOME where that is set.
`
const options = {
  demo: { type: 'boolean', default: true },
  headless: { type: 'boolean', default: false },
  open: { type: 'boolean', default: true },
  help: { type: 'boolean', default: false },
}
const children = new Set()

/** A child that ends with us: by a signal, and by its closed stdin should we be killed without one. */
function start(name, command, args, { env = {}, stdout = 'inherit' } = {}) {
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, CAUSEWAY_END_WITH_STDIN: '1', ...env },
    stdio: ['pipe', stdout, 'inherit'],
  })
  const entry = {
    name,
    child,
    ended: new Promise((resolve) => child.on('close', (code, signal) => resolve({ name, code, signal }))),
  }
  children.add(entry)
  child.on('error', (error) => process.stderr.write(`${name} could not be started: ${error.message}\n`))
  void entry.ended.then(() => children.delete(entry))
  return entry
}

async function stopAll() {
  const running = [...children]
  for (const { child } of running) child.kill('SIGTERM')
  const killer = setTimeout(() => {
    for (const { child } of running) child.kill('SIGKILL')
  }, 8000)
  await Promise.all(running.map(({ ended }) => ended))
  clearTimeout(killer)
}

function interrupted() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve({ name: 'you', code: 0 }))
  })
}

/** On its usual port, so that a sign-in lasts over restarts; on any other where that one is taken. */
async function startDemo(node) {
  const address = (await tryDemo(node, '4810')) ?? (await tryDemo(node, '0'))
  if (!address) throw new StepError('The demo company did not start; see above. Without it: npm start -- --no-demo')
  return address
}

async function tryDemo(node, port) {
  const demo = start('The demo company', node, ['e2e/company/main.ts', '--port', port, '--stdin-close'], {
    stdout: 'pipe',
  })
  const lines = createInterface({ input: demo.child.stdout })
  const ready = new Promise((resolve) => lines.on('line', (line) => line.startsWith('{') && resolve(JSON.parse(line))))
  const first = await Promise.race([ready, demo.ended])
  return first.address ?? null
}

/** Electron's executable, or in one line why the window opens in the browser instead. */
async function findElectron(headless) {
  if (headless) return { why: 'asked for by --headless' }
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH
  if (override) return { electron: join(override, process.platform === 'win32' ? 'electron.exe' : 'electron') }
  const display = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY
  if (!display) return { why: 'there is no display here' }
  if (process.getuid?.() === 0) return { why: 'Electron does not run as root' }
  const at = electronBinary()
  if (at) return { electron: at }
  try {
    await step('Fetching Electron (once)', () =>
      run(process.execPath, ['node_modules/electron/install.js'], { quiet: true, timeoutMs: 180_000 }),
    )
  } catch {
    return { why: 'Electron’s binary could not be fetched' }
  }
  const fetched = electronBinary()
  return fetched ? { electron: fetched } : { why: 'Electron’s binary could not be fetched' }
}

function electronBinary() {
  const path = join(root, 'node_modules/electron/path.txt')
  if (!existsSync(path)) return null
  const binary = join(root, 'node_modules/electron/dist', readFileSync(path, 'utf8').trim())
  return existsSync(binary) ? binary : null
}

/** True where the app runs already: its window is shown again. A build would take the files from under it. */
function isShown(node) {
  const cli = join(root, 'dist/cli/causeway.js')
  if (!existsSync(cli)) return false
  const { status, stdout } = spawnSync(node, [cli, 'open', '--json'], { encoding: 'utf8', timeout: 30_000 })
  const { error, address } = readJson(stdout)
  if (status !== 0 && error?.code !== 'app.no-window') return false
  process.stdout.write(
    `Causeway runs already; this start changes nothing. ${address ? `Its window: ${address}` : 'To start anew, end it first: npx causeway quit'}\n`,
  )
  return true
}

function readJson(text) {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/** The options, or a sentence about the one that is none. */
function readArguments() {
  try {
    return parseArgs({ options, allowNegative: true }).values
  } catch (error) {
    throw new StepError(`${error.message}\n\n${help}`, 2)
  }
}

await main(async () => {
  const values = readArguments()
  if (values.help) return void process.stdout.write(help)
  await ensureDependencies()
  const node = findNode()
  if (isShown(node)) return 0
  await step('Building', () =>
    run(node, ['build/build.ts'], {
      remedy: 'This is a bug in a fresh clone; with local changes, see the error above.',
    }),
  )
  const stop = interrupted()
  try {
    const company = values.demo ? await step('Starting the demo company', () => startDemo(node)) : null
    const { electron, why } = await findElectron(values.headless)
    process.stdout.write(
      electron ? `• Opening the app in Electron (${electron})\n` : `• Opening the window in the browser: ${why}\n`,
    )
    const env = company ? { CAUSEWAY_COMPANY: company } : {}
    const app = electron
      ? start('Causeway', electron, ['.'], { env })
      : start('Causeway', node, ['dist/cli/causeway.js', 'agent', '--ui', ...(values.open ? [] : ['--no-open'])], {
          env,
        })
    const first = await Promise.race([stop, app.ended])
    if (first.name !== 'you' && first.code !== 0)
      throw new StepError(`Causeway ended with ${first.code ?? first.signal}.`)
    return 0
  } finally {
    await stopAll()
  }
})
