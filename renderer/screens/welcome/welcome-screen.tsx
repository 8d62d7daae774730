import { Button, Title } from '@mantine/core'
import { brand } from '../../../shared/brand.ts'
import { Logo } from '../../shell/logo.tsx'
import { useApp } from '../../stores/app.ts'
import { endWelcome, type Step, useWelcome } from '../../stores/welcome.ts'
import { t } from '../../texts.ts'
import { CompanyForm } from '../../ui/company-form.tsx'
import { Card } from '../../ui/screen.tsx'
import { SignInCard } from '../../ui/sign-in-card.tsx'
import { AppsStep } from './apps-step.tsx'
import { DoneStep } from './done-step.tsx'
import classes from './welcome-screen.module.css'

const steps: Step[] = ['company', 'sign-in', 'apps', 'done']
const names: Record<Step, () => string> = {
  company: () => t('welcome.steps.company'),
  'sign-in': () => t('welcome.steps.signIn'),
  apps: () => t('welcome.steps.apps'),
  done: () => t('welcome.steps.done'),
}

/** The first run: company, sign-in, apps. Each step shows itself when the one before is true. */
export function WelcomeScreen() {
  const step = useWelcome()
  if (!step) return null
  return (
    <div className={classes.page}>
      <section className={classes.top} aria-label={brand.product}>
        <div className={classes.brand}>
          <Logo />
          {brand.product}
        </div>
        {step !== 'done' && (
          <Button variant="subtle" color="gray" onClick={() => void endWelcome()}>
            {t('welcome.skip')}
          </Button>
        )}
      </section>
      <main className={classes.scroll}>
        <div className={classes.center}>
          <Title order={1}>{t('welcome.title')}</Title>
          <p className={classes.intro}>{t('welcome.intro')}</p>
          <Steps current={step} />
          <Card className={classes.card}>
            <StepContent step={step} />
          </Card>
        </div>
      </main>
    </div>
  )
}

function Steps({ current }: { current: Step }) {
  const at = steps.indexOf(current)
  return (
    <ol className={classes.steps} aria-label={t('welcome.label')}>
      {steps.map((step, index) => (
        <li
          key={step}
          className={classes.step}
          data-state={index < at ? 'done' : 'open'}
          aria-current={step === current ? 'step' : undefined}
        >
          {names[step]()}
        </li>
      ))}
    </ol>
  )
}

function StepContent({ step }: { step: Step }) {
  const company = useApp(({ value }) => value?.company?.name ?? '')
  if (step === 'apps') return <AppsStep />
  if (step === 'done') return <DoneStep />
  if (step === 'company')
    return (
      <>
        <Title order={2}>{t('welcome.company.title')}</Title>
        <p>{t('welcome.company.text')}</p>
        <CompanyForm button={t('welcome.company.button')} />
      </>
    )
  return (
    <>
      <Title order={2}>{t('welcome.signIn.title', { company })}</Title>
      <p>{t('welcome.signIn.text')}</p>
      <SignInCard />
    </>
  )
}
