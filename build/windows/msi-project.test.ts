import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { msiProjectCreated } from './msi-project.mjs'

const root = join(import.meta.dirname, '../..')
// The packager's own template, with one file where the packager lists all of the app's.
const template = readFileSync(join(root, 'node_modules/app-builder-lib/templates/msi/template.xml'), 'utf8')
const filled = template.replace('{{-files}}', '<File Id="mainExecutable" Source="Causeway.exe"/>')

function project(text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-msi-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'project.wxs')
  writeFileSync(file, text)
  return file
}

test('the MSI gives the person’s files back when it is removed, and not at an update', async () => {
  const file = project(filled)
  await msiProjectCreated(file)
  const text = readFileSync(file, 'utf8')
  expect(text).toMatch(/<CustomAction Id="GiveFilesBack" FileKey="mainExecutable" ExeCommand="--give-files-back"/)
  expect(text).toContain('REMOVE="ALL" AND NOT UPGRADINGPRODUCTCODE</Custom>')
  // Inside the product, in front of nothing but its end; all else is as it was.
  expect(text.replace(/ {4}<CustomAction Id="GiveFilesBack"[\s\S]*?<\/InstallExecuteSequence>\n/, '')).toBe(filled)
  expect(text.indexOf('GiveFilesBack')).toBeLessThan(text.indexOf('</Product>'))
})

test('a project it does not know is refused, rather than packed without it', async () => {
  await expect(msiProjectCreated(project('<Wix/>'))).rejects.toThrow('is not the MSI project')
  await expect(msiProjectCreated(project(template))).rejects.toThrow('is not the MSI project')
})

test('the packager is told of it', () => {
  expect(readFileSync(join(root, 'electron-builder.yml'), 'utf8')).toContain(
    'msiProjectCreated: build/windows/msi-project.mjs',
  )
})
