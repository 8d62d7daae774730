import i18next from 'i18next'
import { en } from '../shared/texts/en.ts'

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation'
    resources: { translation: typeof en }
  }
}

// Resources are at hand, so this ends before it returns. React escapes what it shows; twice would be visible.
void i18next.init({
  lng: 'en',
  resources: { en: { translation: en } },
  initAsync: false,
  interpolation: { escapeValue: false },
})

/** Says a text of `shared/texts/` in the person's language. */
export const t = i18next.t
export const language = () => i18next.language
