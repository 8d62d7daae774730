'use strict'
// The command line of Electron's executable, as far as tests need it:
//   electron [-r module]… [--inspect=PORT] [--remote-debugging-port=PORT] [chromium switches] <app folder or file> [args]
const inspector = require('node:inspector')
const { existsSync, readFileSync, statSync } = require('node:fs')
const Module = require('node:module')
const { dirname, join, resolve } = require('node:path')
const { pathToFileURL } = require('node:url')

const loadLimitMs = 60_000

function fail(code, text) {
  process.stderr.write(`electron-host: ${text}\n`)
  process.exit(code)
}
if (Number(process.versions.node.split('.')[0]) < 24)
  fail(78, `needs Node 24, as Electron 45 has; this is ${process.version}`)

function parse(argv) {
  const parsed = { required: [], switches: [], app: undefined, inspectPort: undefined, debugPort: undefined }
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at]
    // A Chromium switch counts wherever it stands; all else behind the app is the app's.
    if (word.startsWith('--remote-debugging-port=')) parsed.debugPort = Number(word.split('=')[1])
    else if (parsed.app !== undefined) continue
    else if (word === '-r' || word === '--require') parsed.required.push(argv[++at])
    else if (word.startsWith('--inspect=')) parsed.inspectPort = Number(word.split('=')[1])
    else if (word === '--version' || word === '-v') parsed.version = true
    else if (word.startsWith('-')) parsed.switches.push(word)
    else parsed.app = word
  }
  return parsed
}

/** The version the project pins, so that the app sees the truth about what it is built for. */
const electronVersion = () => require('electron/package.json').version

const argv = process.argv.slice(2)
const given = parse(argv)
if (given.version) {
  process.stdout.write(`v${electronVersion()} (electron-host)\n`)
  process.exit(0)
}
if (given.app === undefined) fail(64, 'no app given')
const appPath = resolve(given.app)
if (!existsSync(appPath)) fail(1, `cannot find ${appPath}`)
const isFolder = statSync(appPath).isDirectory()
const manifest = isFolder ? JSON.parse(readFileSync(join(appPath, 'package.json'), 'utf8')) : {}
const entry = isFolder ? join(appPath, manifest.main ?? 'index.js') : appPath
if (!existsSync(entry)) fail(1, `cannot find ${entry}; was the app built?`)

process.argv = [process.argv[1], ...argv] // Electron has no slot for a script
process.type = 'browser'
process.defaultApp = true
process.resourcesPath = join(__dirname, 'resources')
Object.defineProperty(process.versions, 'electron', { value: electronVersion(), enumerable: true })

if (given.inspectPort !== undefined) inspector.open(given.inspectPort, '127.0.0.1')

const electronFile = join(__dirname, 'electron.cjs')
Module.registerHooks({
  resolve: (name, context, next) =>
    /^electron(?:\/(?:main|common|renderer))?$/.test(name)
      ? { url: pathToFileURL(electronFile).href, format: 'commonjs', shortCircuit: true }
      : next(name, context),
})
const electron = require(electronFile)
const host = electron.hostOf(electron)
host.init({ appPath: isFolder ? appPath : dirname(appPath), manifest })
for (const path of given.required) require(resolve(path))

// Electron warns and goes on.
process.on('unhandledRejection', (error) => {
  console.error('UnhandledPromiseRejectionWarning:', error)
  process.exitCode = 1
})
const end = (text) => (error) => {
  console.error(`electron-host: ${text}`, error)
  electron.app.exit(1)
}
const started = host.start({ debugPort: given.debugPort, switches: given.switches })
// Both lines are what Playwright waits for: this one, and the inspector's “Debugger listening on …” above.
started.then(
  (line) => given.debugPort !== undefined && process.stderr.write(`\n${line}\n`),
  end('Chromium did not start'),
)
// Electron emits `ready` after the entry module has loaded, so a top-level `await app.whenReady()` may hang there. Here it fails.
const slow = setTimeout(
  end(`the entry module does not finish loading; does it await app.whenReady()?`),
  loadLimitMs,
  entry,
)
const loaded = import(pathToFileURL(entry).href).catch(end('the app threw while it was loaded'))
Promise.all([started, loaded]).then(
  () => {
    clearTimeout(slow)
    host.ready()
  },
  () => {},
)
