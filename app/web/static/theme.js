// Before the first paint: the person's choice of light or dark, else the system's. Not bundled: modules come too late.
const chosen = /(?:^|; )theme=(light|dark)/.exec(document.cookie)?.[1]
document.documentElement.dataset.theme = chosen ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')
