// Pages of orders that the service worker keeps for a street without network: one person's at a time, no longer than a session
// lives, gone when somebody else signs in or the person signs out.
const PAGES = 'citydesk-pages:'
const LONGEST = 12 * 3600 * 1000 // milliseconds: as `identity.sessions.IDLE`

/** Where a page is kept: an order's whatever is asked of it, the board by its filter. */
export function placeOf(address) {
  const url = new URL(address, globalThis.location.origin)
  return url.pathname === '/orders' ? url.pathname + url.search : url.pathname
}

async function names() {
  return globalThis.caches ? (await caches.keys()).filter(name => name.startsWith(PAGES)) : []
}

/** Nobody else's pages stay; nobody's at all, when no person is named. */
export async function keepOnly(person) {
  for (const name of await names()) if (name !== PAGES + person) await caches.delete(name)
}

/** Keep a page as it came, with the instant it was true. One without a person (the sign-in) is not kept. */
export async function keepPage(response) {
  const text = await response.text()
  const person = /<html [^>]*data-person="([0-9a-f]+)"/.exec(text)?.[1]
  if (!person) return
  await keepOnly(person)
  const at = new Date().toISOString()
  const kept = new Response(text.replace('<html ', `<html data-kept-at="${at}" `), { headers: response.headers })
  kept.headers.set('X-Kept-At', at)
  const pages = await caches.open(PAGES + person)
  await pages.put(placeOf(response.url), kept)
}

/** The page of this address or, of a board with another filter, the board; nothing that is too old. */
export async function keptPage(address) {
  for (const name of await names()) {
    const pages = await caches.open(name)
    for (const place of [placeOf(address), new URL(address).pathname]) {
      const kept = await pages.match(place, { ignoreVary: true })
      if (kept && Date.now() - Date.parse(kept.headers.get('X-Kept-At')) < LONGEST) return kept
      if (kept) await pages.delete(place)
    }
  }
  return null
}

export async function forgetPage(path) {
  for (const name of await names()) await (await caches.open(name)).delete(path, { ignoreVary: true })
}
