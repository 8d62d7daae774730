import { setTimeout as pause } from 'node:timers/promises'
import { memoryOf, treeOf } from '../lib/processes.ts'
import { median, nowMs, quantile } from '../lib/stats.ts'
import type { Transport } from '../reference/reference-server.ts'
import type { CompanyWithHub } from './company.ts'
import { whileAwake } from './floor/awake.ts'
import type { Opened, Subject } from './subjects.ts'

export type Sizes = {
  starts: number
  latencyRounds: number
  roundMs: number
  echoes: number
  many: number
  hundred: boolean
}
export type Figures = Record<string, number>
type Samples = Map<Subject, Map<string, number[]>>

const small = 'p'.repeat(64)
const megabyte = 'm'.repeat(1_000_000)
const tenMegabytes = 'm'.repeat(10_000_000)
const loads = [1, 16, 128]

/**
 * Every subject in every round, in turn: other load on the machine moves all of them. A ratio is the median of the
 * ratios of the rounds.
 */
export async function measure(company: CompanyWithHub, subjects: Subject[], transport: Transport, sizes: Sizes) {
  const samples: Samples = new Map(subjects.map((subject) => [subject, new Map()]))
  const add = (subject: Subject, key: string, value: number) => {
    const all = samples.get(subject) as Map<string, number[]>
    all.set(key, [...(all.get(key) ?? []), value])
  }
  const inTurn = async (rounds: number, work: (subject: Subject) => Promise<void>) => {
    for (let round = 0; round < rounds; round += 1) {
      for (const [at] of subjects.entries()) await work(subjects[(at + round) % subjects.length] as Subject)
    }
  }
  async function start(subject: Subject, suffix: string) {
    const opened = await subject.open(transport)
    await opened.echo(small)
    add(subject, `first${suffix}`, nowMs() - opened.spawnedAt)
    add(subject, `init${suffix}`, opened.initMs)
    await opened.close()
  }

  /** From the start of its process to what a client shows: who the server is, and its tools. */
  async function recall(subject: Subject, key: string) {
    const opened = await subject.open(transport)
    await opened.list()
    add(subject, key, nowMs() - opened.spawnedAt)
    await opened.close()
  }

  const fresh = await freshMemory(subjects, transport, sizes)
  await inTurn(sizes.starts, (subject) => start(subject, ''))
  await inTurn(sizes.starts, (subject) => recall(subject, 'list'))
  await company.server.kill()
  const withMemory = subjects.filter(({ remembers }) => remembers)
  for (let round = 0; round < sizes.starts; round += 1) for (const each of withMemory) await recall(each, 'listAway')
  await company.server.start()
  await company.server.ask({ do: 'set-latency', ms: 50 })
  await inTurn(Math.max(2, Math.ceil(sizes.starts / 2)), (subject) => start(subject, 'At50'))
  await company.server.ask({ do: 'set-latency', ms: 0 })

  const live = new Map<Subject, Opened>()
  for (const subject of subjects) {
    const opened = await subject.open(transport)
    for (let call = 0; call < 300; call += 1) await opened.echo(small)
    live.set(subject, opened)
  }
  const get = (subject: Subject) => live.get(subject) as Opened
  for (const load of loads) {
    await inTurn(load === 1 ? sizes.latencyRounds : Math.ceil(sizes.latencyRounds / 2), async (subject) => {
      const opened = get(subject)
      const { times, perSecond, cpuMs } = await loadOf(opened, load, sizes.roundMs)
      add(subject, `rate${load}`, perSecond)
      if (load !== 128) add(subject, `cpu${load}`, (cpuMs / times.length) * 1000)
      if (load !== 1) return
      add(subject, 'p50', median(times) ?? 0)
      add(subject, 'p99', quantile(times, 0.99) ?? 0)
    })
  }
  await whileAwake(() =>
    inTurn(sizes.latencyRounds, async (subject) => {
      const { times, cpuMs } = await loadOf(get(subject), 1, sizes.roundMs)
      add(subject, 'p50Awake', median(times) ?? 0)
      add(subject, 'cpu1Awake', (cpuMs / times.length) * 1000)
    }),
  )
  for (const [key, payload] of Object.entries({ echo1: megabyte, echo10: tenMegabytes })) {
    await inTurn(sizes.echoes, async (subject) => {
      const opened = get(subject)
      const since = nowMs()
      await opened.echo(payload)
      add(subject, key, nowMs() - since)
    })
  }
  for (const subject of subjects) {
    if (subject.isBridge) add(subject, 'peak', memoryOf(get(subject).pids()).peak)
    await get(subject).close()
  }
  const after = await manyMemory(subjects, transport, sizes.many)
  for (const [subject, rss] of after) add(subject, 'manyAfter', rss)
  for (const [subject, figures] of fresh) for (const [key, value] of Object.entries(figures)) add(subject, key, value)
  return samples
}

/** Memory before anything was carried: one bridge, ten with their hub, a hundred of ours. */
async function freshMemory(subjects: Subject[], transport: Transport, sizes: Sizes) {
  const found = new Map<Subject, Figures>()
  for (const subject of subjects) {
    if (!subject.isBridge) continue
    await subject.renewHub()
    const figures: Figures = {}
    const one = await openMany(subject, transport, 1)
    const memory = memoryOf(one[0]?.pids() ?? [])
    await closeAll(one)
    Object.assign(figures, { rss: memory.rss, own: memory.own })
    const many = await openMany(subject, transport, sizes.many)
    figures.many = sumOf(subject, many)
    await closeAll(many)
    if (sizes.hundred && subject.remembers) {
      const hundred = await openMany(subject, transport, 100)
      figures.hundred = sumOf(subject, hundred)
      await closeAll(hundred)
    }
    found.set(subject, figures)
  }
  return found
}
async function manyMemory(subjects: Subject[], transport: Transport, count: number) {
  const found = new Map<Subject, number>()
  for (const subject of subjects) {
    if (!subject.isBridge) continue
    const many = await openMany(subject, transport, count)
    found.set(subject, sumOf(subject, many))
    await closeAll(many)
  }
  return found
}
async function openMany(subject: Subject, transport: Transport, count: number) {
  const opened = await Promise.all(Array.from({ length: count }, () => subject.open(transport)))
  for (const each of opened) await each.echo(small)
  await pause(500)
  return opened
}
const closeAll = (opened: Opened[]) => Promise.all(opened.map((each) => each.close()))
function sumOf(subject: Subject, opened: Opened[]) {
  const hub = subject.hubPid()
  return memoryOf([...opened.flatMap((each) => each.pids()), ...(hub === null ? [] : treeOf(hub))]).rss
}

async function loadOf(opened: Opened, load: number, ms: number) {
  const times: number[] = []
  const cpuBefore = opened.cpuMs()
  const since = nowMs()
  const worker = async () => {
    do {
      const sentAt = nowMs()
      await opened.echo(small)
      times.push(nowMs() - sentAt)
    } while (nowMs() - since < ms)
  }
  await Promise.all(Array.from({ length: load }, worker))
  return { times, perSecond: (times.length / (nowMs() - since)) * 1000, cpuMs: opened.cpuMs() - cpuBefore }
}
