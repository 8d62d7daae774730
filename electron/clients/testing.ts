import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClientId, ServerId } from '../../shared/ids.ts'
import type { WriteAll } from '../lib/atomic-file.ts'
import { createMemoryLog } from '../lib/log.ts'
import { createSignal } from '../lib/signal.ts'
import { createClients } from './clients.ts'
import type { Process } from './processes.ts'
import type { RepairPolicy } from './repair.ts'

export const cursor = ClientId.parse('cursor')
export const github = ServerId.parse('github')
export const iam = ServerId.parse('iam')

const idle = 'init'
type Options = {
  ids?: ServerId[]
  script?: string
  env?: Record<string, string>
  bridge?: string
  write?: WriteAll
  home?: string
  /** The real ones, instead of those of the world. */
  processes?: () => Promise<Process[]>
  isAlive?: (pid: number) => boolean
}

/** A home folder of its own with the real service in it; only the clock, the servers and the processes are given. */
export async function openDesk({
  ids = [github, iam],
  env = {},
  bridge = '/opt/causeway/causeway-bridge',
  script,
  write,
  home,
  processes,
  isAlive,
}: Options = {}) {
  const root = home ?? mkdtempSync(join(tmpdir(), 'causeway-clients-'))
  const world = {
    ids,
    bridge,
    processes: [] as string[],
    /** How often the machine’s processes were asked for: once in every look at all apps. */
    looks: 0,
    /** Nobody can tell what runs. */
    blind: false,
    repair: 'ask' as RepairPolicy,
    now: Date.parse('2026-11-20T08:00:00Z'),
  }
  const { on: serversChanged, emit } = createSignal<void>()
  const { log, lines } = createMemoryLog()
  const open = () =>
    createClients({
      home: root,
      env,
      platform: 'linux',
      folder: join(root, 'state'),
      servers: () => world.ids.map((id) => ({ id, name: id, description: `The ${id} server` })),
      serversChanged,
      entryFor: (client, server) => ({
        command: world.bridge,
        args: [...(script ? [script] : []), server, '--client', client],
        env: {},
      }),
      repairPolicy: () => world.repair,
      systemRoot: join(root, 'system'),
      run: async () => '',
      // Under the id of this process, which is alive.
      processes: async () => {
        world.looks += 1
        return (
          processes?.() ?? (world.blind ? [] : [idle, ...world.processes]).map((name) => ({ pid: process.pid, name }))
        )
      },
      version: '1.2.3',
      now: () => new Date(world.now++),
      log,
      ...(write ? { write } : {}),
      ...(isAlive ? { isAlive } : {}),
    })
  const clients = open()
  await clients.rescan()
  return {
    root,
    world,
    lines,
    clients,
    open,
    tellServers: () => emit(),
    app: async (id: ClientId = cursor) => {
      const found = (await clients.rescan()).find((app) => app.id === id)
      if (!found) throw new Error(`no app ${id}`)
      return found
    },
    close: async () => {
      await clients.close()
      if (!home) rmSync(root, { recursive: true, force: true })
    },
  }
}
export type Desk = Awaited<ReturnType<typeof openDesk>>
