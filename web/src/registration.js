// Beside the form of a report: what the server knows of the caller, of similar cases and of the responsible unit is asked
// for when the person pauses, and drawn without touching the form.
const PAUSE = 400 // milliseconds without a key
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
      const response = await fetch('/registrations/hints', { method: 'POST', headers, body, signal: this.request.signal })
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

const hints = new Hints()
document.addEventListener('citydesk:form-changed', event => hints.written(event.detail.values))

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
