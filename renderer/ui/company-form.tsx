import { Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { setCompany, useApp } from '../stores/app.ts'
import { t } from '../texts.ts'
import { ActionButton } from './action-button.tsx'
import { ProblemBar } from './problem-bar.tsx'

type Props = { button: string; initial?: string; onJoined?: () => void }

/** Joins a company by its address. What was typed stays when the company cannot be reached. */
export function CompanyForm({ button, initial = '', onJoined }: Props) {
  const [address, setAddress] = useState(initial)
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
          onChange={(event) => setAddress(event.currentTarget.value)}
          inputMode="url"
          autoComplete="url"
          spellCheck={false}
          size="md"
          maxLength={2048}
          data-autofocus
        />
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
