import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ClientId } from '../../shared/ids.ts'
import { isAlive, readProcesses } from './processes.ts'
import { openDesk } from './testing.ts'

const claude = ClientId.parse('claude-desktop')

test.runIf(process.platform === 'linux')('writes in the moment a real process of that name has ended', async () => {
  const desk = await openDesk({ processes: () => readProcesses(), isAlive })
  onTestFinished(desk.close)
  const path = join(desk.root, '.config', 'Claude', 'claude_desktop_config.json')
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, '{}')
  const program = join(desk.root, 'claude-desktop')
  copyFileSync('/bin/sleep', program)
  const app = spawn(program, ['600'])
  onTestFinished(() => void app.kill('SIGKILL'))
  await expect.poll(async () => (await readProcesses()).some(({ pid }) => pid === app.pid)).toBe(true)

  expect((await desk.clients.apply({ client: claude })).waiting?.kind).toBe('apply')
  const written = new Promise<void>((resolve) =>
    desk.clients.changed((apps) => {
      if (apps.find(({ id }) => id === claude)?.state === 'set-up') resolve()
    }),
  )
  app.kill('SIGTERM')
  // Nobody asks for a look: the watch alone does it.
  await written
  expect(readFileSync(path, 'utf8')).toContain('"github"')
})
