import { readFile, writeFile } from 'node:fs/promises'

/**
 * For whoever removes the MSI in person: the app gives their files back first, while it is still there. It never runs at
 * an update. Removed by a system service it runs as that, who has no files: docs/uninstall.md says what IT does then.
 */
const action = `    <CustomAction Id="GiveFilesBack" FileKey="mainExecutable" ExeCommand="--give-files-back" Execute="immediate" Impersonate="yes" Return="ignore"/>
    <InstallExecuteSequence>
      <Custom Action="GiveFilesBack" After="InstallValidate">REMOVE="ALL" AND NOT UPGRADINGPRODUCTCODE</Custom>
    </InstallExecuteSequence>
`
const end = '  </Product>'

/** electron-builder calls it with the project file of the MSI, before it is compiled. */
export async function msiProjectCreated(file) {
  const project = await readFile(file, 'utf8')
  const at = project.indexOf(end)
  if (at < 0 || !project.includes('Id="mainExecutable"'))
    throw new Error(`${file} is not the MSI project that build/windows/msi-project.mjs knows`)
  await writeFile(file, project.slice(0, at) + action + project.slice(at))
}
