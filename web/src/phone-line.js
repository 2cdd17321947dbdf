// What the call bar asks of the server, and how a refusal is said.
import { toast } from './toasts.js'

const JSON_HEADERS = { 'Content-Type': 'application/json', Accept: 'application/json' }

async function once(url, values) {
  const headers = { ...JSON_HEADERS, 'X-CSRFToken': document.querySelector('meta[name=csrf-token]').content }
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(values) })
}

/** Whoever signed in again in another tab has a new token. */
async function send(url, values) {
  const response = await once(url, values)
  if (response.status !== 403 || (await response.clone().json().catch(() => ({}))).code !== 'web.csrf') return response
  const renewed = await fetch('/csrf-token', { headers: { Accept: 'application/json' } })
  if (!renewed.ok) return response
  document.querySelector('meta[name=csrf-token]').content = (await renewed.json()).token
  return once(url, values)
}

/** The answer, or null after the refusal was said. */
export async function command(name, values = {}) {
  return post(`/phone/${name}`, values)
}

export async function post(url, values) {
  const response = await send(url, values).catch(() => null)
  if (response?.ok) return response.status === 204 ? {} : response.json()
  const problem = await response?.json().catch(() => ({}))
  say(problem?.detail ?? problem?.title ?? document.querySelector('[data-callbar]')?.dataset.unreachable ?? '')
  return null
}

export async function get(url) {
  const response = await fetch(url, { headers: { Accept: 'application/json' } }).catch(() => null)
  return response?.ok ? response.json() : null
}

export function say(sentence) {
  const box = document.querySelector('[data-toasts]')
  if (box && sentence) toast(box, sentence, { lines: [' '], closeText: box.dataset.closeWord })
}
