import { readFileSync } from 'node:fs'
import { defineConfig } from 'vite'

/** One sprite with the icons named in icons.txt; pages say <use href="…/icons.svg#name">. */
function iconSprite() {
  return {
    name: 'icon-sprite',
    generateBundle() {
      const names = readFileSync('icons.txt', 'utf8').split(/\s+/).filter(Boolean)
      const symbols = names.map(name => {
        const svg = readFileSync(`node_modules/@tabler/icons/icons/outline/${name}.svg`, 'utf8')
        return `<symbol id="${name}" viewBox="0 0 24 24">${svg.replace(/<!--[^]*?-->/g, '').replace(/<\/?svg[^>]*>/g, '').trim()}</symbol>`
      })
      this.emitFile({
        type: 'asset',
        fileName: 'icons.svg',
        source: `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>`,
      })
    },
  }
}

/** Entries, one a line: what a page may name in `islands`. */
const ISLANDS = [
  'board',
  'case',
  'dashboard',
  'deadlines',
  'diagram',
  'form',
  'inbox',
  'order',
  'phone',
  'registration',
  'replay',
  'callbacks',
  'seats',
  'shell',
]

export default defineConfig({
  base: '/static/dist/',
  plugins: [iconSprite()],
  build: {
    outDir: '../app/web/static/dist',
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: ['chrome102', 'firefox115', 'safari16'],
    assetsInlineLimit: 0, // the content security policy takes no data: fonts or scripts
    chunkSizeWarningLimit: 1500,
    rollupOptions: {
      input: Object.fromEntries(ISLANDS.map(name => [name, `src/${name}.js`])),
    },
  },
})
