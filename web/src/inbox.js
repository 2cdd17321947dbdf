// The inbox: select, preview, do, undo. Without this file everything works by its plain forms.
import { ask } from './ask.js'
import { toast } from './toasts.js'
import { Live } from './live.js'
import { letters } from './keys.js'
import { life } from './life.js'
import { island } from './islands.js'

const REST = 150 // milliseconds of rest on a row before its preview loads

class Inbox {
  constructor(root) {
    this.root = root
    this.words = JSON.parse(root.querySelector('[data-words]').textContent)
    this.form = root.querySelector('[data-deeds]')
    this.body = this.form.querySelector('tbody')
    this.bulk = root.querySelector('[data-bulk]')
    this.toasts = document.querySelector('[data-toasts]')
    this.pane = document.querySelector('[data-preview]')
    this.chooser = document.querySelector('[data-chooser]')
    this.undoing = null
    this.previewed = null
  }

  start() {
    sessionStorage.setItem('citydesk-inbox', location.pathname + location.search) // where a finished task leads back to
    this.form.addEventListener('change', event => this.ticked(event))
    this.form.addEventListener('click', event => this.rangeTo(event))
    document.addEventListener('submit', event => this.submitted(event), { capture: true, signal: life() })
    this.root.addEventListener('focusin', event => this.restOn(event.target.closest('tr[data-task]')))
    this.body.addEventListener('click', event => this.clicked(event))
    this.pane.addEventListener('click', event => this.claimFromPane(event))
    this.root.querySelector('[data-clear]').addEventListener('click', () => this.clear())
    letters({
      x: event => this.tick(this.focused(), event.shiftKey), X: event => this.tick(this.focused(), true),
      ' ': () => this.preview(this.focused()), c: () => this.act('claim'), a: () => this.act('assign'),
      l: () => this.step('file'), d: () => this.step('dispatch'), D: () => this.step('file_dispatch'), v: () => this.step('pass'),
      s: () => this.openDate(), u: () => this.undo(), '.': () => this.live.letIn(),
      f: () => this.root.querySelector('[data-filter-open]').click(), Escape: () => this.escape(),
    })
    this.showSelection()
    this.preview(this.body.querySelector('tr'))
    this.live = new Live(this)
    this.live.start()
    this.root.dataset.ready = 'true'
  }

  // ---------------------------------------------------------------- rows and selection
  rows() {
    return [...this.body.querySelectorAll('tr[data-task]')]
  }

  focused() {
    return this.body.querySelector('tr.is-focus')
  }

  chosen() {
    return this.rows().filter(row => row.querySelector('.check').checked)
  }

  tick(row, range = false) {
    if (!row) return
    const box = row.querySelector('.check')
    if (range && this.last && this.last.isConnected) {
      const all = this.rows()
      const [from, to] = [all.indexOf(this.last), all.indexOf(row)].sort((a, b) => a - b)
      for (const each of all.slice(from, to + 1)) each.querySelector('.check').checked = true
    } else if (!box.disabled) box.checked = !box.checked
    this.last = row
    this.showSelection()
  }

  rangeTo(event) {
    const row = event.target.closest('.check') && event.target.closest('tr[data-task]')
    if (!row) return
    if (event.shiftKey && this.last) this.tick(row, true)
    this.last = row
  }

  ticked(event) {
    if (event.target.matches('[data-all]')) {
      for (const row of this.rows()) row.querySelector('.check').checked = event.target.checked && !row.dataset.gone
    }
    this.showSelection()
  }

  showSelection() {
    const count = this.chosen().length
    for (const row of this.rows()) row.setAttribute('aria-selected', String(row.querySelector('.check').checked))
    this.bulk.hidden = count === 0
    this.bulk.querySelector('[data-selected]').textContent = this.words.selected.replace('{n}', count)
  }

  clear() {
    for (const row of this.chosen()) row.querySelector('.check').checked = false
    this.showSelection()
  }

  escape() {
    if (!this.chooser.hidden) this.chooser.hidden = true
    else if (this.root.querySelector('details[open]')) this.root.querySelector('details[open]').open = false
    else this.clear()
  }

  // ---------------------------------------------------------------- preview
  clicked(event) {
    const row = event.target.closest('tr[data-task]')
    if (!row || event.target.closest('a, button, input')) return
    row.querySelector('a').focus({ preventScroll: true })
  }

  restOn(row) {
    clearTimeout(this.resting)
    if (row) this.resting = setTimeout(() => this.preview(row), REST)
  }

  async preview(row) {
    if (!row || row.dataset.gone || this.previewed === row.dataset.task) return
    this.previewed = row.dataset.task
    const response = await fetch(`/tasks/${row.dataset.task}/preview`).catch(() => null)
    if (!response?.ok || response.redirected || this.previewed !== row.dataset.task) return
    this.pane.innerHTML = await response.text()
    this.pane.scrollTop = 0
  }

