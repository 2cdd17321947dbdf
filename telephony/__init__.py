"""The telephone: leads calls on an Asterisk through its REST interface. `python -m telephony` runs it."""
