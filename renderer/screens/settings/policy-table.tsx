import { VisuallyHidden } from '@mantine/core'
import { IconLock } from '@tabler/icons-react'
import { usePolicy } from '../../stores/policy.ts'
import { t } from '../../texts.ts'
import { Card, Section } from '../../ui/screen.tsx'
import classes from './settings-screen.module.css'

/** Everything IT can decide, what holds of it and who said so; only where IT says anything. */
export function PolicyTable() {
  const policy = usePolicy(({ value }) => value)
  if (!policy || policy.sources.length === 0) return null
  const { rows, sources, unknown } = policy
  const problems = [...sources, ...rows].flatMap(({ problem }) => problem ?? []).concat(unknown)
  const said = new Map(problems.map((problem) => [problem.detail, problem]))
  return (
    <Section title={t('policy.title')}>
      <Card className={classes.policy}>
        <table>
          <thead>
            <tr>
              <th>{t('policy.key')}</th>
              <th>{t('policy.value')}</th>
              <th>{t('policy.from')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ key, title, value, origin, source, locked }) => (
              <tr key={key}>
                <td>
                  {title} <code>{key}</code>
                </td>
                <td>
                  <code>{typeof value === 'string' ? value : JSON.stringify(value)}</code>
                </td>
                <td title={source ?? undefined}>
                  {locked && <IconLock size={13} aria-hidden />} {t(`policy.origins.${origin}`)}
                  {locked && <VisuallyHidden component="span">, {t('policy.locked')}</VisuallyHidden>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <ul>
          {sources.map(({ source }) => (
            <li key={source}>{source}</li>
          ))}
          {[...said.values()].map(({ code, title, detail }) => (
            <li key={detail}>
              {title}: {detail} <code>{code}</code>
            </li>
          ))}
        </ul>
      </Card>
    </Section>
  )
}
