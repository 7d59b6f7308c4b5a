"""The console: a page at `/`, and below `/console/api` what it asks for.

Whoever uses it has signed in with the administrator's credential, or with a link that is good for one use. A session is
a cookie that no other site's page can use: it is SameSite=Strict, each call needs a header that only this page's own
scripts can add, a foreign `Origin` or `Host` is refused (`door.py`). What the console does goes by way of the Backplane
like everybody's commands, and each of its actions stands in the audit log.
"""
