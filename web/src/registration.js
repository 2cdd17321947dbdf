// Beside the form of a report: what the server knows of the caller, of similar cases and of the responsible unit is asked
// for when the person pauses, and drawn without touching the form.
import { startFiles } from './photos.js'

const PAUSE = 400 // milliseconds without a key
const DRAFT_EVERY = 2000
const ASKED_FOR = [
  'caller_phone', 'category', 'sub_category', 'component_owner', 'kind', 'district', 'address', 'incident_summary',
  'detailed_content', 'service_type', 'urgency', 'origin',
]

class Hints {
  constructor() {
    this.places = [...document.querySelectorAll('[data-hints]')]
    this.asked = ''
    this.timer = null
    this.request = null
  }

  written(values) {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.ask(values), PAUSE)
  }

  async ask(values) {
    const sketch = Object.fromEntries(ASKED_FOR.filter(key => values[key]).map(key => [key, values[key]]))
    const body = JSON.stringify({ values: sketch })
    if (body === this.asked) return
    this.asked = body
    this.request?.abort()
    this.request = new AbortController()
    const token = document.querySelector('meta[name=csrf-token]').content
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': token }
    try {
      const response = await fetch(`/registrations/hints${location.search}`, { method: 'POST', headers, body, signal: this.request.signal })
      if (response.ok) this.draw(await response.json())
    } catch {
      this.asked = '' // hints are a help, no more: the next pause asks again
    }
  }

  draw(parts) {
    for (const place of this.places) {
      if (place.contains(document.activeElement) && place !== document.activeElement) continue // not under the hand
      const html = parts[place.dataset.hints]
      if (html !== undefined && html !== place.innerHTML) place.innerHTML = html
    }
  }
}

/** Kept on the server every two seconds while somebody writes; what fails is said, and tried again at the next change. */
class Draft {
  constructor(place, island) {
    this.place = place
    this.said = place.querySelector('[data-draft-said]')
    this.island = island
    this.timer = null
  }

  written(values) {
    this.values = values
    this.timer ??= setTimeout(() => this.save(), DRAFT_EVERY)
  }

  async save() {
    this.timer = null
    const token = document.querySelector('meta[name=csrf-token]').content
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': token }
    const body = JSON.stringify({ command_id: this.island.dataset.command, values: this.values })
    try {
      const response = await fetch(this.place.dataset.draft, { method: 'POST', headers, body })
      if (response.ok) this.say((await response.json()).said)
      else this.say(response.status === 401 ? this.place.dataset.signedOut : this.place.dataset.failed)
    } catch {
      this.say(this.place.dataset.failed)
    }
  }

  say(sentence) {
    this.said.textContent = sentence
  }

  /** The report is on its way: nothing may bring the draft back behind it. */
  stop() {
    clearTimeout(this.timer)
    this.written = () => {}
  }
}

const hints = new Hints()
const island = document.querySelector('#registration')
const files = startFiles(document.querySelector('[data-files]'))
const draft = new Draft(document.querySelector('[data-draft]'), island)
document.addEventListener('citydesk:form-changed', event => {
  hints.written(event.detail.values)
  draft.written(event.detail.values)
})
island.addEventListener('citydesk:sent', () => draft.stop())
// what a call or a draft brought along is looked up at once
const begun = JSON.parse(island.querySelector('script[data-form]').textContent).values
if (begun.caller_phone) hints.ask(begun)

/** The report becomes part of a case that is known already (并单). */
function join(button) {
  document.querySelector('#registration').dispatchEvent(new CustomEvent('citydesk:send', { detail: { joins: button.dataset.join } }))
}

document.addEventListener('click', event => {
  const button = event.target.closest?.('[data-join]')
  if (button) join(button)
})
document.addEventListener('keydown', event => {
  if (event.key.toLowerCase() !== 'm' || event.ctrlKey || event.metaKey || event.altKey) return
  const chosen = document.activeElement?.closest?.('[data-similar]')?.querySelector('[data-join]')
  if (chosen && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) join(chosen)
})
