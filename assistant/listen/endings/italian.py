"""How Italian requests end, and how unfinished ones break off: data."""

from assistant.listen.endings.patterns import Endings, any_of

_WORDS = {
    "NUMBER": r"\d[\d.,:/]* due tre quattro cinque sei sette otto nove dieci undici dodici tredici quindici venti "
    "trenta quaranta cinquanta sessanta settanta ottanta novanta cento mille",
    "CHE": "che chi cosa quale quali quant[oaie] dove quando come perché",
    "VERB": "metti aggiungi imposta accendi spegni riproduci togli rimuovi elimina chiama dimmi dammi apri chiudi "
    "cerca compra leggi crea avvia ricordami svegliami alza abbassa cambia manda invia suona raccontami",
}

ITALIAN = Endings(
    polite=any_of(
        _WORDS,
        r"^(?:(?:ehi|hey|ok|per favore|per piacere|allora|beh|ehm|puoi|potresti|può|potrebbe) )+",
        r" per (?:favore|piacere)$",
    ),
    whole=any_of(
        _WORDS,
        r"^(?:sì|no|stop|basta|grazie|aiuto|ciao|buongiorno|buonasera|pausa|avanti|indietro|continua|riprendi|annulla)$",
        r"^più (?:forte|piano)$",
        r"\bCHE(?: \w+)? (?:è|sono|sei|siete)$",
        r"^(?:dov'è|cos'è|com'è|chi è) .+",
    ),
    goes_on=any_of(
        _WORDS,
        r"\b(?:il|lo|la|i|gli|le|un|uno|una|mi[oa]|miei|mie|tu[oa]|tuoi|tue|su[oa]|suoi|nostr[oaie]|quest[oaie]|ogni)$",
        r"\b(?:di|del|dello|della|dei|degli|delle|a|al|allo|alla|ai|agli|alle|in|nel|nello|nella|nei|nelle|con|su|sul)$",
        r"\b(?:sulla|per|tra|fra|da|dal|dalla|senza|verso|fino|e|ed|o|ma|se|mentre|anche|più|meno|diviso|virgola)$",
        r"\b(?:è|sono|era|ho|posso|voglio|vorrei|io|noi|molto|troppo|ehm|cioè|chiamat[oa]|CHE)$",
        r"\b\w+'$",
        r"^VERB$",
        r"^ricordami\b(?!.* (?:di|che|a)\b)",
        r"^VERB (?:un|una) (?:timer|sveglia|promemoria)$",
        r"\b(?:la capitale|la popolazione|l'altezza|il contrario|il prezzo|la radice)$",
        r"\b(?:per|di|da|a|in|tra|fra|su) NUMBER$",
    ),
    may_go_on=any_of(
        _WORDS, r"^\w+$", r"\bor[ae]$", r"\balle \w+$", r"^(?:aggiungi|compra|togli|rimuovi)\b(?!.*lista)"
    ),
    done=any_of(
        _WORDS,
        r"^(?:CHE|VERB|ferma|annulla|pausa|c'è|ci|va|è|timer|qual) .",
        r"^\w+(?:are|ere|ire) .",
        r"^(?:io|mi|noi|ho|voglio|sono|devo) \w+ .",
    ),
)
