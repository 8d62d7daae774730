import { Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { setCompany, useApp } from '../stores/app.ts'
import { useLock } from '../stores/policy.ts'
import { t } from '../texts.ts'
import { ActionButton } from './action-button.tsx'
import { LockNote } from './lock-note.tsx'
import { ProblemBar } from './problem-bar.tsx'

type Props = { button: string; initial?: string; onJoined?: () => void }

/** Joins a company by its address. What was typed stays when the company cannot be reached. */
export function CompanyForm({ button, initial = '', onJoined }: Props) {
  const [typed, setTyped] = useState(initial)
  const lock = useLock('company')
  // One that IT chose can be asked once more, and no other one.
  const address = lock ? String(lock.value ?? '') : typed
  const join = async () => {
    if (await setCompany(address.trim())) onJoined?.()
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (address.trim()) void join()
      }}
    >
      <Stack gap="md">
        <TextInput
          label={t('welcome.company.label')}
          placeholder={t('welcome.company.placeholder')}
          value={address}
          readOnly={lock !== undefined}
          onChange={(event) => setTyped(event.currentTarget.value)}
          inputMode="url"
          autoComplete="url"
          spellCheck={false}
          size="md"
          maxLength={2048}
          data-autofocus
        />
        {lock && <LockNote lock={lock} />}
        <ProblemBar of={useApp} onRetry={join} />
        <div>
          <ActionButton size="md" disabled={!address.trim()} onAct={join}>
            {button}
          </ActionButton>
        </div>
      </Stack>
    </form>
  )
}
