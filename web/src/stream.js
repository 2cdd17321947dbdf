// The page's one stream of the server's news, opened when somebody first asks for it. A browser grants a site few
// connections, so islands share it.
let source = null

export function news() {
  if (source) return source
  source = new EventSource('/live')
  window.addEventListener('pagehide', () => source.close())
  window.addEventListener('pageshow', event => event.persisted && location.reload()) // from the browser's cache: all is old
  return source
}
