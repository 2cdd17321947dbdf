// The bell, on every page: a new reminder lights it, and is read out below. Pages that hear the server's news anyhow hear of
// it at once; the others ask now and then while they are looked at: a browser grants a site few open connections.
import { news } from './stream.js'
import { toast } from './toasts.js'
import { every, life } from './life.js'

const TOGETHER = 300 // milliseconds in which several are told as one
const EVERY = 30_000
const STREAMING = [...['inbox', 'board', 'case', 'deadlines'].map(name => `[data-island=${name}]`), '[data-callbar]'].join()

async function ask(bell, aloud) {
  const response = await fetch('/notices/pulse').catch(() => null)
  if (!response?.ok) return
  const { state, label, id, sentence } = await response.json()
  bell.dataset.bell = state
  bell.setAttribute('aria-label', label)
  if (aloud && id && id !== bell.dataset.newest) toast(document.querySelector('[data-toasts]'), sentence)
  bell.dataset.newest = id ?? ''
}

export function startNotices() {
  const bell = document.querySelector('[data-bell]')
  if (!bell) return
  let pending = null
  const hear = () => {
    pending ??= setTimeout(() => {
      pending = null
      ask(bell, true)
    }, TOGETHER)
  }
  if (document.querySelector(STREAMING)) news().addEventListener('notice', hear, { signal: life() })
  else every(EVERY, () => document.hidden || ask(bell, 'newest' in bell.dataset))
}
