import { Button, Group, Modal, Stack, Textarea, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { ProxyChoice, type Settings } from '../../../shared/contract/settings.ts'
import { useLock } from '../../stores/policy.ts'
import { updateSettings, useSettings } from '../../stores/settings.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { Choice } from '../../ui/choice.tsx'
import { ProblemBar } from '../../ui/problem-bar.tsx'
import { SettingRow } from './setting-row.tsx'

const modes = ['system', 'none', 'fixed'] as const
const usualSizes = [10, 20, 50, 64]

/** How the app gets out of this computer, and whom it believes there. */
export function NetworkRows({ settings }: { settings: Settings }) {
  return (
    <>
      <ProxyRow value={settings.proxy} />
      <CaFilesRow value={settings.caFiles} />
      <AnswerRow value={settings.answerMb} />
    </>
  )
}

function ProxyRow({ value }: { value: Settings['proxy'] }) {
  const [editing, setEditing] = useState(false)
  const lock = useLock('proxy')
  const choose = (mode: string) => {
    if (mode === 'fixed') setEditing(true)
    else if (mode === 'system' || mode === 'none') void updateSettings({ proxy: { mode } })
  }
  return (
    <SettingRow
      name={t('settings.proxy')}
      text={value.mode === 'fixed' ? value.url : t('settings.proxyText')}
      lock={lock}
    >
      <Group gap="xs">
        {value.mode === 'fixed' && !lock && (
          <Button variant="default" onClick={() => setEditing(true)}>
            {t('settings.change')}
          </Button>
        )}
        <Choice
          w={190}
          aria-label={t('settings.proxy')}
          disabled={lock !== undefined}
          data={modes.map((mode) => ({ value: mode, label: t(`settings.proxies.${mode}`) }))}
          value={value.mode}
          onChange={choose}
        />
      </Group>
      <Modal opened={editing} onClose={() => setEditing(false)} title={t('settings.proxyTitle')}>
        <ProxyForm value={value} onDone={() => setEditing(false)} />
      </Modal>
    </SettingRow>
  )
}

function ProxyForm({ value, onDone }: { value: Settings['proxy']; onDone: () => void }) {
  const [url, setUrl] = useState(value.mode === 'fixed' ? value.url : '')
  const [bypass, setBypass] = useState(value.mode === 'fixed' ? value.bypass.join(', ') : '')
  const [isWrong, setWrong] = useState(false)
  const typed = url.trim()
  const full = /^[a-z]+:\/\//i.test(typed) ? typed : `http://${typed}`
  const save = async () => {
    const exceptions = bypass.split(/[\s,;]+/).filter(Boolean)
    const proxy = ProxyChoice.safeParse({ mode: 'fixed', url: full, bypass: exceptions })
    setWrong(!proxy.success)
    return proxy.success && updateSettings({ proxy: proxy.data })
  }
  return (
    <Form canSave={typed !== ''} onDone={onDone} onSave={save}>
      <TextInput
        label={t('settings.proxyUrl')}
        description={t('settings.proxyUrlText')}
        placeholder="http://proxy.example.com:8080"
        value={url}
        error={isWrong && t('settings.proxyWrong')}
        onChange={(event) => setUrl(event.currentTarget.value)}
        spellCheck={false}
        data-autofocus
      />
      <TextInput
        label={t('settings.proxyBypass')}
        description={t('settings.proxyBypassText')}
        value={bypass}
        onChange={(event) => setBypass(event.currentTarget.value)}
        spellCheck={false}
      />
    </Form>
  )
}

function CaFilesRow({ value }: { value: string[] }) {
  const [editing, setEditing] = useState(false)
  const lock = useLock('caFiles')
  return (
    <SettingRow name={t('settings.caFiles')} text={value.join(' · ') || t('settings.caFilesText')} lock={lock}>
      <Button variant="default" disabled={lock !== undefined} onClick={() => setEditing(true)}>
        {t('settings.change')}
      </Button>
      <Modal opened={editing} onClose={() => setEditing(false)} title={t('settings.caFiles')}>
        <CaFilesForm value={value} onDone={() => setEditing(false)} />
      </Modal>
    </SettingRow>
  )
}

function CaFilesForm({ value, onDone }: { value: string[]; onDone: () => void }) {
  const [text, setText] = useState(value.join('\n'))
  const lines = text.split('\n').map((line) => line.trim())
  return (
    <Form canSave onDone={onDone} onSave={() => updateSettings({ caFiles: lines.filter(Boolean) })}>
      <Textarea
        label={t('settings.caFilesLabel')}
        description={t('settings.caFilesNote')}
        rows={4}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        spellCheck={false}
        data-autofocus
      />
    </Form>
  )
}

type FormProps = { canSave: boolean; onSave: () => Promise<boolean>; onDone: () => void; children: ReactNode }

/** What was typed stays when it cannot be saved. */
function Form({ canSave, onSave, onDone, children }: FormProps) {
  const save = async () => {
    if (await onSave()) onDone()
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (canSave) void save()
      }}
    >
      <Stack gap="md">
        {children}
        <ProblemBar of={useSettings} />
        <div>
          <ActionButton disabled={!canSave} onAct={save}>
            {t('settings.save')}
          </ActionButton>
        </div>
      </Stack>
    </form>
  )
}

function AnswerRow({ value }: { value: number | null }) {
  const lock = useLock('answerMb')
  const sizes = [...new Set([...usualSizes, ...(value ? [value] : [])])].sort((a, b) => a - b)
  return (
    <SettingRow name={t('settings.answer')} text={t('settings.answerText')} lock={lock}>
      <Choice
        w={190}
        aria-label={t('settings.answer')}
        disabled={lock !== undefined}
        data={[
          { value: '', label: t('settings.answerUsual') },
          ...sizes.map((size) => ({ value: String(size), label: `${size} MB` })),
        ]}
        value={value ? String(value) : ''}
        onChange={(chosen) => void updateSettings({ answerMb: chosen ? Number(chosen) : null })}
      />
    </SettingRow>
  )
}
