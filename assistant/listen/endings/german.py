"""How German requests end, and how unfinished ones break off: data."""

from assistant.listen.endings.patterns import Endings, any_of

_WORDS = {
    "NUMBER": r"\d[\d.,:/]* zwei drei vier fünf sechs sieben acht neun zehn elf zwölf "
    r"\w*(?:zehn|zig|ßig|hundert|tausend)",
    "WAS": "was wer wen wem wo wann warum wieso weshalb wie welche[nmrs]? woher wohin",
    "VERB": r"lösche? entferne? spiele? ruf\w* sage? erzähle? zeige? gib nimm öffne schließe? starte? stoppe? beende? "
    r"pausiere? lies suche? kaufe? rechne streiche? ändere? pack\w* wiederhole? schicke? lasse? fahre? reduziere? "
    r"erhöhe? mache? buche? bestelle? schreibe? übersetze?",
    # Their second half stands at the end: "schalte das Licht ein".
    "SPLIT": "schalte? mache? drehe? stelle? fahre? schließe? füge? höre? gehe? komme? stehe? räume?",
    "PARTICLE": "an aus ein ab auf zu hoch runter um weiter fort hinzu weg her",
}

GERMAN = Endings(
    polite=any_of(_WORDS, r"^(?:(?:hey|ok|okay|hallo|computer|assistent|bitte|also|und|so|äh|ähm) )+", r" bitte$"),
    whole=any_of(
        _WORDS,
        r"^(?:ja|nein|stopp?|halt|danke|hilfe|hallo|tschüss|weiter|zurück|lauter|leiser|okay|gut|genau|abbrechen)$",
        # What looks like an article or a preposition belongs to the verb.
        r"^SPLIT .+ PARTICLE$",
        r"^(?:was|wer|wie|wo) (?:ist|sind|war|macht|kostet|heißt) (?:das|die|der)$",
        r"^(?:was|wer|wie|wo|wann)\b.* (?:ist|sind|bist|bin) (?:es|du|das)$",
        r"\b(?:spät|wo|wer|was) (?:es|er|sie|das) ist$",
    ),
    goes_on=any_of(
        _WORDS,
        r"\b(?:der|die|das|den|dem|des|ein(?:e[nmrs]?)?|kein(?:e[nmrs]?)?|diese[nmrs]?|jede[nmrs]?)$",
        r"\b(?:mein|dein|sein|ihr|unser|euer)(?:e[nmrs]?)?$",
        r"\b(?:und|oder|aber|denn|weil|dass|ob|wenn|als|damit|bevor|nachdem|obwohl|sondern|namens|genannt)$",
        r"\b(?:in|im|ins|an|am|ans|auf|aufs|aus|bei|beim|mit|nach|von|vom|zu|zum|zur|für|über|unter|vor|hinter|neben)$",
        r"\b(?:zwischen|durch|gegen|ohne|um|bis|seit|wegen|pro|plus|minus|mal|geteilt|komma|hoch)$",
        r"\b(?:ist|sind|war|waren|bin|habe|hat|kann|kannst|muss|soll|will|möchte|würde|wird|werden|ich|wir|man)$",
        r"\b(?:WAS|wie (?:viele?|lange|weit|hoch|groß)|sehr|nur|noch|auch|äh|ähm|hm|also)$",
        r"^(?:kannst|könntest|würdest|willst|kann|soll) (?:du|ich)\b(?!.*(?:en|rn|ln)$)",
        r"^(?:schalte?|füge?|drehe?)\b",
        r"^(?:stelle?|setze?)\b(?!.* (?:auf|für|um|in|zurück)\b)",
        r"^erinnere? mich\b(?!.* (?:an|daran|dass|zu)\b)",
        r"^wecke? mich(?: auf)?$",
        r"^VERB(?: mir| mich)?$",
        r"\b(?:die hauptstadt|der name|die einwohnerzahl|das gegenteil|die wurzel|die höhe)$",
        r"\b(?:für|auf|in|noch|mit|nach|was ist|was macht|wie viel ist) NUMBER$",
    ),
    may_go_on=any_of(_WORDS, r"^\w+$", r"\bum \w+$", r"\bstunden?$", r"^(?:füge?|setze?) (?!.*(?:liste|zettel))"),
    done=any_of(
        _WORDS,
        r"^(?:WAS|VERB|SPLIT|setze?|erinnere?|wecke?|nächste[rs]?|timer|wecker|guten) .",
        r"^(?:ist|sind|hat|hast|gibt|wird|kann|kannst|könntest|würdest|muss|soll|brauche) \w+ .",
        r"^(?:ich|wir) \w+ \w+ .",
        # Orders may be infinitives: "Milch von der Liste löschen".
        r"^\w+ .+ \w{3,}(?:en|ern|eln)$",
    ),
)
