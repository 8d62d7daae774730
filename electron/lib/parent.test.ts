import { PassThrough } from 'node:stream'
import { expect, test, vi } from 'vitest'
import { onParentGone } from './parent.ts'

const start = (env: Record<string, string>) => {
  const stdin = new PassThrough()
  const gone = vi.fn()
  onParentGone(env, stdin as never, gone)
  return { stdin, gone }
}

test('a closed stdin ends us where the parent asked for that', async () => {
  const { stdin, gone } = start({ CAUSEWAY_END_WITH_STDIN: '1' })
  stdin.end('ignored')
  await vi.waitFor(() => expect(gone).toHaveBeenCalledTimes(1))
})

test('otherwise a closed stdin means nothing: an app that starts in the background has none', async () => {
  const { stdin, gone } = start({})
  stdin.end()
  await new Promise(setImmediate)
  expect(gone).not.toHaveBeenCalled()
})
