// For the pages of orders only (its scope): a handler in the street opens what was opened before without a network, and what
// waits is sent when there is one again, even after the page was closed. Everything else goes to the server untouched.
import { keepPage, keepOnly, keptPage } from './kept-pages.js'
import { flush } from './outbox.js'

const FILES = `citydesk-files:${__BUILD__}`
const OFFLINE = '/offline'
const PATIENCE = 8_000 // milliseconds before a kept page is shown instead of one that does not come

self.addEventListener('install', event => {
  event.waitUntil(caches.open(FILES).then(files => files.addAll([...__FILES__, OFFLINE])))
  self.skipWaiting()
})

self.addEventListener('activate', event => event.waitUntil(takeOver()))

/** Pages of an older build name files that are no more. */
async function takeOver() {
  for (const name of await caches.keys()) if (name.startsWith('citydesk-files:') && name !== FILES) await caches.delete(name)
  await keepOnly(null)
  await self.clients.claim()
}

self.addEventListener('fetch', event => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (url.pathname.startsWith('/static/')) event.respondWith(file(request))
  else if (isOrdersPage(request, url)) event.respondWith(page(event))
})

function isOrdersPage(request, url) {
  return (request.mode === 'navigate' || request.headers.has('HX-Request')) && /^\/orders(\/[\w-]+)?$/.test(url.pathname)
}

async function file(request) {
  const kept = await caches.match(request.url, { cacheName: FILES, ignoreVary: true, ignoreSearch: true })
  return kept ?? fetch(request)
}

async function page(event) {
  const { request } = event
  const fresh = fetch(request).then(response => {
    const kept = response.ok && response.headers.get('Content-Type')?.startsWith('text/html') && keepPage(response.clone())
    if (kept) event.waitUntil(kept)
    return response
  })
  const late = new Promise(resolve => setTimeout(resolve, PATIENCE)).then(() => keptPage(request.url)).then(kept => kept ?? fresh)
  return Promise.race([fresh, late]).catch(async () => (await keptPage(request.url)) ?? caches.match(OFFLINE, { cacheName: FILES, ignoreVary: true }))
}

/** A page that came past this worker (`anew`: surely, so that what is kept of it may be older), or may have. */
self.addEventListener('message', event => {
  const { keep, anew } = event.data ?? {}
  if (keep) event.waitUntil(Promise.all([self.clients.claim(), keepToo(keep, anew)]).catch(() => {}))
})

async function keepToo(address, anew) {
  if (!anew && (await keptPage(address))) return
  const response = await fetch(address)
  if (response.ok) await keepPage(response)
}

self.addEventListener('sync', event => {
  if (event.tag === 'outbox') event.waitUntil(flush().then(end => (end === 'offline' ? Promise.reject(new Error(end)) : end)))
})
