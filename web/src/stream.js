// The server's news, for every island of every open page of this person. A browser grants a site few connections: one page
// holds the stream and hands what it hears to the others; when it goes, the next one opens it. `open` says that news may
// have been missed before.
const KINDS = ['open', 'beat', 'task', 'notice', 'phone', 'board', 'callbacks']
let source = null

export function news() {
  if (source) return source
  source = new EventTarget()
  const name = `citydesk-news:${document.documentElement.dataset.person ?? ''}`
  const others = new BroadcastChannel(name)
  const tell = (kind, data) => source.dispatchEvent(new MessageEvent(kind, { data }))
  others.addEventListener('message', ({ data: [kind, data] }) => tell(kind, data))
  const hold = () => {
    const stream = new EventSource('/live')
    for (const kind of KINDS) {
      stream.addEventListener(kind, ({ data }) => {
        tell(kind, data)
        others.postMessage([kind, data])
      })
    }
    // the lock is this page's until it goes, also into the browser's cache, where it would keep it from the next page
    return new Promise(goes => window.addEventListener('pagehide', () => {
      stream.close()
      goes()
    }))
  }
  // without HTTPS there are no locks: then each page has a stream of its own
  if (navigator.locks) navigator.locks.request(name, hold).catch(() => {})
  else hold()
  window.addEventListener('pageshow', event => event.persisted && location.reload()) // from the browser's cache: all is old
  return source
}
