import { t } from '../texts.ts'

export type DiffLine = { kind: 'added' | 'removed' | 'same' | 'place'; text: string }

/** A unified diff as lines to show. The two file names above it are left out: the dialog says which file it is. */
export function parseDiff(diff: string): DiffLine[] {
  const lines = diff.replace(/\n$/, '').split('\n')
  const start = lines.findIndex((line) => line.startsWith('@@'))
  return lines.slice(Math.max(start, 0)).map((line): DiffLine => {
    if (line.startsWith('@@')) return { kind: 'place', text: placeOf(line) }
    if (line.startsWith('+')) return { kind: 'added', text: line.slice(1) }
    if (line.startsWith('-')) return { kind: 'removed', text: line.slice(1) }
    // “\ No newline at end of file”
    if (line.startsWith('\\')) return { kind: 'place', text: line.slice(2) }
    return { kind: 'same', text: line.slice(1) }
  })
}

// `@@ -1,8 +1,17 @@`: the place in the new file, which is the one that will be read.
const placeOf = (line: string) => t('change.line', { line: /\+(\d+)/.exec(line)?.[1] ?? '' })
