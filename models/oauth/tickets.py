"""The tickets by which somebody goes on, on their way into an account through a provider."""

from datetime import timedelta

from models.ticket import Tickets

# A page has come back with it: signs in.
CODES = Tickets("oauth-code", timedelta(seconds=60))
# Another account has the address: with its password, links the two.
LINKS = Tickets("oauth-link", timedelta(minutes=5), tries=5)
# Who is signed in wants to link: begins, in their browser.
WISHES = Tickets("oauth-wish", timedelta(seconds=60))
# They have come back: links, for them alone.
CONFIRMATIONS = Tickets("oauth-confirmation", timedelta(seconds=60))
