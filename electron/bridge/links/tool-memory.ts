import type { Log } from '../../lib/log.ts'
import { toLogText } from '../../lib/log.ts'
import { elements, findText, type Span } from '../json-walk.ts'
import { toPlain } from '../revision.ts'
import { applyEdits, cutOut } from './json-edit.ts'
import { findSpan, textAt } from './json-path.ts'
import { type MirroredParam, readMirroredParams } from './param-headers.ts'

type Needs = {
  log: Log
  /** Asks the server for a page of its tools. Throws where it gives none. */
  askPage: (meta: string, cursor: string | null) => Promise<Buffer>
}

const mostPages = 100
const none: readonly MirroredParam[] = []

/**
 * What this server's tools want in headers, as its own `tools/list` said it to this person. Tools whose marks break the
 * rules are taken out of the list: calling them could not be done right.
 */
export function createToolMemory({ log, askPage }: Needs) {
  let known = new Map<string, readonly MirroredParam[]>()
  let isWhole = false
  let refreshing: Promise<void> | null = null

  function learn(line: Buffer, tool: Span): boolean {
    const parsed = JSON.parse(textAt(line, tool)) as { name?: unknown; inputSchema?: unknown } | null
    if (typeof parsed?.name !== 'string') return true
    const found = readMirroredParams(parsed.inputSchema)
    if ('params' in found) known.set(parsed.name, found.params)
    else log.warn('tool.left-out', { tool: toLogText(parsed.name.slice(0, 200)), why: found.why })
    return 'params' in found
  }
  /** Reads an answer to `tools/list`, and gives it back without the tools that must not be offered. */
  function read(line: Buffer): Buffer {
    const list = findSpan(line, ['result', 'tools'])
    const tools = (list && line[list.start] === 0x5b && elements(line, list.start)) || []
    const isGood = new Map(tools.map((tool) => [tool, learn(line, tool)]))
    return applyEdits(
      line,
      cutOut(tools, (tool) => isGood.get(tool) === false),
    )
  }

  async function askAll(meta: string) {
    let cursor: string | null = null
    known = new Map()
    for (let page = 0; page < mostPages; page += 1) {
      const line = await askPage(meta, cursor)
      read(line)
      cursor = findText(line, ['result', 'nextCursor'])
      if (toPlain(cursor) === null) break
    }
    isWhole = true
  }
  /** Asks the server anew; a server that does not answer leaves us with what we know, and has the last word itself. */
  function refresh(meta: string): Promise<void> {
    refreshing ??= askAll(meta)
      .catch((error) => log.warn('tools.not-read', { error }))
      .finally(() => {
        refreshing = null
      })
    return refreshing
  }
  /** What a call of this tool has to say in headers. A tool that is not known yet is asked for first. */
  async function find(name: string, meta: string): Promise<readonly MirroredParam[]> {
    if (!known.has(name) && !isWhole) await refresh(meta)
    return known.get(name) ?? none
  }

  return {
    read,
    refresh,
    find,
    /** The tools have changed. */
    drop() {
      known = new Map()
      isWhole = false
    },
  }
}
