'use strict'
const { spawn } = require('node:child_process')
const { existsSync, mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')

const flags = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--no-startup-window',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--disable-extensions',
  '--disable-default-apps',
  '--disable-breakpad',
  '--metrics-recording-only',
  '--no-pings',
  '--disable-dev-shm-usage',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,NetworkTimeServiceQuerying,HttpsUpgrades,PaintHolding',
  '--password-store=basic',
  '--use-mock-keychain',
  '--force-color-profile=srgb',
  '--hide-scrollbars',
]
// Debian's `chromium` command is a shell script that adds flags of its own; the program lies beside it.
const places = ['/usr/lib/chromium/chromium', '/usr/bin/chromium', '/usr/bin/google-chrome']

function findChromium() {
  const found = [process.env.CHROMIUM_PATH, ...places].find((path) => path && existsSync(path))
  if (!found) throw new Error('no Chromium was found; install the package `chromium` or set CHROMIUM_PATH')
  return found
}

/** Chromium's debugging protocol over one WebSocket, sessions flattened. */
async function connectCdp(url) {
  const socket = new WebSocket(url)
  const waiting = new Map()
  const listeners = new Map()
  let lastId = 0
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = () => reject(new Error('Chromium cannot be reached'))
  })
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data)
    if (message.id === undefined) {
      const key = `${message.sessionId ?? ''} ${message.method}`
      for (const listener of listeners.get(key) ?? []) listener(message.params)
      return
    }
    const { resolve, reject, method } = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.error) reject(new Error(`${method}: ${message.error.message}`))
    else resolve(message.result)
  }
  socket.onclose = () => {
    for (const { reject, method } of waiting.values()) reject(new Error(`${method}: Chromium is gone`))
    waiting.clear()
  }
  return {
    send: (method, params = {}, sessionId = undefined) =>
      new Promise((resolve, reject) => {
        lastId += 1
        waiting.set(lastId, { resolve, reject, method })
        socket.send(JSON.stringify({ id: lastId, method, params, sessionId }))
      }),
    on(method, listener, sessionId = '') {
      const key = `${sessionId} ${method}`
      listeners.set(key, [...(listeners.get(key) ?? []), listener])
    },
    /** Calls that are open when the app ends never settle. */
    close() {
      waiting.clear()
      socket.close()
    },
  }
}

async function startChromium(port, switches) {
  const folder = mkdtempSync(join(tmpdir(), 'electron-host-'))
  // Chromium dies with this process even when that is killed with SIGKILL.
  const leash = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--'] : []
  const own = switches.filter((word) => word !== '--no-sandbox' && !word.startsWith('--user-data-dir='))
  const [command, ...args] = [...leash, findChromium(), ...flags, ...own]
  const child = spawn(command, [...args, `--user-data-dir=${folder}`, `--remote-debugging-port=${port ?? 0}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const [line, url] = await readAddress(child)
  const cdp = await connectCdp(url)
  const { product } = await cdp.send('Browser.getVersion')
  const kill = () => child.kill('SIGKILL')
  return {
    cdp,
    line,
    kill,
    version: product.replace(/^.*\//, ''),
    async stop() {
      kill()
      await gone
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    },
  }
}

function readAddress(child) {
  let text = ''
  return new Promise((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (part) => {
      text += part
      const found = /DevTools listening on (ws:\/\/\S+)/.exec(text)
      if (found) resolve(found)
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`Chromium ended (${code}): ${text.slice(-800)}`)))
  })
}
module.exports = { startChromium }
