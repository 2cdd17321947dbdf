// A deployed diagram with its tokens. The text table beside it says the same in words.
import { addTokens, describe, fit, mark, opened } from './diagram-view.js'

async function show(island) {
  const { xml_url: url, marks, tokens } = JSON.parse(island.querySelector('script[data-diagram]').textContent)
  const viewer = await opened(url, island.querySelector('.diagram__canvas'))
  mark(viewer, marks)
  addTokens(viewer, tokens)
  fit(viewer, tokens.slice(0, 1).map(token => token.element))
  describe(viewer, island.getAttribute('aria-label'))
  for (const button of island.querySelectorAll('[data-zoom]')) {
    button.addEventListener('click', () => viewer.get('zoomScroll').stepZoom(Number(button.dataset.zoom)))
  }
  island.dataset.ready = 'true'
}

for (const island of document.querySelectorAll('[data-island=diagram]')) {
  show(island).catch(error => {
    island.dataset.ready = 'failed'
    throw error
  })
}
