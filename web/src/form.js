// The form of a task or registration: form-js draws it, this file sends it once, keeps all input, and shows what the
// server says at the fields.
import '@bpmn-io/form-js-viewer/dist/assets/form-js.css'
import './form.css'
import { Form } from '@bpmn-io/form-js-viewer'
import { compared, same } from './compare.js'
import { localiseForm } from './form-texts.js'
import { offerPhrases } from './phrases.js'
import { island } from './islands.js'
import { life } from './life.js'
import { visit } from './navigate.js'

const DRAWN = 50 // milliseconds until the form has drawn what changed
const RETRIES_AFTER = [1000, 3000] // the network, not the server: the command id makes a repeat harmless

async function post(island, content, token) {
  const body = JSON.stringify({ command_id: island.dataset.command, ...content })
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': token }
  for (let attempt = 0; ; attempt++) {
    try {
      return await fetch(island.dataset.post, { method: 'POST', headers, body })
    } catch (error) {
      if (attempt === RETRIES_AFTER.length) throw error
      await new Promise(resolve => setTimeout(resolve, RETRIES_AFTER[attempt]))
    }
  }
}

/** Whoever signed in again in another tab has a new token; the page keeps its text and fetches that. */
async function send(island, content) {
  const meta = document.querySelector('meta[name=csrf-token]')
  const response = await post(island, content, meta.content)
  if (response.status !== 403 || (await problemOf(response.clone())).code !== 'web.csrf') return response
  const renewed = await fetch('/csrf-token', { headers: { Accept: 'application/json' } })
  if (!renewed.ok) return renewed
  meta.content = (await renewed.json()).token
  return post(island, content, meta.content)
}

async function problemOf(response) {
  try {
    return await response.json()
  } catch {
    return {}
  }
}

class FormIsland {
  constructor(island) {
    this.island = island
    this.texts = JSON.parse(island.querySelector('script[data-texts]').textContent)
    this.notice = island.querySelector('.form-notice')
    this.buttons = [...document.querySelectorAll(`[data-sends="${island.id}"]`)]
    this.busy = false
    this.beside = {} // what is sent with the values
    this.once = {} // and what this one time
  }

  async start() {
    const signal = life()
    const { schema, values } = JSON.parse(this.island.querySelector('script[data-form]').textContent)
    this.form = new Form({ container: this.island.querySelector('.form-canvas') })
    localiseForm(this.form, this.island, this.texts)
    this.schema = schema
    await this.form.importSchema(schema, values)
    if (this.island.dataset.current) this.beside.before = values // a saved report: what this person saw first
    this.form.on('submit', event => this.submitted(event))
    this.form.on('changed', ({ data }) => this.changed(data))
    for (const button of this.buttons) button.addEventListener('click', () => this.form.submit())
    this.island.addEventListener('citydesk:send', event => {
      this.once = event.detail ?? {}
      this.form.submit()
    })
    this.island.addEventListener('citydesk:fill', event => this.form.importSchema(this.schema, event.detail.values))
    this.island.addEventListener('citydesk:set', event => this.set(event.detail.values))
    this.island.addEventListener('citydesk:check', event => this.check(event.detail.then))
    this.island.addEventListener('citydesk:problem', event => this.tell(event.detail.problem))
    // first of all, as the form's own lists take Enter for themselves
    document.addEventListener('keydown', event => {
      if (!event.ctrlKey || event.key !== 'Enter' || this.island.closest('dialog:not([open])')) return
      if (event.target.closest('input, textarea, select, [role=option], dialog') && !this.island.contains(event.target) && !this.ownDialog()) return
      if (document.querySelector('dialog[open]') !== this.ownDialog()) return
      event.preventDefault()
      event.stopPropagation()
      document.activeElement?.blur() // a field hands over its last words when it is left
      setTimeout(() => this.island.dispatchEvent(new CustomEvent('citydesk:main', { cancelable: true })) && this.form.submit())
    }, { capture: true, signal })
    signal.addEventListener('abort', () => this.form.destroy())
    offerPhrases(this.island)
    this.island.dataset.ready = 'true'
  }

  /** The open dialog it stands in, if it does. */
  ownDialog() {
    return this.island.closest('dialog[open]')
  }

  /** One after the other: the choices of a list may depend on the value before. */
  async set(values) {
    const ids = new Map(this.form.get('formFieldRegistry').getAll().map(field => [field.key, field.id]))
    for (const [key, value] of Object.entries(values)) {
      const fieldInstance = this.form.get('formFieldInstanceRegistry').getAll().find(one => one.id === ids.get(key))
      if (fieldInstance) this.form._update({ fieldInstance, value })
      await new Promise(resolve => setTimeout(resolve, DRAWN))
    }
  }

