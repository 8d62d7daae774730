import type { Context } from 'oidc-provider'
import { escapeHtml, pageHeaders, renderPage } from '../page.ts'
import type { Person } from '../people.ts'

/** One page, one click: who you are, no password asked, consent included. */
export function loginPage({ action, people, hint }: { action: string; people: Person[]; hint: string | undefined }) {
  const chosen = people.find((person) => person.id === hint || person.email === hint) ?? people[0]
  const choices = people
    .map(
      (
        person,
      ) => `<label class="person"><input type="radio" name="person" value="${escapeHtml(person.id)}"${person === chosen ? ' checked' : ''}>
<span><b>${escapeHtml(person.name)}</b><small>${escapeHtml(`${person.job} · ${person.groups.join(', ')}`)}</small></span></label>`,
    )
    .join('\n')
  return renderPage({
    title: 'Sign in',
    body: `<p class="note">This is a demo company on your own machine. Choose who you want to be; no password is checked.</p>
<form method="post" action="${escapeHtml(action)}">
<fieldset><legend>Who are you?</legend>
${choices}
</fieldset>
<label class="field">Password <small>(anything, or nothing)</small><input type="password" name="password" autocomplete="off"></label>
<div class="row"><button class="main" type="submit" name="do" value="sign-in">Sign in</button>
<button type="submit" name="do" value="cancel">Cancel</button></div>
</form>`,
  })
}

const show = (ctx: Context, title: string, body: string) => {
  ctx.set(pageHeaders)
  ctx.body = renderPage({ title, body })
}
// The library's own input has no label and an inline handler, which our content policy would block.
const labelled = (form: string) =>
  form.replace(/ onfocus="[^"]*"/, '').replace('type="text"', 'type="text" aria-label="Code"')
const clientOf = (ctx: Context) => escapeHtml(ctx.oidc.client?.clientName ?? ctx.oidc.client?.clientId ?? 'the app')

export const showCodeInput = (ctx: Context, form: string, _out: unknown, error: Error | undefined) =>
  show(
    ctx,
    'Sign in on another device',
    `<p>${error ? 'That code is not valid. Try again.' : 'Enter the code your device shows.'}</p>${labelled(form)}
<button class="main" type="submit" form="op.deviceInputForm">Continue</button>`,
  )

export const showCodeConfirmation = (
  ctx: Context,
  form: string,
  _client: unknown,
  _device: unknown,
  userCode: string,
) =>
  show(
    ctx,
    'Is this your code?',
    `<p>${clientOf(ctx)} shows the code <b>${escapeHtml(userCode)}</b>.</p>${form}
<button class="main" type="submit" form="op.deviceConfirmForm">Yes, continue</button>
<button type="submit" form="op.deviceConfirmForm" name="abort" value="yes">Cancel</button>`,
  )

export const showDeviceDone = (ctx: Context) => show(ctx, 'You are signed in', '<p>You can close this page.</p>')
export const showLogout = (ctx: Context, form: string) =>
  show(
    ctx,
    'Sign out?',
    `${form}<button class="main" type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button>
<button type="submit" form="op.logoutForm">Stay signed in</button>`,
  )
export const showLoggedOut = (ctx: Context) => show(ctx, 'You are signed out', '<p>You can close this page.</p>')
/** For a failure that the provider's own error handling does not see. */
export const errorPage = (text: string) =>
  renderPage({ title: 'That did not work', body: `<p>${escapeHtml(text)}</p>` })

export const showError = (ctx: Context, out: Record<string, string | undefined>) =>
  show(
    ctx,
    'That did not work',
    `<p>${escapeHtml(out.error_description ?? out.error ?? 'Unknown error')}</p><p class="quiet">${escapeHtml(out.error ?? '')}</p>`,
  )
