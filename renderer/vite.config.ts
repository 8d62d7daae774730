import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { toThemeCss } from './theme-css.ts'

const budgetBytes = 250_000
const themeId = 'virtual:theme.css'

/** `virtual:theme.css`: the theme's variables, made here because the window may not write styles into the page. */
const themeCss: Plugin = {
  name: 'theme-css',
  resolveId: (id) => (id === themeId ? `\0${themeId}` : null),
  load: (id) => (id === `\0${themeId}` ? toThemeCss() : null),
}

async function gzipSize(text: string) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))
  return (await new Response(stream).arrayBuffer()).byteLength
}

/** The window's scripts stay under the budget, or the build fails. */
const budget: Plugin = {
  name: 'budget',
  apply: 'build',
  async generateBundle(_options, bundle) {
    const scripts = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? [file.code] : []))
    const sizes = await Promise.all(scripts.map(gzipSize))
    const total = sizes.reduce((sum, size) => sum + size, 0)
    const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`
    console.log(`renderer scripts: ${kB(total)} gzip of ${kB(budgetBytes)}`)
    if (total > budgetBytes) this.error(`The window's scripts are over their budget: ${kB(total)} gzip`)
  },
}

// `--mode scenarios` builds the named states for development and the visual tests; the product never holds them.
export default defineConfig(({ mode }) => {
  const isProduct = mode !== 'scenarios'
  return {
    root: import.meta.dirname,
    base: './',
    plugins: [react(), themeCss, ...(isProduct ? [budget] : [])],
    build: {
      outDir: isProduct ? '../dist/renderer' : '../dist/scenarios',
      emptyOutDir: true,
      // Electron 45 embeds Chromium 156.
      target: 'chrome150',
      modulePreload: { polyfill: false },
      // Nothing is inlined: the content policy allows fonts from files only.
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      // The budget above is what counts.
      chunkSizeWarningLimit: 1000,
      rolldownOptions: { input: `${import.meta.dirname}/${isProduct ? 'index.html' : 'scenarios/scenarios.html'}` },
    },
  }
})
