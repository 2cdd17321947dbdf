// The service worker: one classic script (Firefox 115 knows no modules there) with the names of the files that the pages of
// orders need, built after them.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { defineConfig } from 'vite'

const DIST = '../app/web/static/dist'
const PAGES = ['shell', 'board', 'order', 'form']

function filesOf(manifest) {
  const found = new Set(['icons.svg'])
  const add = name => {
    const chunk = manifest[name]
    if (found.has(chunk.file)) return
    for (const file of [chunk.file, ...(chunk.css ?? []), ...(chunk.assets ?? [])]) found.add(file)
    for (const imported of chunk.imports ?? []) add(imported)
  }
  for (const page of PAGES) add(`src/${page}.js`)
  return [...found].sort().map(file => `/static/dist/${file}`).concat('/static/theme.js', '/static/citydesk.svg')
}

export default defineConfig(() => {
  const text = readFileSync(`${DIST}/manifest.json`, 'utf8')
  return {
    define: {
      __FILES__: JSON.stringify(filesOf(JSON.parse(text))),
      __BUILD__: JSON.stringify(createHash('sha256').update(text).digest('hex').slice(0, 12)),
    },
    build: {
      outDir: DIST,
      emptyOutDir: false,
      target: ['chrome102', 'firefox115', 'safari16'],
      lib: { entry: 'src/service-worker.js', formats: ['iife'], name: 'worker', fileName: () => 'service-worker.js' },
    },
  }
})
