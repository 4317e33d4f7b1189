"""How Spanish requests end, and how unfinished ones break off: data."""

from assistant.listen.endings.patterns import Endings, any_of

_WORDS = {
    "NUMBER": r"\d[\d.,:/]* dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince veinte "
    "treinta cuarenta cincuenta sesenta setenta ochenta noventa cien mil",
    "QUE": "qué cuál cuáles quién dónde cuándo cómo cuánt[oa]s?",
    "VERB": "pon ponme añade agrega enciende apaga reproduce quita borra elimina llama dime dame abre cierra busca "
    "compra lee crea inicia recuérdame despiértame sube baja cambia manda envía cuéntame",
}

SPANISH = Endings(
    polite=any_of(
        _WORDS, r"^(?:(?:oye|hola|ok|por favor|pues|bueno|eh|puedes|podrías|puede|podría) )+", r" por favor$"
    ),
    whole=any_of(
        _WORDS,
        r"^(?:sí|si|no|para|alto|gracias|ayuda|hola|adiós|pausa|siguiente|anterior|continúa|sigue|cancela|vale)$",
        r"^más (?:alto|bajo|fuerte)$",
        r"\bQUE(?: \w+)? (?:es|eres|está|estás|son|están)$",
    ),
    goes_on=any_of(
        _WORDS,
        r"\b(?:el|la|los|las|un|una|unos|unas|mis?|tus?|sus?|nuestr[oa]s?|este|esta|estos|estas|cada|de|del|a|al|en|con)$",
        r"\b(?:sin|por|para|sobre|entre|hasta|desde|hacia|según|durante|contra|y|e|o|u|pero|porque|que|si|como|cuando)$",
        r"\b(?:aunque|mientras|ni|más|menos|dividido|coma|muy|tan|eh|em|pues|llamad[oa]|QUE)$",
        r"\b(?:es|son|era|soy|estoy|hay|puedo|quiero|quisiera|yo|nosotros)$",
        r"^VERB$",
        r"^recuérdame\b(?!.* (?:que|de|a)\b)(?! \w+r\b)",
        r"^VERB (?:un|una) (?:temporizador|alarma|recordatorio)$",
        r"\b(?:la capital|la población|la altura|el contrario|el precio|la raíz)$",
        r"\b(?:de|en|para|por|a|al) NUMBER$",
    ),
    may_go_on=any_of(_WORDS, r"^\w+$", r"\bhoras?$", r"\ba las \w+$", r"^(?:añade|agrega|compra|quita)\b(?!.*lista)"),
    done=any_of(
        _WORDS,
        r"^(?:QUE|VERB|por qué|para|cancela|pausa|detén|cuenta|está|están|hay|va|es|temporizador|buen[oa]s) .",
        r"^\w+(?:ar|er|ir|á|í) .",
        r"^(?:yo|me|nosotros|necesito|quiero|tengo|estoy) \w+ .",
    ),
)
