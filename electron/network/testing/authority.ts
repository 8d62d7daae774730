import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

type Leaf = { names?: string[]; days?: [from: string, to: string]; by?: string; client?: boolean }

// `openssl x509` of version 3.0 cannot make a certificate of the past; `openssl ca` can.
const caConfig = `[ca]
default_ca = default
[default]
new_certs_dir = .
database = index.txt
serial = serial
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
organizationName = optional
commonName = supplied
`

/** A certificate authority in a folder of its own, made by openssl as IT would, and gone with the test. */
export function createAuthority(name = 'Acme Root CA') {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-ca-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const at = (file: string) => join(folder, file)
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const newKey = (file: string) =>
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file)

  writeFileSync(at('ca.conf'), caConfig)
  newKey('root.key')
  const subject = `/O=Acme/CN=${name}`
  openssl('req', '-x509', '-key', 'root.key', '-out', 'root.pem', '-days', '30', '-subj', subject)

  function sign(id: string, { days, by = 'root' }: Leaf, extensions: string) {
    writeFileSync(at(`${id}.ext`), extensions)
    openssl('req', '-new', '-key', `${id}.key`, '-out', `${id}.csr`, '-subj', `/O=Acme/CN=${id}`)
    writeFileSync(at('index.txt'), '')
    const signer = ['-cert', `${by}.pem`, '-keyfile', `${by}.key`, '-config', 'ca.conf']
    const dates = days ? ['-startdate', days[0], '-enddate', days[1]] : ['-days', '20']
    const files = ['-in', `${id}.csr`, '-out', `${id}.pem`, '-extfile', `${id}.ext`]
    openssl('ca', '-batch', '-notext', ...signer, ...dates, ...files)
    return { cert: readFileSync(at(`${id}.pem`), 'utf8'), key: readFileSync(at(`${id}.key`), 'utf8') }
  }

  return {
    folder,
    rootFile: at('root.pem'),
    root: readFileSync(at('root.pem'), 'utf8'),
    file: at,
    openssl,
    /** A certificate for these names, with its key; `by` names an intermediate. */
    issue(id: string, leaf: Leaf = {}) {
      newKey(`${id}.key`)
      const names = (leaf.names ?? ['mcp.acme.test']).map((each) =>
        /^[\d.]+$/.test(each) ? `IP:${each}` : `DNS:${each}`,
      )
      const usage = leaf.client ? 'clientAuth' : 'serverAuth'
      return sign(id, leaf, `subjectAltName=${names.join(',')}\nextendedKeyUsage=${usage}\n`)
    },
    intermediate(id: string) {
      newKey(`${id}.key`)
      return sign(id, {}, 'basicConstraints=critical,CA:true\nkeyUsage=keyCertSign\n')
    },
    /** `sha256/…` of a certificate’s public key, computed by openssl. */
    pin(id: string) {
      const der = execFileSync(
        'sh',
        [
          '-c',
          `openssl x509 -in ${id}.pem -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64`,
        ],
        { cwd: folder },
      )
      return `sha256/${der.toString().trim()}`
    },
    write(file: string, text: string) {
      writeFileSync(at(file), text)
      return at(file)
    },
  }
}
