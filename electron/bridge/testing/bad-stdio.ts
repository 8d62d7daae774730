import { createLines } from '../lines.ts'
import { goodAnswer, largeAnswer, readMessage } from './bad-message.ts'

/** A local server that answers as badly as the name of the tool says. */
const say = (text: string) => void process.stdout.write(`${text}\n`)
const answers: Record<string, (id: string | null, body: Buffer) => void> = {
  nonsense(_, body) {
    for (const line of ['<html>Please sign in</html>', '', 'not json {', '[1,2', '{"hello":1}', '\u0000\u0001', '[]'])
      say(line)
    say(`{"jsonrpc":"2.0","id":"nobody's","result":{}}`)
    say(goodAnswer(body))
  },
  broken: (id) => say(`{"jsonrpc":"2.0","id":${id},"result":{"text":"x}`),
  large: (id) => say(largeAnswer(id, 11 * 1024 * 1024)),
  endless: (id) => say(largeAnswer(id, 70 * 1024 * 1024)),
}
const lines = createLines({
  limit: 80 * 1024 * 1024,
  onLine(line) {
    const { id, name } = readMessage(line)
    if (id !== null) (answers[name] ?? ((_, body) => say(goodAnswer(body))))(id, line)
  },
  onTooLong: () => {},
})
process.stdin.on('data', lines.push)
