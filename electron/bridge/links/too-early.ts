import { findText } from '../json-walk.ts'

// “Not initialized” is said in each of these; a request that is refused by one of them did nothing.
const tooEarly = /^-32(?:600|602|002)$/

/** Whether a server refuses, in JSON-RPC, what came before it had taken `initialized`. */
export const isTooEarly = (answer: Buffer) => tooEarly.test(findText(answer, ['error', 'code']) ?? '')
