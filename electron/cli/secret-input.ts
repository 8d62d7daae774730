import { stderr, stdin } from 'node:process'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'

/**
 * A secret from a pipe (its first line), or typed at a terminal that shows none of it. Never from an argument: those
 * stand in the list of processes and in the shell's history.
 */
export async function readSecret(question: string): Promise<string> {
  if (!stdin.isTTY) return firstLine(await text(stdin))
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: stdin, output: silent, terminal: true })
  try {
    stderr.write(`${question}: `)
    return firstLine(await lines.question(''))
  } finally {
    lines.close()
    stderr.write('\n')
  }
}

const firstLine = (given: string) => (given.split(/\r?\n/)[0] ?? '').trim()
