// A deployed diagram with its tokens. The text table beside it says the same in words.
import { addTokens, describe, fit, mark, opened } from './diagram-view.js'
import { island } from './islands.js'

async function show(root) {
  const { xml_url: url, marks, tokens } = JSON.parse(root.querySelector('script[data-diagram]').textContent)
  const viewer = await opened(url, root.querySelector('.diagram__canvas'))
  mark(viewer, marks)
  addTokens(viewer, tokens)
  fit(viewer, tokens.slice(0, 1).map(token => token.element))
  describe(viewer, root.getAttribute('aria-label'))
  for (const button of root.querySelectorAll('[data-zoom]')) {
    button.addEventListener('click', () => viewer.get('zoomScroll').stepZoom(Number(button.dataset.zoom)))
  }
  root.dataset.ready = 'true'
}

island('diagram', show)
