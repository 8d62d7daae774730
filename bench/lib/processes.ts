import { readdirSync, readFileSync } from 'node:fs'

function read(path: string) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
const fieldsOf = (pid: number) =>
  read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ')
const megabytes = (text: string, key: string) => {
  const found = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)
  return found ? Number(found[1]) / 1024 : 0
}

/** The given processes and all that they started (Linux). */
export function treeOf(...roots: number[]): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = Number(fieldsOf(Number(name))[1])
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const found = [...roots]
  for (const pid of found) found.push(...(children.get(pid) ?? []))
  return found
}

export type Memory = { rss: number; pss: number; own: number; peak: number }
/** MiB: resident, with shared pages divided, private alone, and the highest resident so far. */
export function memoryOf(pids: number[]): Memory {
  const sum = { rss: 0, pss: 0, own: 0, peak: 0 }
  for (const pid of pids) {
    const status = read(`/proc/${pid}/status`)
    const rollup = read(`/proc/${pid}/smaps_rollup`)
    sum.rss += megabytes(status, 'VmRSS')
    sum.peak += megabytes(status, 'VmHWM')
    sum.pss += megabytes(rollup, 'Pss')
    sum.own += megabytes(rollup, 'Private_Clean') + megabytes(rollup, 'Private_Dirty')
  }
  return sum
}

/** CPU time of all threads so far, in milliseconds. */
export function cpuMsOf(pids: number[]): number {
  let nanoseconds = 0
  for (const pid of pids) {
    try {
      for (const task of readdirSync(`/proc/${pid}/task`)) {
        nanoseconds += Number(read(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0])
      }
    } catch {
      // It has ended meanwhile.
    }
  }
  return nanoseconds / 1e6
}
