import { median } from '../lib/stats.ts'
import type { Subject } from './subjects.ts'

type Samples = Map<Subject, Map<string, number[]>>
type Column = { key: string; title: string; digits: number }

const columns: Column[] = [
  { key: 'first', title: 'first answer', digits: 1 },
  { key: 'firstAt50', title: '… at 50 ms', digits: 0 },
  { key: 'init', title: 'initialize', digits: 1 },
  { key: 'list', title: 'tools/list', digits: 1 },
  { key: 'listAway', title: '… server away', digits: 1 },
  { key: 'p50', title: 'p50', digits: 3 },
  { key: 'p50Awake', title: 'p50, awake', digits: 3 },
  { key: 'p99', title: 'p99', digits: 2 },
  { key: 'rate1', title: 'calls/s', digits: 0 },
  { key: 'rate16', title: 'at 16', digits: 0 },
  { key: 'rate128', title: 'at 128', digits: 0 },
  { key: 'echo1', title: '1 MB', digits: 1 },
  { key: 'echo10', title: '10 MB', digits: 0 },
  { key: 'cpu1', title: 'CPU/1000', digits: 0 },
  { key: 'cpu1Awake', title: 'CPU/1000, awake', digits: 0 },
  { key: 'cpu16', title: 'CPU/1000 at 16', digits: 0 },
  { key: 'rss', title: 'RSS of one', digits: 1 },
  { key: 'own', title: 'its own', digits: 1 },
  { key: 'many', title: 'RSS of 10', digits: 0 },
  { key: 'manyAfter', title: '… after load', digits: 0 },
  { key: 'hundred', title: 'RSS of 100', digits: 0 },
]
/** What issue and README promise, as ratios to mcp-remote: native and Node, at most or (calls/s) at least. */
const goals: Record<string, [number, number]> = {
  first: [0.04, 0.13],
  firstAt50: [0.12, 0.15],
  p50: [0.35, 0.4],
  rate16: [5, 5],
  rate128: [5, 5],
  echo10: [0.15, 0.2],
  cpu1: [0.25, 0.28],
  cpu16: [0.25, 0.28],
  many: [0.12, 0.5],
}
/** What a call at a time costs is judged while the cores are awake, where that could be had: `floor/awake.ts` says why. */
const judgedBy: Record<string, string> = { p50: 'p50Awake', cpu1: 'cpu1Awake' }
const mostOfOne = [2, 46]
/** “About” 5 and 30 ms from the hub’s memory: twice that is a miss. */
const promisedListMs = [5, 30]
const mostOfHundred = 350

export type Row = { name: string; values: Record<string, number>; ratios: Record<string, number> }

export function toRows(samples: Samples, baseName: string): Row[] {
  const base = [...samples].find(([{ name }]) => name === baseName)?.[1]
  return [...samples].map(([{ name }, all]) => {
    const values: Row['values'] = {}
    const ratios: Row['ratios'] = {}
    for (const [key, list] of all) {
      values[key] = median(list) ?? 0
      const ratio = median(
        list.flatMap((value, round) => (base?.get(key)?.[round] ? [value / (base.get(key)?.[round] as number)] : [])),
      )
      if (ratio !== null) ratios[key] = ratio
    }
    return { name, values, ratios }
  })
}

const line = (cells: string[]) => `| ${cells.join(' | ')} |`
function table(rows: Row[], cell: (row: Row, column: Column) => string) {
  const used = columns.filter(({ key }) => rows.some(({ values }) => key in values))
  return [
    line(['', ...used.map(({ title }) => title)]),
    line([':--', ...used.map(() => '--:')]),
    ...rows.map((row) => line([row.name, ...used.map((column) => cell(row, column))])),
  ].join('\n')
}
export const valuesTable = (rows: Row[]) =>
  table(rows, ({ values }, { key, digits }) => values[key]?.toFixed(digits) ?? '')
export const ratiosTable = (rows: Row[]) =>
  table(rows, ({ ratios }, { key }) => {
    const ratio = ratios[key]
    return ratio === undefined ? '' : ratio < 0.1 ? ratio.toFixed(3) : ratio.toFixed(2)
  })

/** What was promised and is not so in this run, in sentences. */
export function findMisses(rows: Row[]): string[] {
  const direct = rows.find(({ name }) => name.startsWith('SDK client'))
  return rows.flatMap((row) => {
    const build = ['causeway, native', 'causeway, Node'].indexOf(row.name)
    if (build < 0) return []
    const misses = Object.entries(goals).flatMap(([key, limits]) => {
      const ratio = row.ratios[judgedBy[key] ?? key] ?? row.ratios[key]
      const limit = limits[build] as number
      if (ratio === undefined || (key.startsWith('rate') ? ratio >= limit : ratio <= limit)) return []
      return [`${row.name}: ${key} is ${ratio.toFixed(3)} of mcp-remote’s, promised ${limit}`]
    })
    const { rss = 0, hundred = 0, p50 = 0, list = 0, listAway = 0 } = row.values
    const listMs = promisedListMs[build] as number
    if (Math.max(list, listAway) > 2 * listMs) {
      const times = `${list.toFixed(1)} ms, ${listAway.toFixed(1)} ms with the server away`
      misses.push(`${row.name}: tools/list from memory after ${times}, promised about ${listMs}`)
    }
    if (rss > (mostOfOne[build] as number)) misses.push(`${row.name}: one takes ${rss.toFixed(1)} MB`)
    if (build === 0 && hundred > mostOfHundred) misses.push(`${row.name}: a hundred take ${hundred.toFixed(0)} MB`)
    if (build === 0 && direct && p50 > (direct.values.p50 ?? 0)) misses.push(`${row.name}: slower than no bridge`)
    return misses
  })
}
