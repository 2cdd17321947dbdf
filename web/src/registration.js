// Beside the form of a report: what the server knows of the caller, of similar cases and of the responsible unit is asked
// for when the person pauses, and drawn without touching the form.
import { island as isle } from './islands.js'
import { life, saves } from './life.js'
import { startFiles } from './photos.js'
import { Draft } from './report-draft.js'

const PAUSE = 400 // milliseconds without a key
const ASKED_FOR = [
  'caller_phone', 'category', 'sub_category', 'component_owner', 'kind', 'district', 'address', 'incident_summary',
  'detailed_content', 'service_type', 'urgency', 'origin',
]

class Hints {
  constructor(matter) {
    this.matter = matter
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
    this.matter.offered(parts.matter)
    for (const place of this.places) {
      if (place.contains(document.activeElement) && place !== document.activeElement) continue // not under the hand
      const html = parts[place.dataset.hints]
      if (html !== undefined && html !== place.innerHTML) place.innerHTML = html
    }
  }
}

/** A sub-category that the words speak of, at its own field: Tab takes it over. */
class MatterOffer {
  constructor(island) {
    this.island = island
    this.offer = null
    island.addEventListener('keydown', event => this.key(event), true)
  }

  offered(offer) {
    this.offer = this.values?.category ? null : offer
    this.draw()
  }

  written(values) {
    this.values = values
    if (values.category && this.offer) this.offered(null)
  }

  field() {
    return this.island.querySelector('.fjs-form-field input[id*="registration_category"]')?.closest('.fjs-form-field')
  }

  draw() {
    const field = this.field()
    if (!field) return
    let note = field.querySelector('[data-matter]')
    if (!note) {
      note = document.createElement('div')
      note.dataset.matter = ''
      note.className = 'suggested small'
      note.setAttribute('role', 'status')
      field.append(note)
    }
    note.textContent = this.offer ? this.offer.said : ''
    field.classList.toggle('is-suggested', Boolean(this.offer))
  }

  key(event) {
    if (event.key !== 'Tab' || event.shiftKey || !this.offer || !this.field()?.contains(event.target) || event.target.value) return
    this.island.dispatchEvent(new CustomEvent('citydesk:set', { detail: { values: this.offer.values } }))
    this.offered(null)
  }
}

/** A closed dialog leads back to the field one wrote in: it was left to hand over its last words. */
function leadsBack(dialog, island) {
  let last = null
  island.addEventListener('focusin', ({ target }) => (last = target))
  dialog.addEventListener('close', () => {
    const at = document.activeElement // nowhere yet, or still on what has just been hidden
    if ((at === document.body || dialog.contains(at)) && last?.isConnected) last.focus()
  })
}

/** How to proceed: the processing form over the report, filled from it and open to change. */
class Processing {
  constructor(island) {
    this.island = island
    this.dialog = document.querySelector('#processing-dialog')
    this.form = this.dialog.querySelector('#processing')
    leadsBack(this.dialog, island)
    document.addEventListener('click', event => this.clicked(event), { signal: life() })
    document.addEventListener('keydown', event => this.key(event), { capture: true, signal: life() })
    island.addEventListener('citydesk:main', event => {
      event.preventDefault()
      this.open('FILE_CASE')
    })
    island.addEventListener('citydesk:refused', event => this.refused(event))
  }

  clicked(event) {
    const button = event.target.closest?.('[data-method], [data-close-processing]')
    if (button?.dataset.method) this.open(button.dataset.method)
    else if (button) this.dialog.close()
  }

  key(event) {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 's' || event.altKey) return
    event.preventDefault()
    if (this.dialog.open) return
    document.activeElement?.blur() // a field hands over its last words when it is left
    setTimeout(() => this.save())
  }

  save() {
    this.island.dispatchEvent(new CustomEvent('citydesk:send', { detail: {} }))
  }

  open(method) {
    this.island.dispatchEvent(new CustomEvent('citydesk:check', { detail: { then: values => this.show(values, method) } }))
  }

  async show(values, method) {
    const token = document.querySelector('meta[name=csrf-token]').content
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': token }
    const body = JSON.stringify({ values, method })
    const response = await fetch('/registrations/processing', { method: 'POST', headers, body }).catch(() => null)
    const begun = response?.ok ? (await response.json()).values : { method } // on a bad line it begins empty
    this.form.dispatchEvent(new CustomEvent('citydesk:fill', { detail: { values: begun } }))
    this.dialog.showModal()
    setTimeout(() => this.dialog.querySelector('[data-sends=processing]').focus())
  }

  /** What the server did not like: in this form, or in the one below. */
  refused(event) {
    const { problem } = event.detail
    if (!this.dialog.open) return
    if (Object.keys(problem.errors ?? {}).some(key => this.form.querySelector(`[id*="processing_${key}"]`))) {
      event.preventDefault()
      this.form.dispatchEvent(new CustomEvent('citydesk:problem', { detail: { problem } }))
    } else {
      this.dialog.close()
    }
  }
}

/** A text from the knowledge pane at the end of what is written, or into the field where one wrote last. */
class Pane {
  constructor(island) {
    this.island = island
    this.last = null
    island.addEventListener('focusin', event => { if (event.target.tagName === 'TEXTAREA') this.last = event.target })
    document.addEventListener('click', event => this.clicked(event), { signal: life() })
    document.addEventListener('keydown', event => this.key(event), { signal: life() })
  }

