import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  inputRequired,
  type McpServer,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { z } from 'zod'
import { say } from './tools.ts'

const Name = z.object({ name: z.string() })
const Color = z.object({ color: z.string() })
const Ok = z.object({ ok: z.boolean() })
const Context = z.object({ context: z.string() })
const Sampled = z.object({ content: z.object({ type: z.literal('text'), text: z.string() }) })
const Roots = z.object({ roots: z.array(z.object({ uri: z.string() })) })

type State = { step: number; name?: string }
type Needs = { mcp: McpServer; states: RequestStateCodec<State>; changed: (what: 'tools' | 'prompts') => void }

const elicit = (message: string, requestedSchema: typeof Name | typeof Color | typeof Ok | typeof Context) =>
  inputRequired.elicit({ message, requestedSchema })
const sample = (text: string, maxTokens: number) =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text } }], maxTokens })
const answers = ({ mcpReq }: ServerContext) => mcpReq.inputResponses
const sampledIn = (context: ServerContext, key: string) => Sampled.safeParse(answers(context)?.[key]).data?.content.text
const rootsIn = (context: ServerContext, key: string) => Roots.safeParse(answers(context)?.[key]).data?.roots
const may = ({ mcpReq }: ServerContext) =>
  ((mcpReq.envelope as Record<string, unknown> | undefined)?.[CLIENT_CAPABILITIES_META_KEY] ?? {}) as ClientCapabilities

/** Tools that ask by their result, as 2026-07-28 does, and what else the suite wants to see of that revision. */
export function addRounds({ mcp, states, changed }: Needs) {
  const add = (name: string, description: string, run: (context: ServerContext) => unknown) =>
    mcp.registerTool(`test_${name}`, { description }, run as never)
  const ask = (name: string, run: (context: ServerContext) => unknown) =>
    add(`input_required_result_${name}`, 'Asks before it answers', run)

  ask('elicitation', (context) => {
    const answer = acceptedContent(answers(context), 'user_name', Name)
    if (answer) return say(`Hello, ${answer.name}!`)
    return inputRequired({ inputRequests: { user_name: elicit('What is your name?', Name) } })
  })
  ask('sampling', (context) => {
    const answer = sampledIn(context, 'capital_question')
    if (answer !== undefined) return say(answer)
    return inputRequired({ inputRequests: { capital_question: sample('What is the capital of France?', 100) } })
  })
  ask('list_roots', (context) => {
    const roots = rootsIn(context, 'client_roots')
    if (roots) return say(`Roots: ${roots.map(({ uri }) => uri).join(', ')}`)
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } })
  })
  for (const name of ['request_state', 'tampered_state'])
    ask(name, async (context) => {
      const confirmed = acceptedContent(answers(context), 'confirm', Ok)
      if (confirmed && context.mcpReq.requestState<State>()?.step === 1) return say('state-ok')
      const requestState = await states.mint({ step: 1 }, context)
      return inputRequired({ inputRequests: { confirm: elicit('Please confirm', Ok) }, requestState })
    })
  ask('multiple_inputs', async (context) => {
    const name = acceptedContent(answers(context), 'user_name', Name)?.name
    const greeting = sampledIn(context, 'greeting')
    const roots = rootsIn(context, 'client_roots')
    if (name && greeting && roots && context.mcpReq.requestState<State>())
      return say(`${greeting}, ${name} of ${roots.length} roots`)
    const inputRequests = {
      user_name: elicit('What is your name?', Name),
      greeting: sample('Generate a greeting', 50),
      client_roots: inputRequired.listRoots(),
    }
    return inputRequired({ inputRequests, requestState: await states.mint({ step: 1 }, context) })
  })
  ask('multi_round', async (context) => {
    const state = context.mcpReq.requestState<State>()
    const name = acceptedContent(answers(context), 'step1', Name)?.name
    const color = acceptedContent(answers(context), 'step2', Color)?.color
    if (state?.step === 2 && color) return say(`${state.name} likes ${color}`)
    if (state?.step === 1 && name) {
      const step2 = elicit('Step 2: What is your favorite color?', Color)
      return inputRequired({ inputRequests: { step2 }, requestState: await states.mint({ step: 2, name }, context) })
    }
    const step1 = elicit('Step 1: What is your name?', Name)
    return inputRequired({ inputRequests: { step1 }, requestState: await states.mint({ step: 1 }, context) })
  })
  ask('capabilities', (context) => {
    const { elicitation, sampling, roots } = may(context)
    const inputRequests = {
      ...(elicitation ? { name: elicit('What is your name?', Name) } : {}),
      ...(sampling ? { greeting: sample('Generate a greeting', 50) } : {}),
      ...(roots ? { roots: inputRequired.listRoots() } : {}),
    }
    const has = Object.keys(inputRequests).some((key) => answers(context)?.[key] !== undefined)
    return has || Object.keys(inputRequests).length === 0
      ? say('Nothing left to ask.')
      : inputRequired({ inputRequests })
  })
  // The SDK refuses in its name where the client never said it has a model.
  add('missing_capability', 'Cannot do without the client’s model', (context) => {
    const answer = sampledIn(context, 'greeting')
    return answer ? say(answer) : inputRequired({ inputRequests: { greeting: sample('Generate a greeting', 50) } })
  })
  add('streaming_elicitation', 'Logs a line, then asks', async (context) => {
    await context.mcpReq.log('info', 'about to ask')
    const answer = acceptedContent(answers(context), 'user_name', Name)
    return answer ? say(answer.name) : inputRequired({ inputRequests: { user_name: elicit('Your name?', Name) } })
  })
  for (const what of ['tool', 'prompt'] as const)
    add(`trigger_${what}_change`, `Tells that the list of ${what}s has changed`, () => {
      changed(`${what}s`)
      return say('Told.')
    })
  const prompt = { description: 'Asks for its context first' }
  mcp.registerPrompt('test_input_required_result_prompt', prompt, ((context: ServerContext) => {
    const answer = acceptedContent(answers(context), 'user_context', Context)
    if (!answer)
      return inputRequired({ inputRequests: { user_context: elicit('What context should the prompt use?', Context) } })
    return { messages: [{ role: 'user', content: { type: 'text', text: `Use this: ${answer.context}` } }] }
  }) as never)
}
