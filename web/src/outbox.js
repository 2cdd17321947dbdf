// What this device has to send and has not sent yet: photos, signatures, steps of orders. Kept in the browser's own database
// until the server has answered, so that neither a street without network nor a closed browser loses anything; each carries
// the id by which the server knows a repeat, so that none is done twice. Used by pages and by the service worker.
import { openDB } from 'idb'
import { forgetPage } from './kept-pages.js'

const NAME = 'citydesk-outbox'
const LONGEST = 60_000 // milliseconds one may take to be sent
const AGAIN_LATER = new Set([408, 425, 429])

const listeners = new EventTarget()
const channel = globalThis.BroadcastChannel && new BroadcastChannel(NAME)
channel?.addEventListener('message', ({ data }) => listeners.dispatchEvent(new CustomEvent('news', { detail: data })))
let database = null

function opened() {
  database ??= openDB(NAME, 1, { upgrade: made => made.createObjectStore('entries', { keyPath: 'id' }) })
  return database
}

/** One sender at a time in this browser. Without HTTPS there are no locks: the ids alone see to it then. */
function alone(deed) {
  return globalThis.navigator?.locks ? navigator.locks.request(NAME, deed) : deed()
}

function tell(detail) {
  listeners.dispatchEvent(new CustomEvent('news', { detail }))
  channel?.postMessage(detail)
}

/** `heard({what: 'kept' | 'sent' | 'refused' | 'offline' | 'signed_out', entry?, answer?})`, here or in another page. */
export function listen(heard, signal) {
  listeners.addEventListener('news', ({ detail }) => heard(detail), { signal })
}

/** `entry`: {id, person, order, kind: 'photo' | 'sign' | 'step', url, method, type, body, …what the page wants to know again}. */
export async function put(entry) {
  await (await opened()).put('entries', { ...entry, state: 'waiting', at: Date.now() })
  globalThis.navigator?.storage?.persist?.().catch(() => {})
  tell({ what: 'kept', entry: { id: entry.id, order: entry.order, kind: entry.kind } })
}

/** A person's entries, oldest first. */
export async function entriesOf(person) {
  const all = await (await opened()).getAll('entries')
  return all.filter(entry => entry.person === person).sort((one, other) => one.at - other.at)
}

/** Take one back; nothing, if it has been sent meanwhile. */
export function take(id) {
  return alone(async () => {
    const entry = await (await opened()).get('entries', id)
    await (await opened()).delete('entries', id)
    return entry
  })
}

/** Send what waits, in the order it was made. Of an order whose entry was refused nothing later goes. Returns how it ended:
 * 'sent', 'offline' or 'signed_out'. */
export function flush() {
  return alone(async () => {
    const all = await (await opened()).getAll('entries')
    if (!all.length) return 'sent'
    const end = await sendAll().catch(error => {
      if (error instanceof Stop) return error.message
      throw error
    })
    if (end !== 'sent') tell({ what: end })
    return end
  })
}

class Stop extends Error {}

async function sendAll() {
  const { token, person } = await whoIsSignedIn()
  const held = new Set()
  for (const entry of await entriesOf(person)) {
    if (entry.state === 'refused') held.add(entry.order)
    if (held.has(entry.order)) continue
    if (!(await send(entry, token))) held.add(entry.order)
  }
  return 'sent'
}

async function whoIsSignedIn() {
  const answer = await reach('/csrf-token', { headers: { Accept: 'application/json' } })
  return answer.json()
}

/** Whether the server took it. A refusal stays, with the server's sentence, for the person to decide. */
async function send(entry, token) {
  const headers = { 'Content-Type': entry.type, Accept: 'application/json', 'X-CSRFToken': token }
  const response = await reach(entry.url, { method: entry.method, headers, body: entry.body })
  const answer = await response.json().catch(() => ({}))
  const why = response.ok ? answer.refusals?.[0] : (answer.detail ?? response.statusText)
  const store = await opened()
  const about = { id: entry.id, order: entry.order, kind: entry.kind }
  if (why !== undefined) {
    await store.put('entries', { ...entry, state: 'refused', why })
    tell({ what: 'refused', entry: about })
    return false
  }
  await store.delete('entries', entry.id)
  if (entry.kind !== 'photo') await forgetPage(`/orders/${entry.order}`) // it shows a step that is done
  tell({ what: 'sent', entry: about, answer })
  return true
}

/** An answer that decides something. Throws Stop while there is none. */
async function reach(url, options) {
  const signal = globalThis.AbortSignal?.timeout?.(LONGEST)
  const response = await fetch(url, { ...options, signal }).catch(() => null)
  if (!response || response.status >= 500 || AGAIN_LATER.has(response.status)) throw new Stop('offline')
  if (response.status === 401) throw new Stop('signed_out')
  return response
}