  clicked({ target }) {
    if (target.closest?.('[data-answer]')) return this.answer(target.closest('[data-article]'))
    const button = target.closest?.('[data-join]')
    if (button) this.join(button)
    if (target.closest?.('[data-insert]')) this.insert(target.closest('[data-phrase]'))
  }

  key(event) {
    if (event.ctrlKey && event.key === '/') document.querySelector('#knowledge-q').focus()
    else if (event.altKey && event.key.toLowerCase() === 'a') this.answer(document.activeElement.closest('[data-article]') ?? document.querySelector('[data-article]'))
    else if (event.key === 'Enter' && event.target.matches?.('[data-phrase]')) this.insert(event.target)
    else return this.joinByKey(event)
    event.preventDefault()
  }

  joinByKey(event) {
    if (event.key.toLowerCase() !== 'm' || event.ctrlKey || event.metaKey || event.altKey) return
    const chosen = document.activeElement?.closest?.('[data-similar]')?.querySelector('[data-join]')
    if (chosen && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) this.join(chosen)
  }

  /** What the article says, to be changed and given as the answer; without one the answer is written. */
  answer(article) {
    document.dispatchEvent(new CustomEvent('citydesk:answer', { detail: { article } }))
  }

  /** The report becomes part of a case that is known already (并单). */
  join(button) {
    this.island.dispatchEvent(new CustomEvent('citydesk:send', { detail: { joins: button.dataset.join } }))
  }

  insert(item) {
    const field = this.last?.isConnected ? this.last : this.island.querySelector('textarea')
    field.focus()
    document.execCommand('insertText', false, item.querySelector('[data-phrase-body]').textContent) // the browser's own undo goes on working
  }
}

/** The answer that was given while talking: it closes a consultation, or is proposed to who decides. */
class Answer {
  constructor(island) {
    this.island = island
    this.dialog = document.querySelector('#answer-dialog')
    this.text = this.dialog.querySelector('textarea')
    leadsBack(this.dialog, island)
    document.addEventListener('citydesk:answer', ({ detail }) => this.open(detail.article), { signal: life() })
    this.dialog.querySelector('[data-close-answer]').addEventListener('click', () => this.dialog.close())
    this.dialog.querySelector('[data-answer-send]').addEventListener('click', () => this.send())
    this.dialog.addEventListener('keydown', event => event.ctrlKey && event.key === 'Enter' && this.send())
    island.addEventListener('citydesk:refused', () => this.dialog.open && this.dialog.close())
  }

  /** Once all that must be filled is. */
  open(article) {
    const show = () => {
      this.article = article && `${article.dataset.articleTitle} (${article.dataset.article}/${article.dataset.articleVersion})`
      this.dialog.querySelector('[data-answer-article]').textContent = article?.dataset.articleTitle ?? ''
      this.text.value = article?.querySelector('[data-phrase-body]').textContent ?? this.text.value
      this.dialog.showModal()
      this.text.focus()
    }
    this.island.dispatchEvent(new CustomEvent('citydesk:check', { detail: { then: show } }))
  }

  send() {
    if (!this.text.reportValidity()) return
    const processing = { method: 'ANSWER', answer_text: this.text.value, article: this.article || null }
    this.island.dispatchEvent(new CustomEvent('citydesk:send', { detail: { processing } }))
  }
}

/** Looked for while talking: articles by words. */
class Knowledge {
  constructor(place) {
    this.place = place
    place.querySelector('input').addEventListener('input', ({ target }) => {
      clearTimeout(this.timer)
      this.timer = setTimeout(() => this.ask(target.value), PAUSE)
    })
  }

  async ask(words) {
    const headers = { 'X-CSRFToken': document.querySelector('meta[name=csrf-token]').content }
    const found = this.place.querySelector('[data-knowledge-found]')
    if (!words.trim()) return found.replaceChildren()
    const response = await fetch('/knowledge/found', { method: 'POST', headers, body: new URLSearchParams({ q: words }) }).catch(() => null)
    if (response?.ok && words === this.place.querySelector('input').value) found.innerHTML = await response.text()
  }
}

function start(root) {
  const island = document.querySelector('#registration')
  startFiles(document.querySelector('[data-files]'))
  const matter = new MatterOffer(island)
  const hints = new Hints(matter)
  const draft = new Draft(document.querySelector('[data-draft]'), island)
  new Processing(island)
  new Pane(island)
  new Answer(island)
  new Knowledge(document.querySelector('[data-knowledge]'))
  document.addEventListener('citydesk:form-changed', ({ detail }) => {
    if (detail.form !== island.id) return
    for (const part of [hints, draft, matter]) part.written(detail.values)
  }, { signal: life() })
  island.addEventListener('citydesk:sent', () => draft.stop())
  // another page comes, or the window closes: nothing of the last two seconds is lost
  life().addEventListener('abort', () => saves(draft.leave()))
  window.addEventListener('pagehide', () => draft.leave(), { signal: life() })
  // what a call or a draft brought along is looked up at once
  const begun = JSON.parse(island.querySelector('script[data-form]').textContent).values
  if (begun.caller_phone) hints.ask(begun)
  root.dataset.ready = 'true'
}

isle('registration', start)
