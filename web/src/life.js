// How long what an island began goes on: until another page takes its place in the shell.
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
