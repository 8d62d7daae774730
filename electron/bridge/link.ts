import type { ServerConfig } from '../../shared/server-config.ts'
import type { Log } from '../lib/log.ts'
import type { IdText, Message, RpcError, ScannedMessage } from './message.ts'

/** One upstream session with one server, over one transport, in the name of one client connection. */
export type Link = {
  /**
   * Carries one message of the client. It never throws and never waits for another message: whatever becomes of a
   * request arrives through `deliver` or `fail`, exactly once; notifications and responses are never answered.
   */
  send: (message: Message) => void
  /** Ends the session: aborts what runs, sends DELETE where the transport has sessions. Resolves within two seconds. */
  close: () => Promise<void>
  /** After sleep or a change of network: streams are opened anew, as the old ones may be dead without a sign. */
  wake?: () => void
}

export type LinkNeeds = {
  server: ServerConfig
  /**
   * Credentials and static headers for one request. `rejected` carries the headers a 401 answered, to force a refresh;
   * `challenge` its `WWW-Authenticate`, where there was one.
   */
  headers: (options?: { rejected?: Record<string, string>; challenge?: string }) => Promise<Record<string, string>>
  /**
   * A whole message of the server: one line of valid JSON, an object, without newline; with what was found out about it
   * already, where it was. Awaits back-pressure.
   */
  deliver: (line: Buffer, scanned?: ScannedMessage) => Promise<void> | void
  /** A request that can get no answer from the server. */
  fail: (id: IdText, error: RpcError) => void
  /** What a request is told when the link cannot carry on; the hub then drops the link. Running requests were failed. */
  ended: (error: RpcError) => void
  log: Log
}
