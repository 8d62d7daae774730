import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import type { Caller } from '../access.ts'

/** What a tool knows of the call it answers. */
export type ToolCall = {
  caller: Caller
  progress: (done: number, total: number, message: string) => Promise<void>
  signal: AbortSignal
}
export type ToolKind = 'read' | 'write' | 'destructive'

/** A tool as plain data: the v1 SDK, the v2 SDK and the home-grown server all serve it. */
export type DemoTool = {
  name: string
  title: string
  description: string
  input: z.ZodObject
  kind: ToolKind
  /** Members of one of these groups see it and may call it; everyone when absent. */
  groups?: string[]
  run: (args: unknown, call: ToolCall) => Promise<unknown> | unknown
}

type Written<I extends z.ZodObject> = Omit<DemoTool, 'input' | 'run' | 'kind'> & {
  input: I
  kind?: ToolKind
  run: (args: z.output<I>, call: ToolCall) => Promise<unknown> | unknown
}
export const tool = <I extends z.ZodObject>({ input, run, kind = 'read', ...rest }: Written<I>): DemoTool => ({
  ...rest,
  kind,
  input,
  run: (args, call) => run(input.parse(args), call),
})

export const annotationsOf = ({ kind }: DemoTool) => ({
  readOnlyHint: kind === 'read',
  destructiveHint: kind === 'destructive',
  idempotentHint: kind === 'read',
  openWorldHint: false,
})

export const toolsFor = (tools: DemoTool[], { groups }: Caller) =>
  tools.filter((tool) => !tool.groups || tool.groups.some((group) => groups.includes(group)))

/** A result as MCP wants it; what a tool throws is told to the model, not to the protocol. */
export async function runTool(tool: DemoTool, args: unknown, call: ToolCall) {
  try {
    const value = await tool.run(args, call)
    return {
      content: [{ type: 'text' as const, text: typeof value === 'string' ? value : JSON.stringify(value, null, 2) }],
    }
  } catch (error) {
    if (call.signal.aborted) throw error
    const text = error instanceof Error ? error.message : String(error)
    return { content: [{ type: 'text' as const, text }], isError: true }
  }
}

/** For trying a connection: text comes back unchanged, or step by step with progress. */
export const connectionTools: DemoTool[] = [
  tool({
    name: 'echo',
    title: 'Echo',
    description: 'Returns the text it was given, to try the connection.',
    input: z.object({ text: z.string() }),
    run: ({ text }) => text,
  }),
  tool({
    name: 'slow',
    title: 'Take your time',
    description: 'Works in steps, reports progress after each, and ends early when it is cancelled.',
    input: z.object({
      steps: z.number().int().min(1).max(1000).default(3),
      stepMs: z.number().int().min(0).max(60_000).default(200),
    }),
    async run({ steps, stepMs }, { progress, signal }) {
      for (let step = 1; step <= steps; step++) {
        await pause(stepMs, undefined, { signal, ref: false })
        await progress(step, steps, `Step ${step} of ${steps}`)
      }
      return `Done after ${steps} steps`
    },
  }),
]