  claimFromPane(event) {
    const button = event.target.closest('[data-preview-claim]')
    if (button) this.send('claim', [button.dataset.previewClaim])
  }

  // ---------------------------------------------------------------- deeds
  act(deed, extra = {}) {
    const chosen = this.chosen()
    const rows = chosen.length ? chosen : [this.focused()].filter(Boolean)
    if (rows.length) return deed === 'assign' ? this.choose(rows) : this.send(deed, rows.map(row => row.dataset.task), extra)
  }

  /** A deed of the view's own kind of work, where the page offers it. */
  step(deed) {
    if (this.form.querySelector(`button[name=deed][value=${deed}]`)) this.act(deed)
  }

  submitted(event) {
    if (event.target !== this.form) return
    event.preventDefault()
    event.stopPropagation()
    const [name, value] = [event.submitter?.name, event.submitter?.value]
    if (name === 'only') this.send(value.split(':')[0], [value.split(':')[1]])
    else if (name === 'deed') this.act(value, { on: this.form.elements.on.value })
  }

  openDate() {
    const field = this.form.elements.on
    if (!this.chosen().length) this.tick(this.focused())
    if (this.chosen().length) {
      field.focus()
      field.showPicker?.()
    }
  }

  async choose(rows) {
    const query = rows.map(row => `task=${row.dataset.task}`).join('&')
    const people = await ask(`/tasks/colleagues?${query}`)
    if (!people) return toast(this.toasts, this.words.unreachable)
    const tasks = rows.map(row => row.dataset.task)
    const title = document.createElement('p')
    title.className = 'label'
    title.textContent = this.words.choose
    const buttons = people.map(person => {
      const button = document.createElement('button')
      button.type = 'button'
      button.className = 'btn btn--quiet chooser__one'
      button.textContent = person.name
      button.addEventListener('click', () => {
        this.chooser.hidden = true
        this.send('assign', tasks, { to: person.id })
      })
      return button
    })
    this.chooser.replaceChildren(title, ...buttons)
    this.chooser.hidden = false
    buttons[0]?.focus()
  }

  async send(deed, tasks, extra = {}) {
    const body = new URLSearchParams({ deed, ...extra })
    for (const task of tasks) body.append('task', task)
    await this.post('/tasks/deeds', body)
  }

  undo() {
    if (!this.undoing) return
    const body = new URLSearchParams()
    for (const pair of this.undoing) body.append('task', pair)
    this.undoing = null
    this.post('/tasks/undoing', body)
  }

  async post(url, body) {
    const token = document.querySelector('meta[name=csrf-token]').content
    const headers = { Accept: 'application/json', 'X-CSRFToken': token }
    const response = await fetch(url, { method: 'POST', headers, body }).catch(() => null)
    const answer = await response?.json().catch(() => null)
    if (!response?.ok) return toast(this.toasts, answer?.detail ?? this.words.unreachable, { closeText: this.words.close })
    this.draw(answer.rows)
    this.clear()
    this.undoing = answer.undo.length ? answer.undo : null
    const undo = this.undoing && (() => this.undo())
    toast(this.toasts, answer.said, { undo, undoText: this.words.undo, lines: answer.refusals, closeText: this.words.close })
    this.live.tidings.refresh()
  }

  /** Rows as the server draws them now, each in its place; what is gone stays, greyed, until the next refresh. */
  draw(rows, by = '') {
    for (const [task, html] of Object.entries(rows)) {
      const row = this.body.querySelector(`tr[data-task="${task}"]`)
      if (!row) continue
      if (html === null) this.gone(row, by)
      else this.replace(row, html)
    }
    this.showSelection()
  }

  replace(row, html) {
    const template = document.createElement('template')
    template.innerHTML = html
    const fresh = template.content.firstElementChild
    const hadFocus = row.contains(document.activeElement)
    fresh.classList.toggle('is-focus', row.classList.contains('is-focus'))
    fresh.querySelector('.check').checked = row.querySelector('.check').checked
    row.replaceWith(fresh)
    if (hadFocus) fresh.querySelector('a').focus({ preventScroll: true })
    if (this.previewed === fresh.dataset.task) {
      this.previewed = null
      this.preview(fresh)
    }
  }

  gone(row, by) {
    if (row.dataset.gone) return
    row.dataset.gone = 'true'
    row.querySelector('.check').checked = false
    row.querySelector('.check').disabled = true
    const cell = row.querySelector('[data-holder]') ?? row.lastElementChild
    cell.textContent = by ? this.words.handled.replace('{name}', by) : this.words.moved
    this.showSelection()
  }
}

island('inbox', root => new Inbox(root).start())
