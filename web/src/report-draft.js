// The report that is being written, kept on the server.
import { visit } from './navigate.js'

const DRAFT_EVERY = 2000 // milliseconds
const KEEPS_ALIVE = 20_000 // characters: a browser sends 64 KB at most behind a page that has closed

/** Kept on the server every two seconds while somebody writes; what fails is said, and tried again at the next change. */
export class Draft {
  constructor(place, island) {
    this.place = place
    this.said = place.querySelector('[data-draft-said]')
    this.island = island
    this.timer = null
    this.sending = false
    island.addEventListener('citydesk:sending', () => { this.sending = true })
    for (const back of ['citydesk:refused', 'citydesk:unreachable']) island.addEventListener(back, () => { this.sending = false })
    island.addEventListener('citydesk:refused', event => this.refused(event))
  }

  written(values) {
    this.values = values
    this.timer ??= setTimeout(() => this.save(), DRAFT_EVERY)
  }

  /** What is written and not saved yet goes now; what is on its way already is waited for. */
  leave() {
    if (!this.timer) return this.saving
    clearTimeout(this.timer)
    return this.save()
  }

  /** Returns the server's answer, nothing when it could not be saved. */
  save(beside = {}) {
    this.timer = null
    this.saving = this.send(beside)
    return this.saving
  }

  async send(beside) {
    const token = document.querySelector('meta[name=csrf-token]').content
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': token }
    const body = JSON.stringify({ command_id: this.island.dataset.command, values: this.values, ...beside })
    try {
      const keepalive = body.length < KEEPS_ALIVE
      const response = await fetch(this.place.dataset.draft, { method: 'POST', headers, body, keepalive })
      if (!response.ok) return this.say(response.status === 401 ? this.place.dataset.signedOut : this.place.dataset.failed)
      const answer = await response.json()
      this.say(answer.said)
      if (answer.sent_already && !this.sending && !this.island.querySelector('[data-another]')) this.sentAlready(answer.sent_already)
      return answer
    } catch {
      this.say(this.place.dataset.failed)
    }
  }

  refused(event) {
    const { problem, values } = event.detail
    if (problem.code !== 'web.registration.sent_already') return
    event.preventDefault()
    this.values = values
    this.sentAlready(problem.detail)
  }

  /** This draft was sent from a second window: only who wrote knows whether it is another report now. */
  sentAlready(detail) {
    this.island.dispatchEvent(new CustomEvent('citydesk:problem', { detail: { problem: { detail } } }))
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'btn btn--sm'
    button.dataset.another = ''
    button.textContent = this.place.dataset.another
    button.addEventListener('click', async () => {
      if (!(await this.save({ another: true }))) return
      this.stop()
      visit(location.pathname + location.search)
    })
    this.island.querySelector('.form-notice__text').append(' ', button)
  }

  say(sentence) {
    this.said.textContent = sentence
  }

  /** The report is on its way: nothing may bring the draft back behind it. */
  stop() {
    clearTimeout(this.timer)
    this.timer = null
    this.written = () => {}
  }
}
