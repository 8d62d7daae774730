import type { ServerConfig } from '../../shared/server-config.ts'
import type { Answers } from './answers.ts'
import type { Opening } from './opening.ts'

type Needs = {
  answers: Answers
  getServer: () => ServerConfig
  /** Whose answers they are: the account the server's session was opened for, or would be now. */
  account: () => string | null
  /** Asks the server for its tools; null where it does not say. */
  askTools: () => Promise<string | null>
  sayToolsChanged: () => void
  /** The client may have a list of tools from a hub before this one. */
  resumed: boolean
}

/**
 * What one client may be told from an earlier session. Once a session stands, a list of tools given from memory is
 * compared with the server's, and the client told where it differs.
 */
export function createRecall({ answers, getServer, account, askTools, sayToolsChanged, resumed }: Needs) {
  let doubtful: string | null = null
  let hasTools = resumed

  function find(what: string) {
    try {
      return answers.find({ server: getServer(), account: account() }, what)
    } catch {
      return null // forbidden now, whatever was allowed before
    }
  }
  function keep(what: string, text: string | null) {
    if (text === null) return
    try {
      answers.keep({ server: getServer(), account: account() }, what, text)
    } catch {
      // forbidden meanwhile: not worth remembering
    }
  }
  const keepTools = (text: string | null) => keep('tools/list', text)

  return {
    opening: ({ params }: Opening) => find(`initialize ${params}`),
    /** From another start of any client of the same revision: better than nothing, when there is no server. */
    openingOfSameVersion: ({ protocolVersion }: Opening) => find(`initialize-version ${protocolVersion}`),
    keepOpening({ params, protocolVersion }: Opening, text: string | null) {
      keep(`initialize ${params}`, text)
      keep(`initialize-version ${protocolVersion}`, text)
    },
    tools() {
      const known = find('tools/list')
      doubtful = known ?? doubtful
      hasTools ||= known !== null
      return known
    },
    keepTools(text: string | null) {
      keepTools(text)
      doubtful = null
      hasTools = true
    },
    /** The session changed under the client: its list is of the one before. */
    doubtTools() {
      if (hasTools) doubtful ??= find('tools/list') ?? ''
    },
    async confirmTools() {
      const before = doubtful
      doubtful = null
      if (before === null) return
      const text = await askTools()
      if (text === null) return
      keepTools(text)
      if (text !== before) sayToolsChanged()
    },
    forget() {
      doubtful = null
      hasTools = false
    },
  }
}
