import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'

const kept = 1000

/** The last messages of each stream, so that a client whose stream broke can ask for the rest (Last-Event-ID). */
export function createEventStore(): EventStore {
  const events: { id: string; streamId: string; message: JSONRPCMessage }[] = []
  let count = 0
  return {
    async storeEvent(streamId, message) {
      const id = `${++count}:${streamId}`
      events.push({ id, streamId, message })
      if (events.length > kept) events.shift()
      return id
    },
    getStreamIdForEventId: async (id) => events.find((event) => event.id === id)?.streamId,
    async replayEventsAfter(lastId, { send }) {
      const last = events.findIndex((event) => event.id === lastId)
      const streamId = events[last]?.streamId ?? ''
      for (const { id, message } of events.slice(last + 1).filter((event) => event.streamId === streamId)) {
        // A priming event has nothing to deliver.
        if ('jsonrpc' in message) await send(id, message)
      }
      return streamId
    },
  }
}
