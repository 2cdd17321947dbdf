// A deployed diagram in a box: its labels in the page's language, its colours from the style sheet.
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

/** The diagram at `url`, drawn into `container`. */
export async function opened(url, container) {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url}: ${response.status}`)
  const viewer = makeViewer(container)
  await viewer.importXML(inLanguage(await response.text(), document.documentElement.lang))
  return viewer
}

/** What a person who cannot see the drawing is told. */
export function describe(viewer, sentence) {
  const drawing = viewer.get('canvas').getContainer().querySelector('svg')
  drawing.setAttribute('role', 'img')
  drawing.setAttribute('aria-label', sentence)
}

/** The whole diagram if it can be read so, else the part with the tokens at a readable size. */
export function fit(viewer, marked, least = 0.45) {
  const canvas = viewer.get('canvas')
  const { inner, outer } = canvas.viewbox()
  const whole = Math.min((outer.width - 2 * PADDING) / inner.width, (outer.height - 2 * PADDING) / inner.height, 1.15)
  const scale = Math.max(whole, least)
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
export function mark(viewer, marks) {
  const canvas = viewer.get('canvas')
  const registry = viewer.get('elementRegistry')
  for (const [name, ids] of Object.entries(marks)) {
    for (const id of ids) {
      const element = registry.get(id)
      if (element) canvas.addMarker(id, element.type === 'bpmn:SubProcess' ? `is-${name}-frame` : `is-${name}`)
    }
  }
}

export function addTokens(viewer, tokens) {
  for (const { element, text, late } of tokens) {
    if (!viewer.get('elementRegistry').get(element)) continue
    const pill = document.createElement('span')
    pill.className = late ? 'token token--late' : 'token'
    pill.textContent = text
    viewer.get('overlays').add(element, { position: { top: -24, left: 6 }, html: pill, scale: false })
  }
}
