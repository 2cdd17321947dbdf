/** What the server answers a script, as JSON; null where it does not. Who is signed out is told so, not led to the sign-in
 * page, which is none. */
export async function ask(address) {
  const response = await fetch(address, { headers: { Accept: 'application/json' } }).catch(() => null)
  return response?.ok ? response.json() : null
}
