import { parseArgs } from 'node:util'
import { startCompany } from './company.ts'

const usage = `The demo company, on loopback.

  node e2e/company/main.ts [--port <first port>] [--calm] [--stdin-close]

  --port         Port of the company's address; the ten ports from there on are used. Any free ones by default.
  --calm         The flaky server behaves.
  --stdin-close  Ends when stdin closes, that is when the process that started it is gone.

Prints one line of JSON when everything answers: {"address","issuer","people"}.`

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    calm: { type: 'boolean', default: false },
    'stdin-close': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

async function main() {
  if (values.help) return void console.log(usage)
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_525) {
    console.error(`--port must be a number between 0 and 65525, not ${values.port}`)
    process.exitCode = 2
    return
  }
  const company = await startCompany({ port, partner: true, badDay: !values.calm }).catch(
    (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? `${error.message}; choose another with --port` : error.message
      console.error(`The demo company could not start: ${reason}`)
      process.exitCode = 1
    },
  )
  if (!company) return

  // No exit: a process that does not end by itself has left something open.
  const end = () => void company.close().then(() => process.stdin.destroy())
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
  if (values['stdin-close']) process.stdin.once('end', end).once('error', end).resume()
  const people = company.people.map(({ id, name }) => ({ id, name }))
  console.log(JSON.stringify({ address: company.address, issuer: company.issuer, people }))
}

await main()
