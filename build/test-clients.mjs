// `npm run test:clients`: installs the real command lines of some AI clients beside their test, and lets each say which
// of our servers it is connected to. Not part of `npm test`: they weigh close to a gigabyte.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { ensureDependencies, findNode, main, root, run, runNpm, step } from './setup.mjs'

const folder = join(root, 'e2e/clients')
const mark = join(folder, 'node_modules/.installed-lock')

await main(async () => {
  await ensureDependencies()
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8')
  if (!existsSync(mark) || readFileSync(mark, 'utf8') !== lock) {
    await step('Installing the AI clients (a minute, once)', () =>
      // Not `ci`: it wants every platform's optional package in the lock file, and a mirror may lack some.
      runNpm(['install', '--no-save', '--prefix', folder], {
        remedy: 'Check the network and the npm registry settings, then start again.',
      }),
    )
    // Install scripts are off; this one only puts the program of this platform in its place.
    await run(process.execPath, [join(folder, 'node_modules/opencode-ai/postinstall.mjs')], { quiet: true })
    writeFileSync(mark, lock)
  }
  const node = findNode()
  const env = { ...process.env, PATH: [dirname(node), process.env.PATH].join(delimiter) }
  await step('Building', () => runNpm(['run', 'build'], { env, quiet: true }))
  await run(node, ['--test', join(folder, 'clients.test.ts')], { env, remedy: 'What each client said stands above.' })
})
