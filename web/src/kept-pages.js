// Pages of orders that the service worker keeps for a street without network: one person's at a time, no longer than a session
// lives, gone when somebody else signs in or the person signs out. In the browser's database and not in its cache of answers,
// of which a browser that is killed forgets what it was given in the last seconds.
import { openDB } from 'idb'

const NAME = 'citydesk-pages'
const LONGEST = 12 * 3600 * 1000 // milliseconds: as `identity.sessions.IDLE`

let database = null

async function opened() {
  database ??= openDB(NAME, 1, { upgrade: made => made.createObjectStore('pages', { keyPath: 'place' }) })
  return database
}

/** Where a page is kept: an order's whatever is asked of it, the board by its filter. */
function placeOf(address) {
  const url = new URL(address, globalThis.location.origin)
  return url.pathname === '/orders' ? url.pathname + url.search : url.pathname
}

/** Nobody else's pages stay; nobody's at all, when no person is named. */
export async function keepOnly(person) {
  if (!globalThis.indexedDB) return
  const pages = (await opened()).transaction('pages', 'readwrite').store
  for (const kept of await pages.getAll()) if (kept.person !== person) pages.delete(kept.place)
  await pages.transaction.done
}

/** Keep a page as it came, with the instant it was true. One without a person (the sign-in) is not kept. */
export async function keepPage(response) {
  const text = await response.text()
  const person = /<html [^>]*data-person="([0-9a-f]+)"/.exec(text)?.[1]
  if (!person) return
  await keepOnly(person)
  const at = Date.now()
  const page = text.replace('<html ', `<html data-kept-at="${new Date(at).toISOString()}" `)
  const pages = (await opened()).transaction('pages', 'readwrite', { durability: 'strict' }).store
  pages.put({ place: placeOf(response.url), person, at, page, headers: [...response.headers] })
  await pages.transaction.done
}

/** The page of this address or, of a board with another filter, the board; nothing that is too old. */
export async function keptPage(address) {
  const pages = await opened().catch(() => null) // a browser that keeps nothing
  if (!pages) return null
  for (const place of [placeOf(address), new URL(address).pathname]) {
    const kept = await pages.get('pages', place)
    if (kept && Date.now() - kept.at < LONGEST) return new Response(kept.page, { headers: kept.headers })
    if (kept) await pages.delete('pages', place)
  }
  return null
}

export async function forgetPage(path) {
  await (await opened()).delete('pages', path)
}
