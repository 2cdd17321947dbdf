// From page to page within the shell: htmx fetches the next one and puts its content in the place of this one's, beside the
// call bar, which stays, and with it whatever the telephone is doing. Forms that write are sent by the browser as ever.
import htmx from 'htmx.org/dist/htmx.esm.js'
import { startIslands } from './islands.js'
import { every, isSaving, turn } from './life.js'

Object.assign(htmx.config, {
  allowEval: false, // the content security policy
  includeIndicatorStyles: false,
  attributesToSettle: [], // else the new page wears the old one's classes, "is being fetched" among them, for its first moments
  historyCacheSize: 0, // citizens' data stay out of the browser's store: going back asks the server
  scrollIntoViewOnBoost: false,
  scrollBehavior: 'instant',
})

const PAGE = '#page'
const WHOLE = 'a[target], a[download], a[href^="/documents/"], a[href*="/file"], a[href*="/recordings/"], a[href^="geo:"], form[method=post]'
const left = new Map() // address → the link by which it was left: going back puts the focus there
let back = false

/** Go there within the shell, or as ever where there is none. */
export function visit(url) {
  if (!document.querySelector(PAGE)) return window.location.assign(url)
  return htmx.ajax('GET', url, { source: '.app', target: PAGE, select: PAGE, swap: 'outerHTML', push: 'true' })
}

/** The same page as it stands now. */
export function revisit() {
  visitAgain(location.pathname + location.search)
}

function visitAgain(path) {
  return htmx.ajax('GET', path, { source: '.app', target: PAGE, select: PAGE, swap: 'outerHTML' })
}

/** `started`: what the shell does for each page. */
export function startNavigation(started) {
  if (!document.querySelector(PAGE)) return
  document.addEventListener('htmx:beforeProcessNode', ({ detail: { elt } }) => choose(elt))
  new MutationObserver(boostNews).observe(document.querySelector('.app'), { childList: true, subtree: true })
  document.addEventListener('click', remember, true)
  document.addEventListener('htmx:confirm', afterSaving)
  document.addEventListener('htmx:beforeRequest', () => left.set(here(), leaving))
  document.addEventListener('htmx:beforeSwap', beforeSwap)
  document.addEventListener('htmx:afterSwap', ({ detail }) => arrive(detail.xhr, started))
  for (const lost of ['htmx:sendError', 'htmx:timeout']) {
    document.addEventListener(lost, ({ detail }) => window.location.assign(detail.pathInfo.finalRequestPath))
  }
  document.addEventListener('htmx:historyCacheMiss', event => {
    event.preventDefault()
    back = true
    visitAgain(event.detail.path)
  })
}

/** A form that writes is the browser's; links within it are not. */
function choose(elt) {
  if (elt.matches?.(WHOLE)) elt.setAttribute('hx-boost', 'false')
  else if (elt.matches?.('form[method=post] a')) elt.setAttribute('hx-boost', 'true')
}

/** Rows and parts that a page draws anew lead on as the first ones did. */
function boostNews(changes) {
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) if (node.isConnected && node.querySelector?.('a[href]')) htmx.process(node)
  }
}

/** The page that comes may show what the last one is still saving. */
function afterSaving(event) {
  const saving = isSaving()
  if (!saving) return
  event.preventDefault()
  saving.then(() => event.detail.issueRequest(true))
}

let leaving = ''

function remember(event) {
  leaving = event.target.closest?.('a[href]')?.getAttribute('href') ?? leaving
}

const here = () => location.pathname + location.search

/** Anything but a page of this shell, as this person and of this build, is for the browser. */
function beforeSwap(event) {
  const { xhr } = event.detail
  const page = xhr.getResponseHeader('Content-Type')?.startsWith('text/html') && pageOf(xhr)
  const fits = page?.querySelector(PAGE) && shellOf(page) === shellOf(document)
  event.detail.shouldSwap = Boolean(fits)
  event.detail.isError = false
  if (!fits) return window.location.assign(xhr.responseURL || event.detail.pathInfo.finalRequestPath)
  for (const link of page.querySelectorAll('link[rel=stylesheet]')) {
    if (!document.querySelector(`link[rel=stylesheet][href="${link.getAttribute('href')}"]`)) document.head.append(document.adoptNode(link.cloneNode()))
  }
  turn()
}

function pageOf(xhr) {
  xhr.citydeskPage ??= new DOMParser().parseFromString(xhr.responseText, 'text/html')
  return xhr.citydeskPage
}

function scriptsOf(page) {
  return [...page.querySelectorAll('head script[type=module]')].map(script => script.getAttribute('src'))
}

function shellOf(page) {
  const { person, density } = page.documentElement.dataset
  return [page.documentElement.lang, person, density, scriptsOf(page)[0]].join()
}

async function arrive(xhr, started) {
  const page = pageOf(xhr)
  drawAround(page)
  settleFocus() // at once: soon the person may have moved on
  await startIslands(scriptsOf(page).slice(1))
  started()
  refreshAsAsked(xhr)
}

/** A page that shows work in progress asks to be seen again; the browser hears that of full loads alone. */
function refreshAsAsked(xhr) {
  const seconds = Number.parseInt(xhr.getResponseHeader('Refresh') ?? '', 10)
  if (seconds) every(seconds * 1000, revisit)
}

/** What the shell says of where one is: rail, menu, bell, token. */
function drawAround(page) {
  const rail = document.adoptNode(page.querySelector('.rail'))
  document.querySelector('.rail').replaceWith(rail)
  htmx.process(rail)
  document.querySelector('meta[name=csrf-token]').content = page.querySelector('meta[name=csrf-token]').content
  for (const input of document.querySelectorAll('.topbar [name=back]')) input.value = page.querySelector('.topbar [name=back]').value
  for (const link of document.querySelectorAll('.topbar a[href]')) {
    const now = page.querySelector(`.topbar a[href="${link.getAttribute('href')}"]`)
    if (now?.hasAttribute('aria-current')) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  for (const menu of document.querySelectorAll('.topbar details[open]')) menu.open = false
}

/** On the heading of the new page; after going back on the link by which one had left. */
function settleFocus() {
  const link = back && left.get(here()) && document.querySelector(`${PAGE} a[href="${CSS.escape(left.get(here()))}"]`)
  back = false
  if (document.activeElement?.closest(`${PAGE}, .callbar`)) return // a page or a call has put it where it belongs
  const place = link || document.querySelector(`${PAGE} [autofocus]`) || document.querySelector(`${PAGE} h1`)
  if (!place) return
  if (place.matches('h1')) place.tabIndex = -1
  place.focus({ preventScroll: !link })
}
