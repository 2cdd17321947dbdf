// The bell, on every page: a new reminder lights it, and is read out below. Pages that hear the server's news anyhow hear of
// it at once; the others ask now and then while they are looked at: a browser grants a site few open connections.
import { ask as asked } from './ask.js'
import { news } from './stream.js'
import { toast } from './toasts.js'
import { every, life } from './life.js'

const TOGETHER = 300 // milliseconds in which several are told as one
const EVERY = 30_000
const STREAMING = [...['inbox', 'board', 'case', 'deadlines'].map(name => `[data-island=${name}]`), '[data-callbar]'].join()

const told = `citydesk:told:${document.documentElement.dataset.person ?? ''}` // the newest that was read out, on any page

/** `aloud`: what is new is read out. What came while one page gave way to the next is not lost: the next one says it. */
async function ask(bell, aloud) {
  const news = await asked('/notices/pulse')
  if (!news) return
  const { state, label, id, sentence } = news
  bell.dataset.bell = state
  bell.setAttribute('aria-label', label)
  if (document.hidden) return // a page that is looked at says it
  if (aloud && id && id !== localStorage.getItem(told)) toast(document.querySelector('[data-toasts]'), sentence)
  localStorage.setItem(told, id ?? '')
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
  const known = () => localStorage.getItem(told) !== null
  if (document.querySelector(STREAMING)) {
    news().addEventListener('notice', hear, { signal: life() })
    news().addEventListener('open', () => ask(bell, known()), { signal: life() })
  } else every(EVERY, () => document.hidden || ask(bell, known()))
}
