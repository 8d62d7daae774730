import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import type { Caller } from '../access.ts'
import { annotationsOf, type DemoTool, runTool, toolsFor } from './tool.ts'

export type ServerInfo = { name: string; title: string; version: string; instructions?: string }

/** An SDK (v1) server for one session of one caller: other people may see other tools. */
export function createSessionServer(info: ServerInfo, tools: DemoTool[], caller: Caller) {
  const { instructions, ...implementation } = info
  const server = new McpServer(implementation, {
    capabilities: { tools: { listChanged: true }, logging: {} },
    ...(instructions ? { instructions } : {}),
  })
  const add = (tool: DemoTool) =>
    server.registerTool(
      tool.name,
      { title: tool.title, description: tool.description, inputSchema: tool.input, annotations: annotationsOf(tool) },
      (args, { signal, _meta, sendNotification }) =>
        runTool(tool, args, {
          caller,
          signal,
          async progress(done, total, message) {
            const progressToken = _meta?.progressToken
            if (progressToken === undefined) return
            const params = { progressToken, progress: done, total, message }
            await sendNotification({ method: 'notifications/progress', params })
          },
        }),
    )
  for (const tool of toolsFor(tools, caller)) add(tool)
  return { server, add }
}
