import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { expect, onTestFinished, test } from 'vitest'
import { asciiOnly, withoutSchemas } from './lean.ts'

async function bundle(source: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lean-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const entry = join(folder, 'entry.js')
  await writeFile(entry, source)
  const result = await build({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    plugins: [withoutSchemas, asciiOnly],
    ssr: { noExternal: true, target: 'node' },
    build: {
      ssr: entry,
      write: false,
      rolldownOptions: { output: { minify: { mangle: false, compress: false, codegen: true }, charset: 'ascii' } },
    },
  })
  return (Array.isArray(result) ? result : [result])
    .flatMap((each) => ('output' in each ? each.output : []))
    .map((each) => (each.type === 'chunk' ? each.code : ''))
    .join('')
}

test('a bundle is ASCII, names in licences included', async () => {
  const code = await bundle("/*! MIT, by Jörg 😀 */\nexport const greeting = 'Grüße'\n")
  expect(code).toMatch(/^[\0-\x7f]+$/)
  expect(code).toContain('J\\u00f6rg')
})

test('a letter that can be written in no other way ends the build', async () => {
  await expect(bundle('export const raw = String.raw`ö`\n')).rejects.toThrow('is not ASCII')
})

test('the settings come without a validator of schemas, and work', async () => {
  const conf = JSON.stringify(join(import.meta.dirname, '../node_modules/conf/dist/source/index.js'))
  const code = await bundle(`export { default as Conf } from ${conf}\n`)
  expect(code).toContain('Settings have no JSON schema')
  expect(code.length).toBeLessThan(150_000)
  const { Conf } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  const folder = await mkdtemp(join(tmpdir(), 'conf-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const store = new Conf({ cwd: folder })
  store.set('answerMb', 10)
  expect(new Conf({ cwd: folder }).store).toEqual({ answerMb: 10 })
  expect(() => new Conf({ cwd: folder, schema: { answerMb: { type: 'number' } } })).toThrow('no JSON schema')
})
