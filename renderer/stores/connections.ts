import type { Connection, ConnectionId } from '../../shared/contract/connections.ts'
import { api } from '../api.ts'
import { act, createMirror, openMirror } from './mirror.ts'

export const useConnections = createMirror<Connection[]>()
export const openConnections = () => openMirror(useConnections, api.connections)

/** `issuer` is the person's yes to a sign-in that was asked about; without it the core may ask first. */
export const connect = (id: ConnectionId, issuer?: string) =>
  act(useConnections, () => api.connections.connect(issuer === undefined ? { id } : { id, issuer }))
export const cancelConnect = (id: ConnectionId) => act(useConnections, () => api.connections.cancel({ id }))
export const disconnect = (id: ConnectionId) => act(useConnections, () => api.connections.disconnect({ id }))
/** The key goes to the core and stays nowhere in the window. */
export const setKey = (id: ConnectionId, key: string) => act(useConnections, () => api.connections.setKey({ id, key }))
export const renewAll = () => act(useConnections, () => api.connections.renewAll())

const waitsForHand = new Set<Connection['state']>(['needs-you', 'expired', 'asks'])

/** Whether only the person can go on with it. */
export const wantsPerson = ({ state }: Connection) => waitsForHand.has(state)

/** A look-alike: what a person reads is not what the address is. */
export const isLookAlike = ({ host, unicodeHost }: { host: string; unicodeHost: string }) => host !== unicodeHost
