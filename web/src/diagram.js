// A deployed diagram with its tokens. The text table beside it says the same in words.
import 'bpmn-js/dist/assets/diagram-js.css'
import 'bpmn-js/dist/assets/bpmn-js.css'
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer'

const BPMN = 'http://www.omg.org/spec/BPMN/20100524/MODEL'
const PADDING = 28

/** Chinese names stand beside the English ones as a property; in a Chinese page they take the name's place. */
function inLanguage(xml, language) {
  if (!language.startsWith('zh')) return xml
  const model = new DOMParser().parseFromString(xml, 'application/xml')
  for (const property of model.getElementsByTagNameNS('*', 'property')) {
    if (property.getAttribute('name') !== 'label:zh-CN') continue
    const extensions = property.closest('extensionElements') ?? property.parentNode.parentNode
    if (extensions.parentNode.namespaceURI === BPMN) {
      extensions.parentNode.setAttribute('name', property.getAttribute('value'))
    }
  }
  return new XMLSerializer().serializeToString(model)
}

function makeViewer(container) {
  return new NavigatedViewer({
    container,
    bpmnRenderer: {
      defaultFillColor: 'var(--surface)',
      defaultStrokeColor: 'var(--ink-2)',
      defaultLabelColor: 'var(--ink)',
    },
    // the modeller's own sizes: analysts place labels with them
    textRenderer: { defaultStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 }, externalStyle: { fontSize: 11 } },
  })
}

/** The whole diagram if it can be read so, else the part with the tokens at a readable size. */
function fit(viewer, marked) {
  const canvas = viewer.get('canvas')
  const { inner, outer } = canvas.viewbox()
  const whole = Math.min((outer.width - 2 * PADDING) / inner.width, (outer.height - 2 * PADDING) / inner.height, 1.15)
  const scale = Math.max(whole, 0.45)
  const box = focusBox(viewer, marked) ?? inner
  const center = scale === whole ? inner : box
  canvas.viewbox({
    x: center.x + center.width / 2 - outer.width / scale / 2,
    y: center.y + center.height / 2 - outer.height / scale / 2,
    width: outer.width / scale,
    height: outer.height / scale,
  })
}

function focusBox(viewer, ids) {
  const shapes = ids.map(id => viewer.get('elementRegistry').get(id)).filter(Boolean)
  if (!shapes.length) return null
  const x = Math.min(...shapes.map(shape => shape.x))
  const y = Math.min(...shapes.map(shape => shape.y))
  return {
    x,
    y,
    width: Math.max(...shapes.map(shape => shape.x + shape.width)) - x,
    height: Math.max(...shapes.map(shape => shape.y + shape.height)) - y,
  }
}

/** Frames of sub-processes keep their ground, so that what lies inside stays readable. */
function mark(viewer, marks) {
  const canvas = viewer.get('canvas')
  const registry = viewer.get('elementRegistry')
  for (const [name, ids] of Object.entries(marks)) {
    for (const id of ids) {
      const element = registry.get(id)
      if (element) canvas.addMarker(id, element.type === 'bpmn:SubProcess' ? `is-${name}-frame` : `is-${name}`)
    }
  }
}

function addTokens(viewer, tokens) {
  for (const { element, text, late } of tokens) {
    if (!viewer.get('elementRegistry').get(element)) continue
    const pill = document.createElement('span')
    pill.className = late ? 'token token--late' : 'token'
    pill.textContent = text
    viewer.get('overlays').add(element, { position: { top: -24, left: 6 }, html: pill, scale: false })
  }
}

async function show(island) {
  const { xml_url: url, marks, tokens } = JSON.parse(island.querySelector('script[data-diagram]').textContent)
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url}: ${response.status}`)
  const viewer = makeViewer(island.querySelector('.diagram__canvas'))
  await viewer.importXML(inLanguage(await response.text(), document.documentElement.lang))
  mark(viewer, marks)
  addTokens(viewer, tokens)
  fit(viewer, tokens.slice(0, 1).map(token => token.element))
  const drawing = island.querySelector('.djs-container svg')
  drawing.setAttribute('role', 'img')
  drawing.setAttribute('aria-label', island.getAttribute('aria-label'))
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
