// Before the first paint: the person's choice of light or dark, else the system's; and of the context pane. Not bundled: modules come too late.
const chosen = /(?:^|; )theme=(light|dark)/.exec(document.cookie)?.[1]
document.documentElement.dataset.theme = chosen ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')
document.documentElement.dataset.context = /(?:^|; )context=(hidden|shown)/.exec(document.cookie)?.[1] ?? 'shown'
