"""How requests end and how unfinished ones break off, as patterns per language: data, for complete.py.

They rest on grammar and not on a list of requests: articles, conjunctions and prepositions want a word behind them, a
transitive verb its object, "set" and "put" a value or a place, "the capital" an "of", a number in a timer its unit.
A text is matched in lower case, its words apart by one blank, without punctuation.
"""

from assistant.listen.endings.english import ENGLISH
from assistant.listen.endings.french import FRENCH
from assistant.listen.endings.german import GERMAN
from assistant.listen.endings.italian import ITALIAN
from assistant.listen.endings.spanish import SPANISH

ENDINGS = {"en": ENGLISH, "de": GERMAN, "fr": FRENCH, "es": SPANISH, "it": ITALIAN}
"""By ISO 639 code."""