  /** Goes on with the values when all that must be filled is. */
  check(then) {
    const errors = this.form.validate()
    if (Object.keys(errors).length) this.say(this.texts.incomplete, Object.keys(errors))
    else then(this.form._getSubmitData())
  }

  /** Others on the page may want to know what is being written. */
  changed(values) {
    this.island.classList.add('is-changed')
    document.dispatchEvent(new CustomEvent('citydesk:form-changed', { detail: { form: this.island.id, values } }))
  }

  async submitted({ data, errors }) {
    const once = this.once
    this.once = {}
    if (this.busy) return
    if (Object.keys(errors).length) {
      this.say(this.texts.incomplete, Object.keys(errors))
      return
    }
    if (this.island.dataset.hands) { // another form sends it along with its own
      document.getElementById(this.island.dataset.hands).dispatchEvent(new CustomEvent('citydesk:send', { detail: { [this.island.id]: data } }))
      return
    }
    const away = new CustomEvent('citydesk:sending', { cancelable: true, detail: { values: data, ...once } })
    if (!this.island.dispatchEvent(away)) return // the page sees to it
    this.setBusy(true)
    try {
      const response = await send(this.island, { values: data, ...this.beside, ...once })
      if (response.ok) {
        this.island.dispatchEvent(new CustomEvent('citydesk:sent'))
        const { next } = await response.json()
        visit(next === '/tasks' ? (sessionStorage.getItem('citydesk-inbox') ?? next) : next)
        return
      }
      await this.refused(response, { values: data, ...once })
    } catch {
      // a page that keeps trying by itself says so in its own words
      const lost = new CustomEvent('citydesk:unreachable', { cancelable: true, detail: { values: data, ...once } })
      if (this.island.dispatchEvent(lost)) this.say(this.texts.unreachable)
    }
    this.setBusy(false)
  }

  async refused(response, given) {
    const problem = await problemOf(response)
    const taken = new CustomEvent('citydesk:refused', { cancelable: true, detail: { problem, ...given } })
    if (!this.island.dispatchEvent(taken)) return // whoever handed something over shows what was wrong with it
    this.tell(problem, response.status)
    if (response.status === 409 && this.island.dataset.current) await this.seeWhatStands(Object.keys(problem.errors ?? {}))
  }

  tell(problem, status = 0) {
    const byKey = problem.errors ?? {}
    const ids = this.showAtFields(byKey)
    this.say(problem.detail ?? problem.title ?? this.texts.failed, ids, status === 409 ? 'conflict' : '')
  }

  /** Overtaken: fields that both changed stand side by side, to choose from; what only the other one changed is taken
   * over. Saving again puts this person's choice in its place. */
  async seeWhatStands(keys) {
    const response = await fetch(this.island.dataset.current, { headers: { Accept: 'application/json' } }).catch(() => null)
    if (!response?.ok) return
    const theirs = (await response.json()).values
    const { before } = this.beside
    const mine = this.form._getSubmitData()
    const others = Object.keys({ ...before, ...theirs }).filter(key => !keys.includes(key) && same(mine[key], before[key]) && !same(theirs[key], before[key]))
    this.beside.before = theirs
    await this.set(Object.fromEntries(others.map(key => [key, theirs[key] ?? null])))
    const fields = this.form.get('formFieldRegistry').getAll().filter(field => keys.includes(field.key))
    this.notice.querySelector('[data-compare]')?.remove()
    const choose = (key, value) => this.set({ [key]: value })
    this.notice.querySelector('.form-notice__text').append(compared(fields, { before, theirs, mine }, this.texts, choose))
  }

  /** Server errors come by field key; form-js keeps them by field id. Returns the ids. */
  showAtFields(byKey) {
    const errors = {}
    for (const field of this.form.get('formFieldRegistry').getAll()) {
      if (field.key && byKey[field.key]) errors[field.id] = [byKey[field.key]].flat()
    }
    if (Object.keys(errors).length) this.form._setState({ errors })
    return Object.keys(errors)
  }

  say(sentence, fieldIds = [], tone = '') {
    const above = document.querySelector('dialog[open]')
    if (above && above !== this.ownDialog()) above.close() // it would hide what is said
    this.notice.hidden = false
    this.notice.className = `form-notice callout ${tone || 'callout--red'}`
    this.notice.querySelector('.form-notice__text').textContent = sentence
    const first = fieldIds.length && this.island.querySelector(`.fjs-form-field [id*="${fieldIds[0]}"]`)
    if (first) first.focus()
    else this.notice.focus()
  }

  setBusy(busy) {
    this.busy = busy
    for (const button of this.buttons) button.setAttribute('aria-disabled', String(busy))
    if (busy) this.notice.hidden = true
  }
}

island('form', root => new FormIsland(root).start())
