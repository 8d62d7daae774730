import type { RequestHandler } from 'express'
import { z } from 'zod'
import { createSplit } from '../mcp/split.ts'
import { connectionTools, tool } from '../mcp/tool.ts'

const pages: Record<string, string[]> = {
  'delivery-note-4711.pdf': [
    'Delivery note 4711\nFernhill Freight\n12 pallets, 3,480 kg',
    'Received in good order.\nSigned: M. Duarte',
  ],
  'insurance-2026.pdf': [
    'Fleet insurance 2026\nPolicy FF-88213',
    'Covered: 41 trucks, 17 trailers.',
    'Excess: 2,500 per case.',
  ],
}

/** Reads the company's PDFs. A home-grown server (sse-split) whose tools differ by group. */
export function createPdf({ identify }: { identify: RequestHandler }) {
  const documents = new Map(Object.entries(pages))
  const find = (file: string) => {
    const found = documents.get(file)
    if (!found) throw new Error(`There is no file ${file}`)
    return found
  }
  return createSplit({
    info: { name: 'pdf', title: 'PDF tools', version: '0.4.1' },
    identify,
    tools: [
      tool({
        name: 'list_files',
        title: 'List files',
        description: 'The PDF files on the shared drive.',
        input: z.object({}),
        run: () => [...documents].map(([file, pages]) => ({ file, pages: pages.length })),
      }),
      tool({
        name: 'extract_text',
        title: 'Extract text',
        description: 'The text of a file, or of one page of it.',
        input: z.object({ file: z.string(), page: z.number().int().min(1).optional() }),
        async run({ file, page }, { progress }) {
          const found = find(file)
          if (page !== undefined) return found[page - 1] ?? `${file} has ${found.length} pages`
          for (const [index] of found.entries()) await progress(index + 1, found.length, `Page ${index + 1}`)
          return found.join('\n\f\n')
        },
      }),
      tool({
        name: 'merge_files',
        title: 'Merge files',
        description: 'Puts two files into a new one.',
        kind: 'write',
        groups: ['engineering', 'admins'],
        input: z.object({ first: z.string(), second: z.string(), into: z.string() }),
        run({ first, second, into }) {
          documents.set(into, [...find(first), ...find(second)])
          return `${into} has ${find(into).length} pages`
        },
      }),
      tool({
        name: 'delete_file',
        title: 'Delete a file',
        description: 'Removes a file from the shared drive for good.',
        kind: 'destructive',
        groups: ['admins'],
        input: z.object({ file: z.string() }),
        run({ file }) {
          find(file)
          documents.delete(file)
          return `${file} is gone`
        },
      }),
      ...connectionTools,
    ],
  })
}
