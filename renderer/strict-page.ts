import { z } from 'zod'

// zod compiles its parsers with `new Function` unless told not to; the content policy would refuse and report it.
z.config({ jitless: true })

// Mantine sets this once it has rendered; before, the first paint would be light for everyone.
const dark = matchMedia('(prefers-color-scheme: dark)').matches
document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
