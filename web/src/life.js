// How long what an island began goes on: until another page takes its place in the shell.
const LONGEST = 3000 // milliseconds that a page waits for what is being saved

let now = new AbortController()

/** For `addEventListener(…, { signal: life() })`: what a page listens to ends with it. */
export const life = () => now.signal

/** The page has gone; what begins now belongs to the next. */
export function turn() {
  now.abort()
  now = new AbortController()
}

/** `setInterval` until the page goes. */
export function every(milliseconds, deed) {
  const timer = setInterval(deed, milliseconds)
  now.signal.addEventListener('abort', () => clearInterval(timer))
}

let saving = null

/** What the page that goes has still to save: the next one is asked for when the server has it, or after some seconds. */
export function saves(promise) {
  const late = new Promise(resolve => setTimeout(resolve, LONGEST))
  const mine = (saving = Promise.race([Promise.allSettled([saving, promise]), late]).then(() => {
    if (saving === mine) saving = null
  }))
}

/** A promise while something is being saved, else null. */
export const isSaving = () => saving
