import type { Fault } from '../part.ts'

const json = { 'content-type': 'application/json' }
const html = { 'content-type': 'text/html' }

/** Answers of a token endpoint as they are met in the field, by the specification and otherwise. */
export const refusals = {
  'invalid-grant': { kind: 'answer', status: 400, headers: json, body: '{"error":"invalid_grant"}' },
  'invalid-client': { kind: 'answer', status: 401, headers: json, body: '{"error":"invalid_client"}' },
  'interaction-required': { kind: 'answer', status: 400, headers: json, body: '{"error":"interaction_required"}' },
  'empty-400': { kind: 'answer', status: 400 },
  'captive-portal': { kind: 'answer', status: 200, headers: html, body: '<h1>Welcome to Hotel Wi-Fi</h1>' },
  'proxy-403': { kind: 'answer', status: 403, headers: html, body: '<h1>Blocked by policy</h1>' },
  'unavailable-503': { kind: 'answer', status: 503, headers: { 'retry-after': '1' } },
  'too-many-429': { kind: 'answer', status: 429, headers: { 'retry-after': '1' } },
  hang: { kind: 'hang' },
  reset: { kind: 'reset' },
} as const satisfies Record<string, Fault>
