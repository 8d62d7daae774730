import { type Node, parseTree } from 'jsonc-parser'
import { lineOf } from '../edit/text.ts'

/** Where a secret stands. The value itself is never part of a message. */
export type Leak = { line: number; key: string; kind: string }

const shapes: readonly [kind: string, RegExp][] = [
  ['a GitHub token', /\b(gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,})/],
  ['a GitLab token', /\bglpat-[\w-]{12,}/],
  ['a Stripe key', /\b[sr]k_(live|test)_\w{12,}/],
  ['an API key', /\bsk-[A-Za-z0-9_-]{12,}/],
  ['a Slack token', /\b(xox[a-z]|xapp)-[\w-]{8,}/],
  ['an AWS key', /\b(AKIA|ASIA)[A-Z0-9]{12,}/],
  ['a Google key', /\bAIza[\w-]{24,}/],
  ['an npm token', /\bnpm_[A-Za-z0-9]{24,}/],
  ['a Hugging Face token', /\bhf_[A-Za-z0-9]{20,}/],
  ['a JSON web token', /\beyJ[\w-]{8,}/],
  ['a private key', /-----BEGIN /],
  ['a password in an address', /:\/\/[^/\s:@$]*:[^/\s@$]+@/],
  ['a bearer token', /\bBearer\s+(?!\$\{)[\w.~+/=-]{8,}/i],
]
const secretName = /(token|secret|passw(or)?d|api[-_]?key|private[-_]?key|access[-_]?key|authorization)$/i

/** What a value looks like, or null. Below a name like `API_TOKEN` only variables may stand. */
export function findKind(name: string, value: string): string | null {
  const shape = shapes.find(([, pattern]) => pattern.test(value))
  if (shape) return shape[0]
  return secretName.test(name) && value.length >= 8 && !value.includes('${') ? 'the value of a secret' : null
}

/** Every string of a JSON text that looks like a secret, with its line and the keys that lead to it. */
export function findLeaks(text: string): Leak[] {
  const leaks: Leak[] = []
  const visit = (node: Node, path: string[]) => {
    if (node.type === 'property') {
      const [key, value] = node.children ?? []
      const name = String(key?.value ?? '')
      // A token can also be the key itself, or stand in an array below it.
      const kind = findKind('', name)
      if (kind) leaks.push({ line: lineOf(text, node.offset), key: [...path, '…'].join('.'), kind })
      if (value) visit(value, [...path, kind ? '…' : name])
      return
    }
    if (node.type === 'string') {
      const kind = findKind(path.at(-1) ?? '', String(node.value))
      if (kind) leaks.push({ line: lineOf(text, node.offset), key: path.join('.'), kind })
    }
    for (const [index, child] of (node.children ?? []).entries())
      visit(child, node.type === 'array' ? [...path, String(index)] : path)
  }
  const root = parseTree(text)
  if (root) visit(root, [])
  return leaks
}
