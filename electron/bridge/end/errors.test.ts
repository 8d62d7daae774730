import { expect, test } from 'vitest'
import { Problem, problems } from '../../../shared/problems.ts'
import { toRpcError } from '../rpc.ts'
import { endProblems, errorText } from './errors.ts'

test('the bridge says what the app says: same codes, titles, remedies and error code', () => {
  for (const [code, said] of Object.entries(endProblems))
    expect(said).toEqual(problems[code as keyof typeof endProblems])
  expect(JSON.parse(errorText('app.not-running', 'why'))).toEqual(toRpcError(new Problem('app.not-running', 'why')))
})
