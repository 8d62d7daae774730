// `npm run bench`, `robust`, `conformance`: sets up and builds what they measure, then runs the script named first, on
// the Node that the product runs on. `--no-build` takes what is built already.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'
import { ensureDependencies, findNode, main, root, run, step } from './setup.mjs'

await main(async () => {
  const [script, ...args] = process.argv.slice(2)
  await ensureDependencies()
  const node = findNode()
  const env = { ...process.env, PATH: [join(node, '..'), process.env.PATH].join(delimiter) }
  if (!args.includes('--no-build')) await step('Build', () => run(node, ['build/build.ts'], { env, quiet: true }))
  const given = args.filter((arg) => arg !== '--no-build')
  const child = spawn(node, [join(root, script), ...given], { cwd: root, env, stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  return code ?? 1
})
