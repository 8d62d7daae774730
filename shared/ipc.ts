import type { z } from 'zod'

/** A question the window may ask of the core. Both schemas are checked where the message enters. */
export type Call<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> = {
  kind: 'call'
  input: I
  output: O
}
/** Something the core tells every window. */
export type Event<P extends z.ZodType = z.ZodType> = { kind: 'event'; payload: P }
type Room = Record<string, Call | Event>
export type Contract = Record<string, Room>

export const call = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O): Call<I, O> => ({
  kind: 'call',
  input,
  output,
})
export const event = <P extends z.ZodType>(payload: P): Event<P> => ({ kind: 'event', payload })

/** What a room of the core must offer to be served: a function per call, a subscription per event. */
type RoomApi<R extends Room> = {
  [K in keyof R]: R[K] extends Call<infer I, infer O>
    ? (input: z.output<I>) => Promise<z.input<O>> | z.input<O>
    : R[K] extends Event<infer P>
      ? (listener: (payload: z.input<P>) => void) => () => void
      : never
}
export type ContractApi<C extends Contract> = { [K in keyof C]: RoomApi<C[K]> }

/** What the other side holds: the same names, every call a promise. */
type RoomClient<R extends Room> = {
  [K in keyof R]: R[K] extends Call<infer I, infer O>
    ? (...input: z.input<I> extends void ? [] : [z.input<I>]) => Promise<z.output<O>>
    : R[K] extends Event<infer P>
      ? (listener: (payload: z.output<P>) => void) => () => void
      : never
}
export type ContractClient<C extends Contract> = { [K in keyof C]: RoomClient<C[K]> }

/** A channel is `<room>.<name>`, for example `health.snapshot`. */
export const channelOf = (room: string, name: string) => `${room}.${name}`

/** The answer to a call on the wire. An error crosses as data, never as an exception. */
export type Answer = { ok: true; value: unknown } | { ok: false; problem: unknown }

/** The client's end of a carrier: ipcMain behind a preload, loopback HTTP, the control socket, a Map in tests. */
export type Carrier = {
  call: (channel: string, input: unknown) => Promise<Answer>
  on: (channel: string, listener: (payload: unknown) => void) => () => void
}
