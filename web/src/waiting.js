// "Waiting to be sent": what the outbox holds of an order or of all, in words, tried again until it has gone.
import { entriesOf, flush, listen } from './outbox.js'
import { keepOnly } from './kept-pages.js'
import { life } from './life.js'

const AGAIN = 15_000
const SCOPE = '/orders'

export const me = () => document.documentElement.dataset.person ?? ''

/** Pages of orders come from the service worker when there is no network; the page says how old it is. */
export function startStreet(root, words) {
  registerWorker()
  const at = document.documentElement.dataset.keptAt
  const strip = root.querySelector('[data-kept-strip]')
  if (!at || !strip) return
  strip.textContent = words.kept_page.replace('{at}', clock(at))
  strip.hidden = false
  window.addEventListener('online', async () => {
    const steps = (await entriesOf(me())).some(entry => entry.kind !== 'photo') // each leads on by itself
    if ((await flush()) === 'sent' && !steps) location.reload()
  }, { signal: life() })
}

/** Asks the worker to keep this page. It may have come past a worker that took over meanwhile, which then controls pages
 * that had arrived and none that was on the way: so who controls the page does not matter here. */
async function registerWorker() {
  const workers = navigator.serviceWorker
  if (!workers) return
  const wish = { keep: location.href, anew: !workers.controller }
  await workers.register('/service-worker.js', { scope: SCOPE }).catch(() => {})
  const { active } = await workers.ready
  while (active.state === 'activating') await new Promise(resolve => active.addEventListener('statechange', resolve, { once: true }))
  active.postMessage(wish)
}

/** Every page of a person with something to send tries; the browser may, when it is allowed to, without any page. */
export async function startSending() {
  if (!me() || !globalThis.indexedDB) return
  const left = async () => (await entriesOf(me()).catch(() => [])).some(entry => entry.state === 'waiting')
  const attempt = async () => (await left()) && flush()
  listen(({ what }) => what === 'kept' && askBrowser())
  window.addEventListener('online', attempt)
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && attempt())
  setInterval(attempt, AGAIN)
  attempt()
}

async function askBrowser() {
  const registration = await navigator.serviceWorker?.getRegistration(SCOPE)
  await registration?.sync?.register('outbox').catch(() => {})
}

/** A box that says what of `entries` waits, why, and what was refused. */
export function sayWaiting(box, entries, words, end) {
  const waiting = entries.filter(entry => entry.state === 'waiting')
  const [refused] = entries.filter(entry => entry.state === 'refused')
  box.hidden = !entries.length
  box.classList.toggle('callout--red', Boolean(refused))
  box.classList.toggle('callout--amber', !refused)
  const state = box.querySelector('[data-waiting-state]')
  box.querySelector('[data-waiting-count]').textContent = entries.length ? contents(entries, words) : ''
  if (refused) state.textContent = words.refused.replace('{why}', refused.why)
  else if (waiting.length) state.textContent = end === 'signed_out' ? words.signed_out : words.offline
  box.querySelector('[data-waiting-sign-in]').hidden = end !== 'signed_out'
}

function contents(entries, words) {
  const photos = entries.filter(entry => entry.kind === 'photo').length
  const parts = entries.filter(entry => entry.kind !== 'photo').map(entry => words.step_waits.replace('{what}', entry.title).replace('{at}', clock(entry.at)))
  if (photos) parts.push(words.photos_wait.replace('{n}', photos))
  return parts.join(words.and)
}

function clock(at) {
  return new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit', hour12: false })
}

/** Nobody reads another's pages on this device; who is signed out leaves none. */
export function guardKeptPages() {
  if (me()) keepOnly(me())
  else if (document.querySelector('[data-signed-out]')) keepOnly(null)
}
