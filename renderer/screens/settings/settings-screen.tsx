import { SegmentedControl, Switch } from '@mantine/core'
import { useId } from 'react'
import type { Settings } from '../../../shared/contract/settings.ts'
import { useApp } from '../../stores/app.ts'
import { useLock } from '../../stores/policy.ts'
import { updateSettings, useSettings } from '../../stores/settings.ts'
import { t } from '../../texts.ts'
import { Choice } from '../../ui/choice.tsx'
import { ProblemBar } from '../../ui/problem-bar.tsx'
import { RowsSkeleton } from '../../ui/rows-skeleton.tsx'
import { Card, Screen, Section } from '../../ui/screen.tsx'
import { About } from './about.tsx'
import { CompanyRow } from './company-row.tsx'
import { NetworkRows } from './network-rows.tsx'
import { PolicyTable } from './policy-table.tsx'
import { SettingRow } from './setting-row.tsx'
import classes from './settings-screen.module.css'

const themes = ['system', 'light', 'dark'] as const
const usualDays = [0, 7, 30, 90, 180, 365]

export function SettingsScreen() {
  const settings = useSettings(({ value }) => value)
  return (
    <Screen title={t('settings.title')}>
      <ProblemBar of={useSettings} />
      <ProblemBar of={useApp} />
      {settings ? <Choices settings={settings} /> : <RowsSkeleton count={4} />}
      <PolicyTable />
      <Section title={t('settings.about')}>
        <Card className={classes.about}>
          <About />
        </Card>
      </Section>
    </Screen>
  )
}

function Choices({ settings }: { settings: Settings }) {
  return (
    <>
      <Section title={t('settings.general')}>
        <Card>
          <Theme value={settings.theme} />
          <StartAtLogin value={settings.startAtLogin} />
          <CompanyRow />
        </Card>
      </Section>
      <Section title={t('settings.network')}>
        <Card>
          <NetworkRows settings={settings} />
        </Card>
      </Section>
      <Section title={t('settings.privacy')}>
        <Card>
          <AllowAdHoc value={settings.allowAdHoc} />
          <Retention value={settings.activityDays} />
        </Card>
      </Section>
    </>
  )
}

function Theme({ value }: { value: Settings['theme'] }) {
  const data = themes.map((theme) => ({ value: theme, label: t(`settings.themes.${theme}`) }))
  return (
    <SettingRow name={t('settings.theme')}>
      <SegmentedControl
        aria-label={t('settings.theme')}
        data={data}
        value={value}
        onChange={(theme) => void updateSettings({ theme })}
      />
    </SettingRow>
  )
}

function StartAtLogin({ value }: { value: boolean }) {
  const headless = useApp((app) => app.value?.mode === 'headless')
  const text = headless ? t('settings.startAtLoginHeadless') : t('settings.startAtLoginText')
  const id = useId()
  const lock = useLock('startAtLogin')
  return (
    <SettingRow name={t('settings.startAtLogin')} text={text} textId={id} lock={lock}>
      <Switch
        size="md"
        aria-label={t('settings.startAtLogin')}
        aria-describedby={id}
        disabled={headless || lock !== undefined}
        checked={value && !headless}
        onChange={(event) => void updateSettings({ startAtLogin: event.currentTarget.checked })}
      />
    </SettingRow>
  )
}

function AllowAdHoc({ value }: { value: boolean }) {
  const id = useId()
  const lock = useLock('allowAdHoc')
  return (
    <SettingRow name={t('settings.allowAdHoc')} text={t('settings.allowAdHocText')} textId={id} lock={lock}>
      <Switch
        size="md"
        aria-label={t('settings.allowAdHoc')}
        aria-describedby={id}
        disabled={lock !== undefined}
        checked={value}
        onChange={(event) => void updateSettings({ allowAdHoc: event.currentTarget.checked })}
      />
    </SettingRow>
  )
}

function Retention({ value }: { value: number }) {
  const lock = useLock('activityDays')
  const days = [...new Set([...usualDays, value])].sort((a, b) => a - b)
  const data = days.map((count) => ({
    value: String(count),
    label: count === 0 ? t('settings.retentionOff') : t('settings.retentionDays', { count }),
  }))
  return (
    <SettingRow name={t('settings.retention')} text={t('settings.retentionText')} lock={lock}>
      <Choice
        w={170}
        aria-label={t('settings.retention')}
        disabled={lock !== undefined}
        data={data}
        value={String(value)}
        onChange={(chosen) => void updateSettings({ activityDays: Number(chosen) })}
      />
    </SettingRow>
  )
}
